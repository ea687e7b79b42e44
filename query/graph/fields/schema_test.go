package fields

import (
	"strings"
	"testing"

	gql "github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"

	"credithub/schema/graphql"
)

// A text that the resolvers don't fit is an error at start.
func TestSchemaAndResolversFit(t *testing.T) {
	f := func(from, to, says string) {
		t.Helper()
		sdl := strings.Replace(graphql.SDL(), from, to, 1)
		if sdl == graphql.SDL() {
			t.Fatalf("%q is not in the file", from)
		}
		s := &Schema{table: table{}}
		s.declare()
		if err := s.bind(sdl); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %s", to, err, says)
		}
	}
	f("  annotated: Boolean!", "  annotated: Boolean! marked: Boolean!", "ListEntry.marked: no resolver")
	f("  \"An objection is pending (异议处理中).\"\n  annotated: Boolean!\n", "", "ListEntry.annotated")
	f("annotated: Boolean!", "annotated: Boolean", "ListEntry.annotated: is answered as Boolean!, not Boolean")
	f("hits: [Hit!]!", "hits: [Hit]!", "Check.hits: is answered as [Hit!]!")
	f("annotated: Boolean!", "annotated: Truth!", "unknown type Truth")
	f("scalar JSON ", "scalar XML ", "scalar XML")
	f("query: Query", "query: Nothing", "no query type")
	f("query: Query", "query: Query mutation: Query", "mutation")
	f("type Unit {", "interface Named{a:ID} type Unit {", "not served")
	f("annotated: Boolean!", "annotated: Boolean! @odd", "@odd")
	if _, err := buildSchema("type", func(string, *ast.FieldDefinition) (gql.FieldResolveFn, error) { return nil, nil }); err == nil {
		t.Error("broken text")
	}
}
