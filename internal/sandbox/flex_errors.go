package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// ErrorShape is one of the bodies that Flex's pages show for an error.
type ErrorShape string

// The shapes on record. The same fault is shown as 400 and as 422.
const (
	// InTurn gives each of the others after the other.
	InTurn ErrorShape = ""
	// DetailList is 422 with {"detail": [{"loc", "msg", "type"}]}.
	DetailList ErrorShape = "detail_list"
	// DetailText is 400 with {"detail": "text"}.
	DetailText ErrorShape = "detail_text"
	// ErrorObject is 400 with {"error": {"code", "message"}}.
	ErrorObject ErrorShape = "error_object"
)

// turn gives the shapes in turn.
type turn struct{ n atomic.Uint32 }

func (t *turn) next() ErrorShape {
	return [...]ErrorShape{DetailList, DetailText, ErrorObject}[(t.n.Add(1)-1)%3]
}

type errorObject struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// invalid answers a request that cannot be taken as it is.
func (a *flexAPI) invalid(problems []problem) answer {
	shape := a.cfg.ErrorShape
	if shape == InTurn {
		shape = a.shape.next()
	}
	switch shape {
	case DetailText:
		return jsonAnswer(http.StatusBadRequest, map[string]string{"detail": sentence(problems)})
	case ErrorObject:
		var body errorObject
		body.Error.Code, body.Error.Message = "validation_error", sentence(problems)
		return jsonAnswer(http.StatusBadRequest, body)
	case DetailList, InTurn:
	}
	return jsonAnswer(http.StatusUnprocessableEntity, map[string][]problem{"detail": problems})
}

// sentence puts problems into one line: "product.url: field required; …".
func sentence(problems []problem) string {
	parts := make([]string, len(problems))
	for i, p := range problems {
		for _, step := range p.Loc[1:] {
			parts[i] += fmt.Sprint(step) + "."
		}
		parts[i] = strings.TrimPrefix(strings.TrimSuffix(parts[i], ".")+": "+p.Msg, ": ")
	}
	return strings.Join(parts, "; ")
}

// refuse answers everything else, 429 in the shape that the contract shows for it.
func (a *flexAPI) refuse(status int, text string) answer {
	if status == http.StatusTooManyRequests {
		var body errorObject
		body.Error.Code, body.Error.Message = "rate_limited", text
		return jsonAnswer(status, body)
	}
	return jsonAnswer(status, map[string]string{"detail": text})
}
