package object

import (
	"errors"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/skubridge/skubridge/internal/fault"
	"github.com/skubridge/skubridge/internal/secret"
)

// Options are the settings of files in object storage.
type Options struct {
	Endpoint     string       `yaml:"endpoint" jsonschema_description:"The address of the service, such as https://minio.example.com:9000; Amazon's in the region unless set."`
	Region       string       `yaml:"region" jsonschema_description:"The region of the bucket; self-hosted services mostly accept any."`
	AccessKey    string       `yaml:"access_key" jsonschema_description:"The access key id. Without one the bucket has to be public."`
	SecretKey    secret.Value `yaml:"secret_key" jsonschema_description:"The key."`
	SessionToken secret.Value `yaml:"session_token" jsonschema_description:"The session token that comes with temporary keys."`
	Addressing   Addressing   `yaml:"addressing" jsonschema:"enum=path,enum=host" jsonschema_description:"Whether the bucket is in the path of addresses or in the host name. Unless set, in the path if endpoint is set, otherwise in Amazon's host name."`
	CAFile       string       `yaml:"ca_file" jsonschema_description:"Certificate authorities to trust instead of the system's, as PEM. Relative paths start at the configuration file."`
}

// Addressing says where in an address the bucket stands.
type Addressing string

// The ways of addressing.
const (
	ByPath Addressing = "path"
	ByHost Addressing = "host"
)

// Default are the options of which nothing was said.
func Default() Options { return Options{Region: "us-east-1"} }

// IsZero reports whether nothing was set.
func (o Options) IsZero() bool {
	return o.Endpoint == "" && (o.Region == "" || o.Region == "us-east-1") && o.AccessKey == "" && o.SecretKey.IsZero() &&
		o.SessionToken.IsZero() && o.Addressing == "" && o.CAFile == ""
}

// Validate gives all that is wrong with the options, and with the address, which stands
// under the key option.
func (o Options) Validate(option, address string) error {
	_, err := parse(option, address)
	faults := []error{err}
	if (o.AccessKey == "") != o.SecretKey.IsZero() {
		faults = append(faults, fault.At("s3.secret_key", "access_key and secret_key go together").Hinting("set both; or none for a bucket that is public"))
	}
	if o.AccessKey == "" && !o.SessionToken.IsZero() {
		faults = append(faults, fault.At("s3.session_token", "there is no key that it could come with"))
	}
	if strings.ContainsAny(o.AccessKey, "/, \t\r\n") {
		faults = append(faults, fault.At("s3.access_key", "not the id of a key"))
	}
	if !region.MatchString(o.Region) {
		faults = append(faults, fault.At("s3.region", "not a region").Hinting("write it as us-east-1"))
	}
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			faults = append(faults, fault.At("s3.endpoint", "not an http or https address").Hinting("write it as https://minio.example.com:9000"))
		case u.User != nil || u.RawQuery != "" || u.Fragment != "":
			faults = append(faults, fault.At("s3.endpoint", "holds more than host and path").Hinting("keys belong to s3.access_key and s3.secret_key"))
		}
	}
	return errors.Join(faults...)
}

var region = regexp.MustCompile(`^[a-zA-Z0-9-]{1,64}$`)

// place is what an address names.
type place struct {
	bucket string
	key    string // of a file, or a pattern
}

// bucketName is what a bucket may be called, by the wider of Amazon's rules.
var bucketName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]$`)

// parse reads an address, s3://bucket/key. The key is taken as it is.
func parse(option, address string) (place, error) {
	const form = "write it as s3://bucket/out/products_*.csv"
	bucket, key, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	switch {
	case strings.Contains(bucket, "@"):
		return place{}, fault.At(option, "holds more than a bucket and a path").Hinting("keys belong to s3.access_key and s3.secret_key")
	case !bucketName.MatchString(bucket):
		return place{}, fault.At(option, "not a bucket: %q", bucket).Hinting(form)
	case key == "" || strings.HasSuffix(key, "/"):
		return place{}, fault.At(option, "names no file").Hinting(form)
	}
	if _, err := path.Match(key, ""); err != nil {
		return place{}, fault.At(option, "not a pattern").Hinting(`close the bracket, or write \[ for a bracket in a name`)
	}
	return place{bucket, key}, nil
}

// name is how people know an object.
func (p place) name(key string) string { return "s3://" + p.bucket + "/" + key }

// base is the address of the bucket, without a slash at its end.
func (o Options) base(bucket string) string {
	endpoint := strings.TrimRight(o.Endpoint, "/")
	addressing := o.Addressing
	if endpoint == "" {
		endpoint = "https://s3." + o.Region + ".amazonaws.com"
		// A certificate for all buckets covers no name with a point in it.
		if addressing == "" && !strings.Contains(bucket, ".") {
			addressing = ByHost
		}
	}
	if addressing == ByHost {
		scheme, host, _ := strings.Cut(endpoint, "://")
		return scheme + "://" + bucket + "." + host
	}
	return endpoint + "/" + bucket
}
