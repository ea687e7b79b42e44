package graph

import (
	"net/http"
	"time"

	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/view"
	"credithub/schema/fault"
)

// Quota bounds what strangers look up, by address; *limit.Quota does.
type Quota interface {
	Take(key string, n int) (wait time.Duration, ok bool)
	Most() int   // at once
	PerDay() int // in a day
}

// lookup is a root field that shows enterprises: what it costs a stranger.
type lookup struct {
	size     int    // of its page; 1: no page
	variable string // that gives the size instead
}

// pageOfLookup is how many rows of a page cost one look-up: a page as people read
// them.
const pageOfLookup = 20

// lookupsOf finds the look-ups of an operation whose fragments have no cycles.
func lookupsOf(set *ast.SelectionSet, frags map[string]*ast.FragmentDefinition) (out []lookup) {
	if set == nil {
		return nil
	}
	for _, s := range set.Selections {
		switch s := s.(type) {
		case *ast.Field:
			switch s.Name.Value {
			case "entity":
				out = append(out, lookup{size: 1})
			case "search", "listEntries":
				out = append(out, lookup{pageSize(s), sizeVariable(s)})
			}
		case *ast.InlineFragment:
			out = append(out, lookupsOf(s.SelectionSet, frags)...)
		case *ast.FragmentSpread:
			if f := frags[s.Name.Value]; f != nil {
				out = append(out, lookupsOf(f.SelectionSet, frags)...)
			}
		}
	}
	return out
}

func sizeVariable(f *ast.Field) string {
	for _, a := range f.Arguments {
		if v, ok := a.Value.(*ast.Variable); ok && a.Name.Value == "first" {
			return v.Name.Value
		}
	}
	return ""
}

// cost is the number of look-ups with the variables of a request.
func cost(ls []lookup, vars map[string]any) (n int) {
	for _, l := range ls {
		size := l.size
		if v, ok := vars[l.variable].(float64); ok && v >= view.MinFirst && v <= view.MaxFirst {
			size = int(v)
		}
		n += (size + pageOfLookup - 1) / pageOfLookup
	}
	return n
}

// withinQuota tells whether a request of the public may be executed; if not, the
// answer is written.
func (s *Server) withinQuota(w http.ResponseWriter, r *http.Request, x *exchange, doc *document, vars map[string]any) bool {
	if s.quota == nil || len(doc.lookups) == 0 || !x.principal.Anonymous() {
		return true
	}
	n := cost(doc.lookups, vars)
	if n > s.quota.Most() {
		s.answerFailed(w, r, x, s.limited(r.Context(), "quota", fault.New(fault.TooComplex,
			"the request holds %d look-ups of the public, which has %d at once; sign in or ask in parts", n, s.quota.Most())))
		return false
	}
	wait, ok := s.quota.Take(x.peer, n)
	if !ok {
		_ = s.tooManyOf(w, r, x, "quota", wait, fault.New(fault.TooMany,
			"the public has %d look-ups at once and %d a day from one address; go on in %d s, or sign in", s.quota.Most(), s.quota.PerDay(), seconds(wait)))
	}
	return ok
}
