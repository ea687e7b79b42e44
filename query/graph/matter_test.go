package graph

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCase_S4_CodesAndMattersAsPeopleWriteThem(t *testing.T) {
	h := newHub(t)
	s := h.server()
	spaced := strings.ToLower(clearCode[:6]) + " " + clearCode[6:12] + "－" + clearCode[12:]
	wide := strings.Map(func(r rune) rune { return r + 0xFEE0 }, clearCode)
	f := func(code, matter string) {
		t.Helper()
		for _, more := range []string{"", " subject{name}"} { // by plan and by Execute
			a := ask(t, s, "officer:SAMR", "query($u:ID!,$m:ID!){check(uscc:$u,matter:$m){uscc outcome matter{code}"+more+"}}", map[string]any{"u": code, "m": matter})
			var d struct {
				Check struct {
					USCC, Outcome string
					Matter        struct{ Code string }
				}
			}
			if err := json.Unmarshal(a.Data, &d); err != nil || d.Check.USCC != clearCode || d.Check.Outcome != "CLEAR" || d.Check.Matter.Code != "GOVERNMENT_PROCUREMENT" {
				t.Errorf("%s × %s: %s", code, matter, a.raw)
			}
			last := h.audit[len(h.audit)-1]
			if more != "" { // what the subject shows has a record behind that of the check
				last = h.audit[len(h.audit)-2]
			}
			if last.Matter != "GOVERNMENT_PROCUREMENT" || !strings.Contains(last.Subject, clearCode) {
				t.Errorf("audit record %+v", last)
			}
		}
	}
	f(clearCode, "GOVERNMENT_PROCUREMENT")
	f(strings.ToLower(clearCode), "government_procurement")
	f(wide, "政府采购供应商资格")
	f(spaced, "Supplier in government procurement")
	a := ask(t, s, "officer:SAMR", "query($u:[ID!]!){checks(usccs:$u,matter:\"TENDER\"){uscc}}", map[string]any{"u": []string{strings.ToLower(listedCode), clearCode}})
	if want := `{"checks":[{"uscc":"` + listedCode + `"},{"uscc":"` + clearCode + `"}]}`; string(a.Data) != want {
		t.Errorf("checks: %s", a.raw)
	}
	a = ask(t, s, "", "query($u:ID!){entity(uscc:$u){uscc}}", map[string]any{"u": wide})
	if want := `{"entity":{"uscc":"` + clearCode + `"}}`; string(a.Data) != want {
		t.Errorf("entity: %s", a.raw)
	}
}

func TestCase_S4_AnUnknownMatterListsTheNear(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(matter string, want ...string) {
		t.Helper()
		for _, more := range []string{"", " subject{name}"} {
			a := ask(t, s, "officer:SAMR", "query($u:ID!,$m:ID!){check(uscc:$u,matter:$m){outcome"+more+"}}", map[string]any{"u": clearCode, "m": matter})
			if a.code() != "BAD_INPUT" || strings.Contains(a.Errors[0].Message, matter) {
				t.Fatalf("%s: %s", matter, a.raw)
			}
			for _, code := range want {
				if !strings.Contains(a.raw, `{"code":"`+code+`","nameZh":"`) {
					t.Errorf("%s: %s isn't near: %s", matter, code, a.raw)
				}
			}
			if len(want) == 0 && strings.Contains(a.raw, "near") {
				t.Errorf("%s: %s", matter, a.raw)
			}
		}
	}
	f("许可", "FOOD_OPERATION_LICENCE", "DRUG_LICENCE", "TRAVEL_AGENCY_LICENCE")
	f("政府采购", "GOVERNMENT_PROCUREMENT")
	f("GOVRNMENT_PROCUREMENT", "GOVERNMENT_PROCUREMENT")
	f("量子计算")
}
