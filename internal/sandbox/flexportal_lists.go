package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// list answers one page of products, newest first.
func (a *portalAPI) list(s *portalSpace, q url.Values) answer {
	limit, ok := portalLimit(q, 50, 100)
	if !ok {
		return portalError(http.StatusBadRequest, "VALIDATION_ERROR", "limit must be from 1 to 100")
	}
	from := len(s.order) - 1
	if after := s.byID[q.Get("startAfter")]; after != nil {
		from = after.place - 1
	} else if q.Get("startAfter") != "" {
		return portalError(http.StatusBadRequest, "VALIDATION_ERROR", "unknown startAfter")
	}
	page, next := []any{}, any(nil)
	for i := from; i >= 0; i-- {
		p := s.order[i]
		if want := q.Get("status"); want != "" && want != p.status() {
			continue
		}
		if len(page) == limit {
			next = s.order[i+1].id
			break
		}
		page = append(page, p.wire(a.cfg, a.cfg.ListsWhole))
	}
	name := "products"
	if a.cfg.Older {
		name = "data"
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		name: page, "count": len(page), "limit": limit, "hasMore": next != nil, "nextCursor": next,
	})
}

// listVariants answers one page of variants, oldest first.
func (a *portalAPI) listVariants(s *portalSpace, q url.Values) answer {
	limit, ok := portalLimit(q, 50, 5000)
	if !ok {
		return portalError(http.StatusBadRequest, "VALIDATION_ERROR", "limit must be from 1 to 5000")
	}
	page, next := []any{}, any(nil)
	behind := q.Get("startAfter") == ""
	from := s.variants
	if p := s.bySKU[q.Get("productSku")]; p != nil && a.cfg.ExactFilter {
		from = p.variants
	}
	last := ""
	for _, v := range from {
		switch sku := q.Get("productSku"); {
		case !behind:
			behind = v.id == q.Get("startAfter")
			continue
		case sku != "" && !strings.HasPrefix(v.product.sku, sku), a.cfg.ExactFilter && sku != "" && v.product.sku != sku:
			continue
		case q.Get("status") != "" && q.Get("status") != v.status():
			continue
		}
		if len(page) == limit {
			next = last
			break
		}
		page, last = append(page, v.wire(a.cfg, true)), v.id
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"variants": page, "count": len(page), "limit": limit, "hasMore": next != nil, "nextCursor": next,
	})
}

func portalLimit(q url.Values, usual, most int) (int, bool) {
	if !q.Has("limit") {
		return usual, true
	}
	n, err := strconv.Atoi(q.Get("limit"))
	return n, err == nil && n >= 1 && n <= most
}
