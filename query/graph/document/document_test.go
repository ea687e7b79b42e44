package document

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/graphql-go/graphql"
	dto "github.com/prometheus/client_model/go"

	"credithub/query/graph/metrics"
	"credithub/query/graph/refusal"
)

// newCache keeps documents about a schema of one field.
func newCache(t *testing.T, l refusal.Limits) *Cache {
	t.Helper()
	l.SetDefaults()
	schema, err := graphql.NewSchema(graphql.SchemaConfig{Query: graphql.NewObject(graphql.ObjectConfig{
		Name: "Query", Fields: graphql.Fields{"lists": &graphql.Field{Type: graphql.String}},
	})})
	if err != nil {
		t.Fatal(err)
	}
	m, err := metrics.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Schema: &schema, Refuse: &refusal.Maker{Log: slog.Default(), Metrics: m}, Metrics: m, Limits: &l})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// However many documents come, the cache keeps to its size, and a document in it
// is compiled once.
func TestDocumentsAreKeptWithinBounds(t *testing.T) {
	c := newCache(t, refusal.Limits{CacheBytes: 20_000})
	get := func(text string) {
		t.Helper()
		if _, errs := c.Get([]byte(text)); errs != nil {
			t.Fatal(errs)
		}
	}
	for i := range 2000 {
		get(fmt.Sprintf("{a%d:__typename}", i))
		if i%10 == 0 { // asked again and again
			get("{__schema{queryType{name}}}")
		}
	}
	c.documents.CleanUp()
	if n := c.documents.WeightedSize(); n > 20_000 {
		t.Errorf("cache weighs %d", n)
	}
	var n dto.Metric
	if err := c.Metrics.Compiled.Write(&n); err != nil {
		t.Fatal(err)
	}
	if n := n.GetCounter().GetValue(); n < 2000 || n > 2100 {
		t.Errorf("%v documents compiled", n)
	}
}

// A failing document is refused each time and never kept.
func TestFailingDocumentsAreNotKept(t *testing.T) {
	c := newCache(t, refusal.Limits{})
	for range 3 {
		if _, errs := c.Get([]byte("{nothing}")); len(errs) != 1 || errs[0].Code() != "BAD_INPUT" {
			t.Error(errs)
		}
	}
	if c.documents.EstimatedSize() != 0 {
		t.Error("kept")
	}
}
