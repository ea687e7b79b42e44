package site

import (
	"net/http"
	"testing"
	"time"

	"credithub/deploy/platform/limit"
)

func TestCase_S5_VisitorsHaveAQuota(t *testing.T) {
	quota, err := limit.NewQuota(limit.QuotaConfig{Lookups: 4, Window: time.Hour, PerDay: 10})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := newSite(t, func(c *Config) { c.Quota = quota })
	for _, target := range []string{"/", "/lists", "/sources", "/measures", "/search", "/schema.graphql", "/docs", s.css, "/search?q=11010519491231002X"} {
		for range 20 {
			if w := get(s, target); w.Code == http.StatusTooManyRequests {
				t.Fatalf("%s counts", target)
			}
		}
	}
	for i, target := range []string{"/search?q=武汉", "/e/" + plain, "/en/e/" + unknown, "/search?q=" + plain} {
		if w := get(s, target); w.Code == http.StatusTooManyRequests {
			t.Fatalf("look-up %d: %s", i, target)
		}
	}
	for _, target := range []string{"/search?q=武汉", "/e/" + plain, "/en/e/" + unknown, "/search?q=" + plain} {
		if w := get(s, target); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}
