package hostile

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/destination/flex"
	"github.com/skubridge/skubridge/connectors/destination/flexport"
	"github.com/skubridge/skubridge/internal/secret"
)

// signing is a secret that webhooks are signed with.
var signing = "fwhsec_" + base64.StdEncoding.EncodeToString([]byte(password))

// knowing starts a server that gives tokens and refuses all else, with a secret that it knows.
func knowing(t *testing.T, known string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Authorization"), "AWS4") {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message><Region>%s</Region></Error>", known, known, known)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(r.URL.Path, "token") {
			io.WriteString(w, `{"access_token":"a-token","expires_in":3600}`)
			return
		}
		text := "no client with the secret " + known
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"message":%q,"detail":%q,"errors":[{"message":%q}],"error":{"message":%q,"code":%q}}`, text, text, text, text, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestSecretsThatAreRepeated has what a source or a destination sent once, or never, come back
// in answers to requests that do not hold it.
func TestSecretsThatAreRepeated(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"shopify":          "type: shopify\n    shop: acme.myshopify.com\n    base_url: AT\n    client_id: c\n    client_secret: " + password,
		"akeneo":           sources["akeneo"],
		"http with oauth2": sources["http with oauth2"],
		"file by s3":       sources["file by s3"],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, err := range openSource(t, text, knowing(t, password)).Read(t.Context(), "") {
				if err == nil {
					t.Fatal("a record")
				}
				plain(t, "read", err.Error())
				if !strings.Contains(err.Error(), "<redacted>") && !strings.Contains(err.Error(), "<secret>") {
					t.Errorf("%v does not say what the API said", err)
				}
			}
		})
	}
	for _, d := range []destination{
		{name: "flexport", kind: flexport.Type(), options: func(into any) {
			o := into.(*flexport.Options)
			o.ClientID, o.ClientSecret, o.Region = "c", secret.New(password), "US"
		}, payload: destinations[3].payload},
		{name: "flex", kind: flex.Type(), options: func(into any) {
			o := into.(*flex.Options)
			o.APIKey, o.WebhookSecret = secret.New("fsk_test_key"), secret.List{secret.New(signing)}
		}, payload: destinations[0].payload},
	} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			known := password
			if d.name == "flex" {
				known = signing
			}
			to := d.open(t, knowing(t, known), 0)
			for what, ask := range d.operations(t, to) {
				err := ask(t.Context())
				failed, ok := err.(*connectors.DeliveryError) //nolint:errorlint // it is the border
				if !ok {
					t.Fatalf("%s: %T %v", what, err, err)
				}
				plain(t, what, failed.Error(), failed.Message)
				if strings.Contains(failed.Error()+failed.Message+failed.Body, known) {
					t.Errorf("%s tells a secret: %+v", what, failed)
				}
			}
		})
	}
}
