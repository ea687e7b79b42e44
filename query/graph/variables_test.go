package graph

import "testing"

// A value of another type than its variable's is refused, on every path.
func TestVariablesAreOfTheirType(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(decl, use string, value any, code string) {
		t.Helper()
		a := ask(t, s, "officer:SAMR", `query(`+decl+`){`+use+`}`, map[string]any{"v": value})
		if a.code() != code {
			t.Errorf("%s %v: %s", decl, value, a.raw)
		}
	}
	object := map[string]any{"a": 1}
	search := `search(text:$v){totalCount}`
	f("$v:String!", search, "武汉", "")
	for _, v := range []any{object, 123, []any{"武汉"}, true, nil} {
		f("$v:String!", search, v, "BAD_INPUT")
	}
	page := `search(text:"武汉",first:$v){totalCount}`
	f("$v:Int", page, 3, "")
	f("$v:Int", page, nil, "")
	for _, v := range []any{"3", 3.5, 1e12, true, object} {
		f("$v:Int", page, v, "BAD_INPUT")
	}
	check := `check(uscc:$v,matter:"TENDER"){uscc}` // by its plan, where it can
	f("$v:ID!", check, clearCode, "")
	for _, v := range []any{object, true, 1.5, []any{clearCode}} {
		f("$v:ID!", check, v, "BAD_INPUT")
	}
	checks := `checks(usccs:$v,matter:"TENDER"){uscc}`
	f("$v:[ID!]!", checks, []any{clearCode}, "")
	f("$v:[ID!]!", checks, clearCode, "")
	f("$v:[ID!]!", checks, []any{clearCode, object}, "BAD_INPUT")
	f("$v:Boolean!", `__typename@include(if:$v)`, true, "")
	f("$v:Boolean!", `__typename@include(if:$v)`, "true", "BAD_INPUT")
}
