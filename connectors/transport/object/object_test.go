package object_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skubridge/skubridge/connectors"
	"github.com/skubridge/skubridge/connectors/transport"
	"github.com/skubridge/skubridge/connectors/transport/object"
	"github.com/skubridge/skubridge/internal/secret"
	"github.com/skubridge/skubridge/internal/standin"
)

func fetch(t *testing.T, c object.Config) (string, error) {
	t.Helper()
	f, err := object.New(c)
	if err != nil {
		return "", err
	}
	entries, err := f.List(t.Context())
	if err != nil {
		return "", err
	}
	file, err := f.Open(t.Context(), entries[0])
	if err != nil {
		return "", err
	}
	defer file.Close()
	got, err := io.ReadAll(file)
	return string(got), errors.Join(err, file.Proof())
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what           string
		set            func(s *standin.S3, c *object.Config)
		reason, remedy string
	}{
		{"nothing wrong", func(*standin.S3, *object.Config) {}, "", ""},
		{"another key", func(_ *standin.S3, c *object.Config) { c.SecretKey = secret.New("hunter2hunter2") }, "does not accept the key (SignatureDoesNotMatch)", "s3.secret_key"},
		{"another id", func(_ *standin.S3, c *object.Config) { c.AccessKey = "AKOTHER" }, "does not accept the key (InvalidAccessKeyId)", "s3.access_key"},
		{"no key", func(_ *standin.S3, c *object.Config) { c.AccessKey, c.SecretKey = "", secret.Value{} }, "does not allow it (AccessDenied)", "s3:GetObject"},
		{"another bucket", func(_ *standin.S3, c *object.Config) { c.URL = "s3://export/out/a.csv" }, "there is no bucket export", "s3.endpoint"},
		{"another bucket, with a pattern", func(_ *standin.S3, c *object.Config) { c.URL = "s3://export/out/*.csv" }, "there is no bucket export", "s3.endpoint"},
		{"another name", func(_ *standin.S3, c *object.Config) { c.URL = "s3://exports/out/b.csv" }, "there is no such file", "did you mean a.csv?"},
		{"a wrong clock", func(_ *standin.S3, c *object.Config) { c.Now = func() time.Time { return time.Now().Add(time.Hour) } }, "the clock of this machine is wrong", "correct it"},
		{"another region", func(s *standin.S3, c *object.Config) {
			s.Config.Handler = answering(400, `<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>`)
		}, "the bucket is in region eu-west-3", "set s3.region: eu-west-3"},
		{"a console", func(s *standin.S3, c *object.Config) {
			c.URL = "s3://exports/out/*.csv"
			s.Config.Handler = answering(200, `<!doctype html><title>Console</title>`)
		}, "no list of objects", "console"},
		{"another console", func(s *standin.S3, c *object.Config) { s.Config.Handler = answering(405, `no`) }, "answered 405", "console"},
		{"a service that is busy", func(s *standin.S3, c *object.Config) {
			s.Config.Handler = answering(503, `<Error><Code>SlowDown</Code></Error>`)
		}, "503", "can be reached"},
		{"an archived object", func(s *standin.S3, c *object.Config) {
			s.Config.Handler = answering(403, `<Error><Code>InvalidObjectState</Code></Error>`)
		}, "archived", "restored"},
		{"a list that does not end", func(s *standin.S3, c *object.Config) {
			c.URL = "s3://exports/out/*.csv"
			s.Config.Handler = answering(200, `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken></ListBucketResult>`)
		}, "does not end", "pattern"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			s := standin.NewS3(t)
			s.Put("out/a.csv", []byte("sku\nA\n"))
			c := object.Config{URL: "s3://exports/out/a.csv", Patience: quick, Options: object.Options{
				Endpoint: s.URL, Region: s.Region, AccessKey: s.AccessKey, SecretKey: secret.New(s.SecretKey),
			}}
			tt.set(s, &c)
			got, err := fetch(t, c)
			var fault *connectors.IncompleteError
			switch {
			case tt.reason == "" && (err != nil || got != "sku\nA\n"):
				t.Errorf("got %q, %v", got, err)
			case tt.reason != "" && (!errors.As(err, &fault) || !strings.Contains(err.Error(), tt.reason) || !strings.Contains(fault.Remedy, tt.remedy)):
				t.Errorf("got %v (%+v), want %q with %q", err, fault, tt.reason, tt.remedy)
			case tt.reason != "" && strings.Contains(err.Error()+fault.Remedy, "hunter2"):
				t.Errorf("a secret is told: %v", err)
			}
		})
	}
}

// answering says the same to everything; to HEAD without words.
func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// A bucket of many pages is walked to its end.
func TestManyPages(t *testing.T) {
	t.Parallel()
	s := standin.NewS3(t)
	for i := range 20 {
		s.Put(fmt.Sprintf("out/p_%d.csv", i), []byte("x"))
	}
	f, err := object.New(object.Config{URL: "s3://exports/out/p_*.csv", Pick: transport.PickAll, Patience: quick, Options: object.Options{
		Endpoint: s.URL, Region: s.Region, AccessKey: s.AccessKey, SecretKey: secret.New(s.SecretKey),
	}})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := f.List(t.Context())
	if err != nil || len(entries) != 20 || entries[19].Name != "s3://exports/out/p_19.csv" {
		t.Errorf("%d, %v", len(entries), err)
	}
}

// What was copied, and could not be deleted any more, is deleted by the next call.
func TestMoveGoesOn(t *testing.T) {
	t.Parallel()
	s := standin.NewS3(t)
	s.Put("out/a.csv", []byte("x"))
	broken := true
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete && broken {
			broken = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s.ServeHTTP(w, r)
	}))
	defer front.Close()
	f, err := object.New(object.Config{URL: "s3://exports/out/*.csv", Patience: quick, Options: object.Options{
		Endpoint: front.URL, Region: s.Region, AccessKey: s.AccessKey, SecretKey: secret.New(s.SecretKey),
	}})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := f.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Move(t.Context(), entries[0], "/done/a.csv"); err == nil {
		t.Error("the delete was refused, and it says nothing")
	}
	if err := f.Move(t.Context(), entries[0], "/done/a.csv"); err != nil {
		t.Error(err)
	}
	if got := s.Keys(); len(got) != 1 || got[0] != "done/a.csv" {
		t.Errorf("left: %v", got)
	}
}

// A list may hold anything.
func FuzzList(f *testing.F) {
	f.Add([]byte(`<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>out/a%20b.csv</Key><Size>3</Size><ETag>"x"</ETag></Contents></ListBucketResult>`))
	f.Add([]byte(`<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>`))
	f.Add([]byte(`<Error/>`))
	var answer atomic.Pointer[[]byte] // one input is tried at a time
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(*answer.Load()) }))
	f.Cleanup(s.Close)
	tr, err := object.New(object.Config{URL: "s3://exports/out/*.csv", Pick: transport.PickAll, Patience: quick, Options: object.Options{Endpoint: s.URL}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer.Store(&body)
		entries, err := tr.List(t.Context())
		for _, e := range entries {
			if !strings.HasPrefix(e.Name, "s3://exports/out/") {
				t.Errorf("listed %q", e.Name)
			}
		}
		if (err == nil) != (len(entries) > 0) {
			t.Errorf("%d entries, %v", len(entries), err)
		}
	})
}
