// Package pull is what live sources share: asking an API for what there is, page by
// page, for as long as it takes and no longer.
//
//	client := pull.New(pull.Config{
//		Base: "https://pim.example.com/api", Rate: 100, Concurrency: 4,
//		Authority: tokens,                          // Fixed, or NewTokens
//		Authorize: pull.Bearer,                     // where the token goes
//	})
//	ctx = pull.WithBudget(ctx, 10_000)              // no read asks more often
//	resp, err := client.Do(ctx, pull.Request{URL: u})
//
//	for page, err := range pull.Pages(ctx, fetch, pull.Paging[Product]{Key: Product.id}) { … }
//
//	mark := pull.Mark{Of: account, Since: client.Clock().Now()}
//	cursor := mark.Overlapping(10 * time.Minute).Cursor()
//
// A Client sends what internal/httpclient sends once and judges, and repeats it where
// that does no harm: everything that goes through it is a read, whatever its method.
// It waits as long as the API asks for, keeps to a rate and to a number of requests in
// flight, renews an access token that ran out in the middle of a read, and gives up
// with a *connectors.DeliveryError, whose class says what kind of failure it was.
// Incomplete makes of it the error that ends a read.
//
// Pages walks a listing and finds out where its pages repeat or never end. A Mark is
// what a cursor holds: how far was read by the clock of the other side, which Clock
// estimates from the Date of its answers, and whose catalog it was. Counts is the proof that a
// read that ended cleanly was also whole.
//
// What is too much for memory goes into a file by Client.Download, which takes a transfer
// up again that broke off.
package pull
