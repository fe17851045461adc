package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/skubridge/skubridge/internal/sandbox"
	"github.com/skubridge/skubridge/internal/sandbox/contract"
)

// attendedFlag lets a sandbox end with the program that started it, however that ends.
const attendedFlag = "attended"

// sandboxFlags are the flags of `skubridge sandbox`.
type sandboxFlags struct {
	listen                       string
	idempotent, strict, attended bool
	rps                          float64
	storeProducts, storeVariants int
}

// sandboxCmd is `skubridge sandbox`.
func (a *app) sandboxCmd() *cobra.Command {
	var f sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "serve the product APIs on loopback, for trying configurations without keys",
		Long: `sandbox serves the product APIs on this machine until it is interrupted. It keeps
products in memory, decides eligibility by made-up rules, and misbehaves on request.
It accepts for Flex any key that starts with fsk_test_ (test) or fsk_ (live), for
FlexPortal any key with any tenant, for Fluveo any key that starts with sk_test_ or
sk_live_, for Flexport any key, or any id and secret. It also serves a PIM and a store
to read from, with small catalogs of their own: the PIM accepts any credentials; the
store, acme.myshopify.com, any token that starts with shpat_, or any id and secret.

  base_url: http://127.0.0.1:8485/flex      in the configuration, or /flexportal, /fluveo,
                                            /flexport, or /items, a plain API for type: httpjson;
                                            /akeneo for a source of type: akeneo,
                                            /shopify for one of type: shopify

  GET    /flex/__sandbox/products           what it holds; likewise for the others
  GET    /flex/__sandbox/report             the requests it received, and what it did
  PUT    /flex/__sandbox/faults             [{"kind":"rate_limit","every":5}]
  POST   /flex/__sandbox/reset              forget everything`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.sandbox(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8485", "loopback `ADDRESS`")
	cmd.Flags().BoolVar(&f.idempotent, "idempotent", false, "honour idempotency keys")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "check each request against the API's OpenAPI contract")
	addRate(cmd, &f.rps, "rps", "rate limit, `N` requests a second (0: none)")
	cmd.Flags().BoolVar(&f.attended, attendedFlag, false, "end when the standard input does: with the program that started it")
	_ = cmd.Flags().MarkHidden(attendedFlag) // the flag is there
	addCount(cmd, &f.storeProducts, "shopify-products", 0, "`N` made-up products in the store, instead of the small catalog")
	addCount(cmd, &f.storeVariants, "shopify-variants", 10, "`N` variants of each of them")
	return cmd
}

// sandbox serves until ctx ends; where it is attended, until the input does.
func (a *app) sandbox(ctx context.Context, f sandboxFlags) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if f.attended {
		go func() {
			_, _ = io.Copy(io.Discard, a.in)
			stop()
		}()
	}
	server, err := sandbox.Start(ctx, f.config())
	const hint = "name another loopback address with --listen"
	switch {
	case errors.Is(err, sandbox.ErrListen):
		return &usageError{err, hint}
	case err != nil:
		return hinted{err, hint}
	}
	for _, api := range server.APIs() {
		fmt.Fprintf(a.out, "%s %s\n", api, server.URL(api))
	}
	if err := server.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return doneError(exitOK) // stopping it is how it ends
	}
	return errors.New("the sandbox ended by itself")
}

// config sets the sandbox up as the flags say.
func (f sandboxFlags) config() sandbox.ServerConfig {
	cfg := sandbox.ServerConfig{Listen: f.listen, Flex: sandbox.FlexConfig{Idempotent: f.idempotent}}
	for _, rps := range []*float64{
		&cfg.Flex.RPS, &cfg.FlexPortal.RPS, &cfg.Fluveo.RPS, &cfg.Flexport.RPS, &cfg.Items.RPS, &cfg.Akeneo.RPS, &cfg.Shopify.RPS,
	} {
		*rps = f.rps
	}
	cfg.Shopify.Generate, cfg.Shopify.GenerateVariants = f.storeProducts, f.storeVariants
	if f.strict {
		cfg.Wrap = validated
	}
	return cfg
}

// validated checks every request against the API's contract.
func validated(api string, next http.Handler, report func(string)) http.Handler {
	return contract.Validate(contract.API(api), next, func(v contract.Violation) { report(v.String()) })
}
