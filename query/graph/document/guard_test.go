package document

import (
	"testing"

	"github.com/graphql-go/graphql/language/parser"

	"credithub/query/graph/refusal"
)

func TestScanCountsWhatTheLexerSees(t *testing.T) {
	f := func(text string, tokens int) {
		t.Helper()
		if _, err := scan(text, &refusal.Limits{Tokens: tokens, Brackets: 20}); err != nil {
			t.Errorf("%q has more than %d tokens", text, tokens)
		}
		if _, err := scan(text, &refusal.Limits{Tokens: tokens - 1, Brackets: 20}); err == nil {
			t.Errorf("%q has fewer than %d tokens", text, tokens)
		}
	}
	f("{ a , b }", 4)
	f("{a#,b,c,d{{{{\nb}", 4)
	f(`{a(b:"{{{[[[" c:15)}`, 11)
	f(`{a(b:"\"{{{")}`, 8)
	f(`{a(b:"""{{{ \""" "" [""")}`, 8)
	f("{...a ...@include(if:$b)}", 13)
	f("query A($a:[ID!]!=[\"x\"]){b}", 19)
}

func TestInspectGivesTheOperation(t *testing.T) {
	tree, err := parser.Parse(parser.ParseParams{Source: "query A{...a}fragment a on Query{__typename}"})
	if err != nil {
		t.Fatal(err)
	}
	var l refusal.Limits
	l.SetDefaults()
	op, frags, limit, err := inspect(tree, &l)
	if err != nil || limit != "" || op.Name.Value != "A" || len(frags) != 1 {
		t.Errorf("%v %v %q %v", op, frags, limit, err)
	}
}
