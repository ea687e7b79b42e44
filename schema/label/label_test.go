package label_test

import (
	"slices"
	"testing"

	"credithub/schema/label"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// Every code that can leave the hub has a name in both languages, and none has one
// that can't.
func TestCase_S7_EveryCodeHasItsNames(t *testing.T) {
	f := func(what string, g *label.Group, codes []string) {
		t.Helper()
		slices.Sort(codes)
		codes = slices.Compact(codes)
		if got := g.Codes(); !slices.Equal(got, codes) {
			t.Errorf("%s: names of %q, the hub knows %q", what, got, codes)
		}
		for _, c := range codes {
			if n, ok := g.Of(c); !ok || n.Zh == "" || n.En == "" {
				t.Errorf("%s: %q has no name", what, c)
			}
		}
	}
	choices := func(d record.Domain, field string) (out []string) {
		for _, k := range record.Kinds(d) {
			for _, fl := range k.Fields {
				if fl.Name == field {
					for _, e := range fl.Enum {
						out = append(out, e.Value)
					}
				}
			}
		}
		return out
	}
	f("status", label.Status, choices(record.Registration, "status"))
	f("event", label.Event, choices(record.Decision, "event"))
	f("exitType", label.ExitType, choices(record.Decision, "exitType"))
	var states, kinds, measures []string
	for s := list.PreNotice; s <= list.Exited; s++ {
		states = append(states, s.String())
	}
	f("state", label.State, states)
	for _, d := range record.Domains() {
		for _, k := range record.Kinds(d) {
			kinds = append(kinds, d.String()+"/"+k.Name)
			if n, _ := label.RecordKind.Of(d.String() + "/" + k.Name); n.Zh != k.NameZh {
				t.Errorf("%s/%s is %q here and %q there", d, k.Name, n.Zh, k.NameZh)
			}
		}
	}
	f("recordKind", label.RecordKind, kinds)
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range p.Measures {
		measures = append(measures, m.Kind)
	}
	f("measureKind", label.MeasureKind, measures)
}
