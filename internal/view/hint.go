package view

import (
	"errors"
	"syscall"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/sync/delivery"
)

// HintOf finds the way forward that fits an error best, "" where none is known.
func HintOf(err error) string {
	incomplete, ok := errors.AsType[*connectors.IncompleteError](err)
	ok = ok && incomplete.Remedy != ""
	if !ok && errors.Is(err, syscall.ENOSPC) {
		return "make room there: nothing is lost, and the next run does the rest; temporary files lie in the folder that TMPDIR names"
	}
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return "let skubridge open more files, 1024 or so: `ulimit -n` in a shell, LimitNOFILE of systemd, --ulimit of docker"
	}
	var own interface{ Hint() string }
	if errors.As(err, &own) && own.Hint() != "" {
		return own.Hint()
	}
	if ok {
		return incomplete.Remedy
	}
	if failed, ok := errors.AsType[*connectors.DeliveryError](err); ok {
		switch {
		case failed.Mismatch:
			return "use the key of the environment that is meant; nothing more was sent"
		case failed.Class == connectors.Denied && failed.Status >= 300 && failed.Status < 400:
			return "check base_url; credentials are never sent on to where an answer points"
		case failed.Class == connectors.Denied:
			return "check the credentials; no product was blamed, and the next run goes on"
		}
	}
	if _, ok := errors.AsType[*delivery.StopError](err); ok {
		return "nothing is lost: what was not sent goes with the next run"
	}
	return ""
}
