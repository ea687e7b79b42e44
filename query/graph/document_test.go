package graph

import (
	"strings"
	"testing"
)

func TestAnswersToIntrospectionAreKept(t *testing.T) {
	s := newHub(t).server()
	first := ask(t, s, "", introspectionQuery, nil)
	before := value(t, s.met.Executed)
	again := ask(t, s, "officer", introspectionQuery, nil)
	if first.raw != again.raw || value(t, s.met.Executed) != before+1 {
		t.Error("not the same answer")
	}
	if doc, _ := s.docs.Get([]byte(introspectionQuery)); doc == nil {
		t.Error("not kept")
	} else if kept, ok := s.docs.Answer(doc); !ok || string(kept) != first.raw {
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
