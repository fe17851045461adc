package connectors

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// maxRemoteID is the most bytes of an id, several times what any known API gives.
const maxRemoteID = 512

// CheckRemoteID judges an id that an answer tells before anything is done with it: it is
// kept, shown to people and put into the paths of later requests. One that is empty, very
// long, holds signs that nobody can see, or is a dot or two, which servers and proxies take
// for steps in a path, is none. Its error does not repeat what it holds unseen.
func CheckRemoteID(id string) error {
	switch {
	case id == "":
		return errors.New("an id in the answer is empty")
	case len(id) > maxRemoteID:
		return fmt.Errorf("an id in the answer has %d bytes, more than %d", len(id), maxRemoteID)
	case id == "." || id == "..":
		return fmt.Errorf("an id in the answer is %q, which is a step in a path", id)
	case !utf8.ValidString(id):
		return fmt.Errorf("an id in the answer is not text: %.40q", id)
	}
	for _, r := range id {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("an id in the answer contains a character that cannot be displayed: %.40q", id)
		}
	}
	return nil
}
