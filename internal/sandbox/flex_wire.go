package sandbox

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"
)

// wireProduct is a product as Flex answers it; what is unknown is null.
type wireProduct struct {
	ID                  string            `json:"product_id"`
	Name                string            `json:"name"`
	Description         string            `json:"description"`
	DocumentDescription *string           `json:"document_description"`
	ReceiptDescription  *string           `json:"receipt_description"`
	UPCCode             string            `json:"upc_code"`
	GTIN                *string           `json:"gtin"`
	ReferenceGTIN       *string           `json:"reference_gtin"`
	URL                 string            `json:"url"`
	ClientReferenceID   *string           `json:"client_reference_id"`
	ImageURLs           []string          `json:"image_urls"`
	Categories          []string          `json:"categories"`
	Components          []string          `json:"components"`
	Metadata            map[string]string `json:"metadata"`
	Eligibility         *string           `json:"hsa_fsa_eligibility"`
	VisitType           string            `json:"visit_type"`
	Active              bool              `json:"active"`
	TestMode            bool              `json:"test_mode"`
	CreatedAt           string            `json:"created_at"`
	UpdatedAt           string            `json:"updated_at"`
}

type productEnvelope struct {
	Product wireProduct `json:"product"`
}

type productList struct {
	Products []wireProduct `json:"products"`
}

// micros is RFC 3339 with microseconds, as Flex's examples show it.
const micros = "2006-01-02T15:04:05.000000Z"

func (p *product) wire(test bool) wireProduct {
	return wireProduct{
		ID: p.id, Name: p.name, Description: p.description, UPCCode: p.upc,
		GTIN: orNull(p.gtin), ReferenceGTIN: orNull(p.referenceGTIN), URL: p.url,
		ClientReferenceID: orNull(p.ref), ImageURLs: orEmpty(p.imageURLs),
		Categories: orEmpty(p.categories), Components: orEmpty(p.components), Metadata: p.metadata,
		Eligibility: orNull(p.eligibility()), VisitType: "notApplicable", Active: p.active, TestMode: test,
		CreatedAt: p.created.UTC().Format(micros), UpdatedAt: p.updated.UTC().Format(micros),
	}
}

func (p *product) envelope(test bool) productEnvelope { return productEnvelope{p.wire(test)} }

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// ids makes product ids: fprod_ and a ULID, whose order is that of creation.
type ids struct {
	mu     sync.Mutex
	millis int64
	high   uint16 // the ULID's random part: 16 bits that stay,
	low    uint64 // and 64 that count up
}

func newIDs() *ids {
	return &ids{high: uint16(rand.Uint32()), low: rand.Uint64() >> 1}
}

func (g *ids) next(now time.Time) string {
	g.mu.Lock()
	g.millis = max(g.millis, now.UnixMilli())
	g.low++
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(g.millis)<<16|uint64(g.high))
	binary.BigEndian.PutUint64(raw[8:], g.low)
	g.mu.Unlock()
	return "fprod_" + crockford(raw)
}

// crockford writes 128 bits as 26 characters, five bits each from the top.
func crockford(raw [16]byte) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	high, low := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	var out [26]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = alphabet[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return string(out[:])
}
