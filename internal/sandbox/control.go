package sandbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
)

// held is one product as the ledger lists it: the API's own view of it, and
// whose it is.
type held struct {
	Account string `json:"account"`
	Mode    string `json:"mode"`
	Product any    `json:"product"`
}

// control answers below /__sandbox/.
func (f *front) control(w http.ResponseWriter, r *http.Request) {
	switch what := r.Method + " " + r.URL.Path; what {
	case "GET /__sandbox/products":
		f.listHeld(w, r.URL.Query().Get("client_reference_id"))
	case "GET /__sandbox/report":
		writeJSON(w, http.StatusOK, f.Report())
	case "GET /__sandbox/faults":
		writeJSON(w, http.StatusOK, &f.faults)
	case "PUT /__sandbox/faults":
		var faults []Fault
		f.change(w, r, &faults, func() error { return f.faults.replace(faults) })
	case "POST /__sandbox/faults":
		var fault Fault
		f.change(w, r, &fault, func() error { return f.faults.add(fault) })
	case "DELETE /__sandbox/faults":
		_ = f.faults.replace(nil) // nothing that could be invalid
		writeJSON(w, http.StatusOK, &f.faults)
	case "POST /__sandbox/reset":
		f.Reset()
		w.WriteHeader(http.StatusNoContent)
	default:
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "no such control: " + what})
	}
}

// change reads the request into v strictly, applies it, and answers with the
// faults then in force.
func (f *front) change(w http.ResponseWriter, r *http.Request, v any, apply func() error) {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		err = apply()
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, &f.faults)
}

// listHeld streams one JSON array, whatever its length.
func (f *front) listHeld(w http.ResponseWriter, reference string) {
	w.Header()["Content-Type"] = jsonType
	out := bufio.NewWriter(w)
	sep := "[\n"
	f.api.products(reference, func(h held) bool {
		line, err := json.Marshal(h)
		if err != nil {
			return false
		}
		_, err = fmt.Fprintf(out, "%s%s", sep, line)
		sep = ",\n"
		return err == nil
	})
	if sep == "[\n" {
		_, _ = out.WriteString("[")
	}
	_, _ = out.WriteString("]\n")
	_ = out.Flush() // a caller that left cannot be told
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v) // a caller that left cannot be told
}
