package matrix

import (
	"strings"
	"time"

	"github.com/skubridge/skubridge/internal/sandbox"
)

// trouble is what an API, or what is on the way to it, does to a request.
type trouble struct {
	name  string
	fault sandbox.Fault
	// breaks stands for a connection that breaks before the request is written.
	breaks bool
}

// long is longer than a request may take.
const long = sandbox.Duration(2 * requestTimeout)

// troubles are all that the tests try. Their names are the rows of the table.
var troubles = []trouble{
	{name: "the connection breaks before the request is written", breaks: true},
	{name: "the connection ends, nothing was applied", fault: sandbox.Fault{Kind: sandbox.HangupBefore}},
	{name: "the connection ends, it was applied", fault: sandbox.Fault{Kind: sandbox.HangupAfter}},
	{name: "no answer in time, nothing was applied", fault: sandbox.Fault{Kind: sandbox.Stall, Delay: long}},
	{name: "no answer in time, it was applied", fault: sandbox.Fault{Kind: sandbox.Stall, Delay: long, Apply: true}},
	{name: "an answer in drops, too slow to be read", fault: sandbox.Fault{Kind: sandbox.Drip, Delay: sandbox.Duration(5 * time.Second)}},
	{name: "a slow answer", fault: sandbox.Fault{Kind: sandbox.Slow, Delay: sandbox.Duration(5 * time.Second)}},
	{name: "500, nothing was applied", fault: sandbox.Fault{Kind: sandbox.ServerError}},
	{name: "500, it was applied", fault: sandbox.Fault{Kind: sandbox.ServerError, Apply: true}},
	{name: "501", fault: sandbox.Fault{Kind: sandbox.ServerError, Status: 501}},
	{name: "502", fault: sandbox.Fault{Kind: sandbox.ServerError, Status: 502}},
	{name: "503", fault: sandbox.Fault{Kind: sandbox.ServerError, Status: 503}},
	{name: "503 with Retry-After", fault: sandbox.Fault{Kind: sandbox.ServerError, Status: 503, RetryAfter: 20}},
	{name: "504, it was applied", fault: sandbox.Fault{Kind: sandbox.ServerError, Status: 504, Apply: true}},
	{name: "520 with a web page", fault: sandbox.Fault{Kind: sandbox.ServerError, Status: 520, Body: "<html>unknown error</html>"}},
	{name: "429 with seconds", fault: sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 20}},
	{name: "429 with a date", fault: sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 20, AsDate: true}},
	{name: "429 without a time", fault: sandbox.Fault{Kind: sandbox.RateLimit}},
	{name: "429 for an hour", fault: sandbox.Fault{Kind: sandbox.RateLimit, RetryAfter: 3600}},
	{name: "400", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 400}},
	{name: "401", fault: sandbox.Fault{Kind: sandbox.Unauthorized}},
	{name: "402", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 402}},
	{name: "403", fault: sandbox.Fault{Kind: sandbox.Forbidden}},
	{name: "403 with a web page", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 403, Body: "<html>blocked</html>"}},
	{name: "404", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 404}},
	{name: "405", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 405}},
	{name: "408", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 408}},
	{name: "409", fault: sandbox.Fault{Kind: sandbox.Refuse}},
	{name: "410", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 410}},
	{name: "413", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 413}},
	{name: "415", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 415}},
	{name: "422", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 422}},
	{name: "423", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 423}},
	{name: "425", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 425}},
	{name: "307 to another host", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 307, Location: "http://elsewhere.example/"}},
	{name: "an answer cut short, it was applied", fault: sandbox.Fault{Kind: sandbox.Truncate}},
	{name: "a chunked answer cut short, it was applied", fault: sandbox.Fault{Kind: sandbox.Truncate, Chunked: true}},
	{name: "an answer of a gigabyte, it was applied", fault: sandbox.Fault{Kind: sandbox.Huge}},
	{name: "an answer badly compressed, it was applied", fault: sandbox.Fault{Kind: sandbox.Garble}},
	{name: "200 with a web page, nothing was applied", fault: sandbox.Fault{Kind: sandbox.HTML}},
	{name: "200 with a web page, it was applied", fault: sandbox.Fault{Kind: sandbox.HTML, Apply: true}},
	{name: "200 without a body, nothing was applied", fault: sandbox.Fault{Kind: sandbox.Empty}},
	{name: "200 without a body, it was applied", fault: sandbox.Fault{Kind: sandbox.Empty, Apply: true}},
	{name: "204, it was applied", fault: sandbox.Fault{Kind: sandbox.Empty, Status: 204, Apply: true}},
	{name: "200 with `{}`, nothing was applied", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 200, Body: "{}"}},
	{name: "200 with `null`, nothing was applied", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 200, Body: "null"}},
	{name: "200 with `[]`, nothing was applied", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 200, Body: "[]"}},
	{name: "200 with a deep nest, nothing was applied", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 200, Body: strings.Repeat("[", 100_000)}},
	{name: "202 with `{}`, nothing was applied", fault: sandbox.Fault{Kind: sandbox.Refuse, Status: 202, Body: "{}"}},
	{name: "an answer of the other mode", fault: sandbox.Fault{Kind: sandbox.WrongMode}},
}
