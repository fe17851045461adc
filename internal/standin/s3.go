package standin

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// S3 is object storage with one bucket, which wants requests signed by one key. It speaks
// as much of Amazon's protocol as reading and moving takes: ListObjectsV2, HeadObject,
// GetObject with ranges and conditions, CopyObject and DeleteObject.
type S3 struct {
	*httptest.Server
	Bucket, Region, AccessKey, SecretKey string
	// PageSize is how many objects a list has.
	PageSize int

	mu      sync.Mutex
	objects map[string]object
}

// object is what is stored.
type object struct {
	content []byte
	file    string // instead of content
	at      time.Time
	denied  bool
}

func (o object) tag() string {
	if o.file != "" {
		return `"` + hex.EncodeToString([]byte(o.file)) + `-1"`
	}
	sum := md5.Sum(o.content)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// NewS3 starts a service, which ends with the test.
func NewS3(tb testing.TB) *S3 {
	tb.Helper()
	s := &S3{
		Bucket: "exports", Region: "eu-test-1", AccessKey: "AKTEST", SecretKey: "secret/with+signs=", PageSize: 3,
		objects: map[string]object{},
	}
	s.Server = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
}

// Put stores an object.
func (s *S3) Put(key string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = object{content: content, at: time.Now()}
}

// PutFile stores an object whose content is that of a file, which stays where it is.
func (s *S3) PutFile(key, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = object{file: path, at: time.Now()}
}

// Remove takes an object away.
func (s *S3) Remove(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
}

// Deny lets nobody read an object.
func (s *S3) Deny(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[key]
	o.denied = true
	s.objects[key] = o
}

// Keys are those of all objects, in order.
func (s *S3) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.objects))
}

func (s *S3) refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s, it says.</Message></Error>", code, code)
}

// ServeHTTP implements http.Handler. Buckets stand in the path.
func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if code := s.judge(r); code != "" {
		s.refuse(w, http.StatusForbidden, code)
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case bucket != s.Bucket:
		s.refuse(w, http.StatusNotFound, "NoSuchBucket")
	case key == "" && r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "2":
		s.list(w, r)
	case key != "" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		s.get(w, r, key)
	case key != "" && r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		s.copy(w, r, key)
	case key != "" && r.Method == http.MethodDelete:
		s.mu.Lock()
		defer s.mu.Unlock()
		if o, ok := s.objects[key]; ok && r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != o.tag() {
			s.refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		s.refuse(w, http.StatusNotImplemented, "NotImplemented")
	}
}

func (s *S3) get(w http.ResponseWriter, r *http.Request, key string) {
	s.mu.Lock()
	o, ok := s.objects[key]
	s.mu.Unlock()
	switch {
	case !ok:
		s.refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	case o.denied:
		s.refuse(w, http.StatusForbidden, "AccessDenied")
		return
	}
	w.Header().Set("ETag", o.tag())
	w.Header().Set("Content-Type", "binary/octet-stream")
	if o.file == "" {
		http.ServeContent(w, r, "", o.at, bytes.NewReader(o.content))
		return
	}
	f, err := os.Open(o.file)
	if err != nil {
		s.refuse(w, http.StatusInternalServerError, "InternalError")
		return
	}
	defer f.Close()
	http.ServeContent(w, r, "", o.at, f)
}

func (s *S3) copy(w http.ResponseWriter, r *http.Request, key string) {
	from, err := url.PathUnescape(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"))
	from, ok := strings.CutPrefix(from, s.Bucket+"/")
	s.mu.Lock()
	defer s.mu.Unlock()
	o, there := s.objects[from]
	switch {
	case err != nil || !ok || !there:
		s.refuse(w, http.StatusNotFound, "NoSuchKey")
	case r.Header.Get("X-Amz-Copy-Source-If-Match") != "" && r.Header.Get("X-Amz-Copy-Source-If-Match") != o.tag():
		s.refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	default:
		o.at = time.Now()
		s.objects[key] = o
		fmt.Fprintf(w, "<CopyObjectResult><ETag>%s</ETag></CopyObjectResult>", o.tag())
	}
}

// listed is one object of a list.
type listed struct {
	Key          string
	LastModified string
	ETag         string
	Size         int
}

func (s *S3) list(w http.ResponseWriter, r *http.Request) {
	type result struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string   `xml:",omitempty"`
		EncodingType          string   `xml:",omitempty"`
		Contents              []listed `xml:"Contents"`
	}
	q := r.URL.Query()
	out := result{EncodingType: q.Get("encoding-type")}
	for _, key := range s.Keys() {
		if !strings.HasPrefix(key, q.Get("prefix")) || key <= q.Get("continuation-token") {
			continue
		}
		if len(out.Contents) == s.PageSize {
			out.IsTruncated = true
			break
		}
		s.mu.Lock()
		o := s.objects[key]
		s.mu.Unlock()
		out.NextContinuationToken = key
		if out.EncodingType == "url" {
			key = url.QueryEscape(key)
		}
		out.Contents = append(out.Contents, listed{key, o.at.UTC().Format("2006-01-02T15:04:05.000Z"), o.tag(), len(o.content)})
	}
	if !out.IsTruncated {
		out.NextContinuationToken = ""
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(out) // the other side is gone then
}

// judge gives the code of what is wrong with a request's signature, "" when it is right
// (Signature Version 4, with the sum of the body in its header).
func (s *S3) judge(r *http.Request) string {
	const scheme = "AWS4-HMAC-SHA256 "
	auth := r.Header.Get("Authorization")
	if auth == "" {
		return "AccessDenied"
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(auth, scheme), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) != 5 || scope[0] != s.AccessKey {
		return "InvalidAccessKeyId"
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(at).Abs() > 15*time.Minute {
		return "RequestTimeTooSkewed"
	}
	if scope[2] != s.Region {
		return "AuthorizationHeaderMalformed"
	}
	var headers strings.Builder
	for name := range strings.SplitSeq(parts["SignedHeaders"], ";") {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.TrimSpace(value))
	}
	canonical := strings.Join([]string{
		r.Method, r.URL.EscapedPath(), strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20"),
		headers.String(), parts["SignedHeaders"], r.Header.Get("X-Amz-Content-Sha256"),
	}, "\n")
	sum := sha256.Sum256([]byte(canonical))
	toSign := strings.Join([]string{
		strings.TrimSpace(scheme), r.Header.Get("X-Amz-Date"), strings.Join(scope[1:], "/"), hex.EncodeToString(sum[:]),
	}, "\n")
	key := []byte("AWS4" + s.SecretKey)
	for _, part := range append(scope[1:], toSign) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if hex.EncodeToString(key) != parts["Signature"] {
		return "SignatureDoesNotMatch"
	}
	return ""
}
