package graph

import (
	"fmt"
	"strings"
	"testing"
)

// However many documents come, the cache keeps to its size, and a document in it
// is compiled once.
func TestDocumentsAreKeptWithinBounds(t *testing.T) {
	s := newHub(t).server(func(c *Config) { c.Limits.CacheBytes = 20_000 })
	for i := range 2000 {
		text := fmt.Sprintf("{a%d:__typename}", i)
		if _, errs := s.docs.get([]byte(text)); errs != nil {
			t.Fatal(errs)
		}
		if i%10 == 0 { // asked again and again
			ask(t, s, "", "{__schema{queryType{name}}}", nil)
		}
	}
	s.docs.cache.CleanUp()
	if n := s.docs.cache.WeightedSize(); n > 20_000 {
		t.Errorf("cache weighs %d", n)
	}
	if n := value(t, s.met.compiled); n < 2000 || n > 2100 {
		t.Errorf("%v documents compiled", n)
	}
}

func TestAnswersToIntrospectionAreKept(t *testing.T) {
	s := newHub(t).server()
	first := ask(t, s, "", introspectionQuery, nil)
	before := value(t, s.met.executed)
	again := ask(t, s, "officer", introspectionQuery, nil)
	if first.raw != again.raw || value(t, s.met.executed) != before+1 {
		t.Error("not the same answer")
	}
	if doc, _ := s.docs.get([]byte(introspectionQuery)); doc == nil {
		t.Error("not kept")
	} else if kept, ok := s.docs.answers.GetIfPresent(doc); !ok || string(kept) != first.raw {
		t.Error("answer not kept")
	}
	// An answer that depends on variables is never kept.
	q := `query($n:String!){__type(name:$n){name}}`
	for _, n := range []string{"Check", "Hit"} {
		if a := ask(t, s, "", q, map[string]any{"n": n}); !strings.Contains(a.raw, n) {
			t.Errorf("%s: %s", n, a.raw)
		}
	}
}

// A failing document is refused each time and never kept.
func TestFailingDocumentsAreNotKept(t *testing.T) {
	s := newHub(t).server()
	for range 3 {
		if a := ask(t, s, "", "{nothing}", nil); a.code() != "BAD_INPUT" {
			t.Error(a.raw)
		}
	}
	if s.docs.cache.EstimatedSize() != 0 {
		t.Error("kept")
	}
}
