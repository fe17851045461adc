package shopify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/skubridge/skubridge/connectors/pull"
)

// readingRules is raised when records are made of the same answers in another way.
const readingRules = 1

// shape is what of products and variants is asked for, as the options choose.
type shape struct {
	options    Options
	metafields []metafield
	// fingerprint tells by one word whether it is the same.
	fingerprint string
}

func newShape(o Options) *shape {
	s := &shape{options: o}
	for _, text := range o.Metafields {
		m, _ := parseMetafield(text) // Validate has judged it
		s.metafields = append(s.metafields, m)
	}
	s.fingerprint = pull.Fingerprint(readingRules, s.product(), s.variant())
	return s
}

// product is the selection of a product, without what it has many of.
func (s *shape) product() string {
	return "id handle title descriptionHtml vendor productType status tags onlineStoreUrl category { id fullName } variantsCount { count precision }" +
		s.metafieldsOf(false)
}

// variant is the selection of a variant. image is deprecated in favour of media, which
// would be a third level of connections, of which a bulk operation takes two.
func (s *shape) variant() string {
	var b strings.Builder
	b.WriteString("id sku barcode price compareAtPrice position taxable selectedOptions { name value } image { url }")
	if s.options.Inventory {
		b.WriteString(" inventoryItem { id requiresShipping harmonizedSystemCode countryCodeOfOrigin provinceCodeOfOrigin" +
			" unitCost { amount currencyCode } measurement { weight { unit value } } }")
	}
	for i, country := range s.countries() {
		fmt.Fprintf(&b, " c%d: contextualPricing(context: {country: %s}) { price { amount currencyCode } compareAtPrice { amount currencyCode } }", i, country)
	}
	return b.String() + s.metafieldsOf(true)
}

// countries are those whose prices are asked for; that of Country, if any, is the first.
func (s *shape) countries() []string {
	if s.options.Country == "" {
		return s.options.Countries
	}
	return append([]string{s.options.Country}, s.options.Countries...)
}

func (s *shape) metafieldsOf(variant bool) string {
	var b strings.Builder
	for i, m := range s.metafields {
		if m.variant == variant {
			fmt.Fprintf(&b, " m%d: metafield(namespace: %s, key: %s) { type value }", i, quote(m.namespace), quote(m.key))
		}
	}
	return b.String()
}

// quote writes a text as a string of GraphQL. What is quoted here are names and searches
// of our own, in which JSON and GraphQL agree.
func quote(s string) string { return strconv.Quote(s) }

const image = "id mediaContentType ... on MediaImage { image { url } }"

// bulk is the query of a bulk operation over the products that a search finds, all of
// them where it is empty.
func (s *shape) bulk(search string) string {
	if search != "" {
		search = "(query: " + quote(search) + ")"
	}
	return "{ products" + search + " { edges { node { " + s.product() +
		" media { edges { node { " + image + " } } }" +
		" variants { edges { node { " + s.variant() + " } } } } } } }"
}

// nested is the selection of a product with the first pages of what it has many of.
func (s *shape) nested() string {
	return s.product() +
		" media(first: $media) { pageInfo { hasNextPage endCursor } nodes { " + image + " } }" +
		" variants(first: $variants) { pageInfo { hasNextPage endCursor } nodes { " + s.variant() + " } }"
}

// changed are the products that a search finds, page by page.
func (s *shape) changed() string {
	return "query Changed($search: String!, $products: Int!, $variants: Int!, $media: Int!, $after: String) {" +
		" products(first: $products, after: $after, query: $search, sortKey: UPDATED_AT) {" +
		" pageInfo { hasNextPage endCursor } nodes { " + s.nested() + " } } }"
}

// named are products by their ids.
func (s *shape) named() string {
	return "query Named($ids: [ID!]!, $variants: Int!, $media: Int!) { nodes(ids: $ids) { id ... on Product { " + s.nested() + " } } }"
}

// moreVariants are the further variants of one product.
func (s *shape) moreVariants() string {
	return "query MoreVariants($id: ID!, $first: Int!, $after: String) { product(id: $id) {" +
		" variants(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { " + s.variant() + " } } } }"
}

// Documents that are the same for every shape.
const (
	moreMedia = "query MoreMedia($id: ID!, $first: Int!, $after: String) { product(id: $id) {" +
		" media(first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { " + image + " } } } }"

	// shopDocument begins and ends a read: whose shop it is, and how many products it has.
	shopDocument = "query Shop { shop { myshopifyDomain currencyCode } productsCount(limit: null) { count precision } }"

	countDocument = "query Count($search: String!, $limit: Int!) { productsCount(query: $search, limit: $limit) { count precision } }"

	eventsDocument = "query Deleted($search: String!, $first: Int!, $after: String) {" +
		" events(first: $first, after: $after, query: $search, sortKey: CREATED_AT) { pageInfo { hasNextPage endCursor }" +
		" nodes { id action createdAt ... on BasicEvent { subjectId subjectType } } } }"

	inventoryDocument = "query Inventory($search: String!, $first: Int!, $after: String) {" +
		" inventoryItems(first: $first, after: $after, query: $search) { pageInfo { hasNextPage endCursor }" +
		" nodes { id variants(first: 1) { nodes { id product { id } } } } } }"

	operationFields = "id status errorCode createdAt objectCount rootObjectCount fileSize url partialDataUrl query"

	startDocument = "mutation Start($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false) {" +
		" bulkOperation { " + operationFields + " } userErrors { field message code } } }"

	operationDocument = "query Operation($id: ID!) { bulkOperation(id: $id) { " + operationFields + " } }"

	operationsDocument = "query Operations($search: String!) { bulkOperations(first: 25, query: $search, sortKey: CREATED_AT, reverse: true) {" +
		" nodes { " + operationFields + " } } }"

	probeDocument = "query Probe { shop { myshopifyDomain name currencyCode }" +
		" currentAppInstallation { accessScopes { handle } } publicApiVersions { handle supported } }"
)
