package access

import (
	"credithub/schema/civil"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var day = civil.MakeDate(2026, 11, 25)

func TestRecordVisible(t *testing.T) {
	table := load(t)
	f := func(kind, data string, want ...Role) {
		t.Helper()
		domain, name, _ := strings.Cut(kind, "/")
		for _, r := range roles {
			p := Principal{Role: r, Unit: "OTHER"}
			expect := false
			for _, w := range want {
				expect = expect || w == r
			}
			if got := table.RecordVisible(p, domain, name, []byte(data), day); got != expect {
				t.Errorf("%q sees %s %s: %v", r, kind, data, got)
			}
			if _, own := table.View(Principal{Role: r, Unit: "U"}, "U", domain, name, []byte(data), day); r != Anyone && !own {
				t.Errorf("%q doesn't see its own unit's %s", r, kind)
			}
		}
	}
	all, inner := roles, []Role{Officer, Supervisor, Auditor, Admin}
	f("registration/registration", `{"name":"甲"}`, all...)
	f("tax/grade", `{"year":2025,"grade":"A"}`, all...)
	f("tax/grade", `{"year":2025,"grade":"D"}`, inner...)
	f("tax/grade", `{"year":2025}`, inner...)
	f("tax/grade", `not json`, inner...)
	f("tax/arrears", `{"amount":"1.00"}`, inner...)
	f("social_security/insurance", `{"insuredCount":12}`, inner...)
	f("bank/loan", `{"class":"LOSS"}`, inner...)
	f("bank/debt_evasion", `{"amount":"5"}`, inner...)
	f("decision/entry", `{"event":"PRE_NOTICE"}`, Supervisor, Auditor, Admin)
	f("permit/permit", `{"name":"甲"}`, all...)
	for _, kind := range []string{"permit/permit", "penalty/penalty", "commitment/commitment"} {
		g := func(party string, who []Role) {
			t.Helper()
			f(kind, `{"subjectType":`+party+`,"category":"罚款","decidedOn":"2026-05-01","publicity":"可向社会公开"}`, who...)
		}
		for _, party := range []string{`""`, `"法人及非法人组织"`, `"个体工商户"`} {
			g(party, all)
		}
		for _, party := range []string{`"自然人"`, `"个人"`, `"公民"`, `"自然人（个人）"`, `"自 然 人"`, `"2"`, `2`, `["法人"]`} {
			g(party, inner)
		}
	}
	f("penalty/penalty", `{"category":"警告","decidedOn":"2026-05-01"}`, inner...)
	f("penalty/penalty", `{"category":"吊销许可证件","decidedOn":"2023-11-24"}`, inner...)
	f("penalty/penalty", `{"category":"吊销许可证件","decidedOn":"2023-11-25"}`, all...)
	f("penalty/penalty", `{"category":"罚款","decidedOn":"2026-05-01","publicUntil":"2026-11-25"}`, all...)
	f("penalty/penalty", `{"category":"罚款","decidedOn":"2026-05-01","publicUntil":"2026-11-24"}`, inner...)
	f("penalty/penalty", `{"category":"罚款","decidedOn":"2026-05-01","publicUntil":"soon"}`, inner...)
	f("penalty/penalty", `{"category":"罚款"}`, inner...)
	f("judgment/defaulter", `{"exitedOn":"2026-11-26"}`, all...)
	f("judgment/defaulter", `{"exitedOn":"2026-11-25"}`, inner...)
	f("judgment/defaulter", `{"exitedOn":"soon"}`, inner...)
	f("commitment/commitment", `{"publicity":"可向社会公开"}`, all...)
	f("commitment/commitment", `{"publicity":"不可公开"}`, inner...)
	f("commitment/commitment", `{}`, inner...)
	f("complaint/complaint", `{}`, inner...)
	if table.RecordVisible(Principal{Role: Admin}, "tax", "unknown", nil, day) {
		t.Error("a kind without a row is nobody's")
	}
}

func TestFilterData(t *testing.T) {
	table := load(t)
	f := func(p Principal, domain, kind, data, want string) {
		t.Helper()
		before := data
		in := []byte(data)
		got := string(table.FilterData(p, domain, kind, in))
		if got != want {
			t.Errorf("%q %s/%s:\n got %s\nwant %s", p.Role, domain, kind, got, want)
		}
		if string(in) != before {
			t.Error("the input was written to")
		}
	}
	public, officer, agency := Principal{}, Principal{Role: Officer, Unit: "TAX"}, Principal{Role: Agency, Unit: "TAX"}
	registration := `{"name":"甲\u003c","status":"1","shareholders":[{"name":"张三","id":"x"}],"officers":["李四"]}`
	f(public, "registration", "registration", registration, `{"name":"甲\u003c","status":"1"}`)
	f(agency, "registration", "registration", registration, `{"name":"甲\u003c","status":"1"}`)
	f(officer, "registration", "registration", registration, registration)
	f(public, "tax", "grade", `{"year":2025,"grade":"A","score":95,"reason":"r"}`, `{"year":2025,"grade":"A"}`)
	f(Principal{Role: Auditor}, "tax", "grade", `{"year":2025,"grade":"A","score":95,"reason":"r"}`, `{"year":2025,"grade":"A","reason":"r"}`)
	f(public, "bank", "loan", `{"class":"LOSS"}`, `{}`)
	f(Principal{Role: Admin}, "penalty", "penalty", `{"name":"甲","personId":"1"}`, `{"name":"甲"}`)
	f(officer, "complaint", "complaint", `{"content":"c","result":"r"}`, `{"result":"r"}`)
	f(Principal{Role: Supervisor}, "complaint", "complaint", `{"content":"c"}`, `{"content":"c"}`)
	f(public, "registration", "registration", `{"name":"甲","unheardOf":1}`, `{"name":"甲"}`)
	for _, broken := range []string{``, `[]`, `"x"`, `{"name":`, `{"name":"甲"`, `{"name":"甲"}}`, `{"name":"甲"} {}`, `null`} {
		f(public, "registration", "registration", broken, `{}`)
	}
	if got, ok := table.View(agency, "TAX", "tax", "grade", []byte(`{"grade":"D","score":1}`), day); !ok || string(got) != `{"grade":"D","score":1}` {
		t.Errorf("the unit doesn't see its own record whole: %s", got)
	}
	if got, ok := table.View(public, "TAX", "tax", "grade", []byte(`{"grade":"D"}`), day); ok || string(got) != `{}` {
		t.Errorf("the public sees %s", got)
	}
	if _, ok := table.View(Principal{Role: Agency}, "", "tax", "arrears", []byte(`{}`), day); ok {
		t.Error("no unit is not the same unit as no unit")
	}
}

// Whatever fields a record has, the public gets none that the table doesn't
// call public, through any way of asking.
func TestPublicNeverGetsGuardedFields(t *testing.T) {
	table := load(t)
	var kinds []string
	for kind := range table.fields {
		kinds = append(kinds, kind)
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		domain, name, _ := strings.Cut(kind, "/")
		data := map[string]any{}
		for field := range table.fields[kind] {
			if rapid.Bool().Draw(t, field) {
				data[field] = rapid.SampledFrom([]any{"A", "secret", 7, "可向社会公开", []any{"x"}, map[string]any{"id": "1"}, "2026-11-25"}).Draw(t, "value")
			}
		}
		data[rapid.String().Draw(t, "stray")] = 1
		raw, _ := json.Marshal(data)
		p := Principal{Unit: rapid.SampledFrom([]string{"", "U"}).Draw(t, "unit")}
		viewed, visible := table.View(p, "U", domain, name, raw, day)
		for _, out := range [][]byte{table.FilterData(p, domain, name, raw), viewed} {
			var got map[string]any
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatalf("%s is no object: %v", out, err)
			}
			for field := range got {
				if r := table.fields[kind][field]; r == nil || r.class != Public {
					t.Fatalf("the public sees %s.%s", kind, field)
				}
			}
		}
		if visible && table.records[kind].class != Public {
			t.Fatalf("the public sees a record of %s", kind)
		}
	})
	for owner, fields := range table.types {
		for name, r := range fields {
			for _, p := range []Principal{{}, {Unit: "SAMR"}} {
				if table.Allows(p, owner, name) != (r.class == Public) {
					t.Errorf("the public and %s.%s (%s)", owner, name, r.class)
				}
			}
		}
	}
	if table.Allows(Principal{Role: Admin}, "Entity", "unheardOf") || table.Allows(Principal{Role: Admin}, "X", "y") {
		t.Error("an unknown field is nobody's")
	}
}

// Faults of the table itself are found.
func TestTableLint(t *testing.T) {
	f := func(doc, want string) {
		t.Helper()
		_, err := parse([]byte(doc))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	f("types: {A: {pubic: [x]}}", "unknown field")
	f("types: {A: {public: [x, x]}}", "named twice")
	f("types: {A: {guarded: [{class: secret, fields: [x], reason: r}]}}", `class "secret"`)
	f("types: {A: {guarded: [{class: conditional, fields: [x]}]}}", "without a reason")
	f("types: {A: {guarded: [{class: public, fields: [x]}]}}", "not public")
	f("types: {A: {guarded: [{class: conditional, fields: [x], reason: r, roles: [admin]}]}}", "roles belong")
	f("types: {A: {guarded: [{class: restricted, fields: [x], reason: r, roles: [boss]}]}}", `unknown role "boss"`)
	f("records: {a/b: {public: [x]}}", `class ""`)
	f("records: {a/b: {class: conditional, public: [x]}}", "without a reason")
	f("records: {a/b: {class: public, public: [x], when: {y: [A]}}}", `unknown field "y"`)
	f("records: {a/b: {class: public, public: [x], endsOn: y}}", `unknown field "y"`)
	f("records: {a/b: {class: public, public: [x], display: true}}", `unknown field "category"`)
	f("records: {a/b: {class: conditional, reason: r, public: [x], when: {x: [A]}}}", "the record is not public")
	f("records: {a/b: {class: public, public: [x]}, a/b: {class: public, public: [x]}}", "already defined")
}

func FuzzFilterData(f *testing.F) {
	table, err := Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{`{}`, `{"name":"甲"}`, `{"name":"a","shareholders":[{"x":1}]}`, `{"a":`, `[]`, `{"name":1,"name":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out := table.FilterData(Principal{}, "registration", "registration", data)
		var got map[string]json.RawMessage
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%q gives %q: %v", data, out, err)
		}
		for name := range got {
			if r := table.fields["registration/registration"][name]; r == nil || r.class != Public {
				t.Fatalf("%q leaks %q", data, name)
			}
		}
	})
}
