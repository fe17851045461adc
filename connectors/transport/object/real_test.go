package object_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/skubridge/skubridge/connectors/connectortest"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/object"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

// service is a real one, of which .ci/servers tells.
type service struct {
	endpoint, region, access, secret string
}

// send sends a signed request that is expected to be granted.
func (s service) send(t *testing.T, method, path string, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.endpoint+"/"+(&url.URL{Path: path}).EscapedPath(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.URL.RawPath = strings.NewReplacer("+", "%2B", "=", "%3D", "&", "%26", "'", "%27", ",", "%2C").Replace(req.URL.EscapedPath())
	sum := sha256.Sum256(body)
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	who := aws.Credentials{AccessKeyID: s.access, SecretAccessKey: s.secret}
	if err := signer.SignHTTP(t.Context(), who, req, hex.EncodeToString(sum[:]), "s3", s.region, time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if said, _ := io.ReadAll(resp.Body); resp.StatusCode > 299 {
		t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, said)
	}
}

func TestSuiteRealService(t *testing.T) {
	t.Parallel()
	s := service{
		os.Getenv("SKUBRIDGE_TEST_S3"), os.Getenv("SKUBRIDGE_TEST_S3_REGION"),
		os.Getenv("SKUBRIDGE_TEST_S3_ACCESS_KEY"), os.Getenv("SKUBRIDGE_TEST_S3_SECRET_KEY"),
	}
	if s.endpoint == "" {
		t.Skip("there is no object storage: SKUBRIDGE_TEST_S3 is not set, see .ci/servers")
	}
	var buckets atomic.Int64
	connectortest.Transport(t, func(t *testing.T) connectortest.Elsewhere {
		bucket := fmt.Sprintf("exports-%d-%d", os.Getpid(), buckets.Add(1))
		s.send(t, http.MethodPut, bucket, nil)
		proxy := standin.NewProxy(t, strings.TrimPrefix(s.endpoint, "http://"))
		return connectortest.Elsewhere{
			Open: func(t *testing.T, path string, pick transport.Pick, marker string) transport.Transport {
				t.Helper()
				f, err := object.New(object.Config{
					URL: "s3://" + bucket + "/" + path, Pick: pick, Marker: marker, Patience: quick,
					Options: object.Options{
						Endpoint: "http://" + proxy.Addr(), Region: s.region, AccessKey: s.access, SecretKey: secret.New(s.secret),
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				return f
			},
			Put:    func(t *testing.T, name string, content []byte) { s.send(t, http.MethodPut, bucket+"/"+name, content) },
			Remove: func(t *testing.T, name string) { s.send(t, http.MethodDelete, bucket+"/"+name, nil) },
			Cut:    proxy.Cut, Break: proxy.Break,
		}
	})
}
