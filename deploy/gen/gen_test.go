package gen

import (
	"bytes"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

var today = civil.MakeDate(2026, 6, 30)

func all(t *testing.T, cfg Config) ([]Item, *Truth) {
	t.Helper()
	cfg.Today = today
	var items []Item
	truth, err := New(cfg).Run(func(it Item) error { items = append(items, it); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return items, truth
}

func TestSameSeedSameBytes(t *testing.T) {
	cfg := Config{Entities: 50, Seed: 9, Faults: 0.1, Duplicates: 0.1, Corrections: 0.1}
	a, _ := all(t, cfg)
	b, _ := all(t, cfg)
	cfg.Seed = 10
	c, _ := all(t, cfg)
	same := func(x, y []Item) bool {
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if x[i].Unit != y[i].Unit || !bytes.Equal(x[i].Line, y[i].Line) {
				return false
			}
		}
		return true
	}
	if !same(a, b) || same(a, c) {
		t.Error("rows do not follow the seed")
	}
}

// TestTruthHoldsAgainstTheDecoder decodes every row as the gateway does and
// counts what is refused and why. E10 needs memory of what came before, which
// the map has.
func TestTruthHoldsAgainstTheDecoder(t *testing.T) {
	items, truth := all(t, Config{Entities: 6000, Seed: 3, Faults: 0.05, Duplicates: 0.03, Corrections: 0.05})
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	type version struct {
		n    uint32
		hash uint64
	}
	seen := map[string]version{}
	rejected := map[fault.Code]int{}
	accepted, duplicates := 0, 0
	dec := record.NewDecoder(record.NoService(p.Serviceless))
	var row record.Row
	for _, it := range items {
		dec.Decode(it.Line, today, &row)
		l, decides := list.ParseCode(row.Get("list"))
		if row.Domain != record.NoDomain && (!p.MayPush(it.Unit, row.Domain) || decides && !p.MayDecide(it.Unit, l)) {
			row.Add(fault.E12Right, "unit", "")
		}
		if row.Rejected() {
			if len(row.Faults) != 1 {
				t.Errorf("%s has several faults: %v", it.Line, row.Faults)
			}
			rejected[row.Faults[0].Code]++
			continue
		}
		if len(row.Faults) > 0 {
			t.Errorf("%s: warned %v", it.Line, row.Faults)
		}
		id := it.Unit + "/" + it.Domain.String() + "/" + string(row.RecordID)
		switch last, known := seen[id]; {
		case known && last.n == row.Version && last.hash == row.Hash:
			duplicates++
		case known && last.n == row.Version:
			rejected[fault.E10Duplicate]++
		default:
			seen[id] = version{row.Version, row.Hash}
			accepted++
		}
	}
	if accepted != truth.Rows || duplicates != truth.Duplicates || len(rejected) != len(truth.Rejected) {
		t.Errorf("accepted %d, want %d; duplicates %d, want %d; rejected %v, want %v", accepted, truth.Rows, duplicates, truth.Duplicates, rejected, truth.Rejected)
	}
	for code, n := range truth.Rejected {
		if rejected[code] != n {
			t.Errorf("%s: %d, want %d", code, rejected[code], n)
		}
	}
	for _, code := range []fault.Code{"E01", "E02", "E05", "E08", "E10", "E12", "E13"} {
		if truth.Rejected[code] == 0 {
			t.Errorf("no row with %s was made", code)
		}
	}
}

// TestYardstickAgreesWithThePolicy holds the table written by hand against the
// policy that the hub reads: two readings of the same law.
func TestYardstickAgreesWithThePolicy(t *testing.T) {
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(deciders) != len(p.Lists) {
		t.Errorf("entries are made for %d lists of %d", len(deciders), len(p.Lists))
	}
	for _, d := range deciders {
		code, ok := list.ParseCode(d.list)
		if !ok || !p.MayDecide(d.unit, code) {
			t.Errorf("%s may not decide on %s", d.unit, d.list)
		}
		if f := p.List(code).From; f > civil.MakeDate(2024, 1, 1) && begins[d.list] != f {
			t.Errorf("%s exists since %s, entries are made from %s on", d.list, f, begins[d.list])
		}
		if p.Serious(code) != serious[d.list] {
			t.Errorf("%s serious: %t", d.list, p.Serious(code))
		}
		for _, matter := range Matters() {
			want, got := "NONE", policy.None
			if o, ok := restricts[d.list][matter]; ok {
				want = o
			}
			e := list.Entry{List: code, State: list.InForce, Cause: "1", DecidedOn: max(today-100, p.List(code).From), Since: today - 80, Until: civil.NoDate}
			left := policy.None
			for _, r := range p.Rules(p.Matter(matter), code) {
				got = max(got, r.Weight(r.Bears(&e, today)))
				gone := e
				gone.State, gone.ExitType, gone.ExitedOn = list.Exited, list.Repaired, today-78
				left = max(left, r.Weight(r.Bears(&gone, today)))
			}
			if got.String() != want {
				t.Errorf("%s × %s: policy says %s, yardstick %s", d.list, matter, got, want)
			}
			if o := outlives[d.list][matter]; o != left.String() && (o != "" || left != policy.None) {
				t.Errorf("%s × %s after the exit: policy says %s, yardstick %q", d.list, matter, left, o)
			}
		}
	}
	for code, matters := range testifies {
		for _, matter := range Matters() {
			got := policy.None
			for _, r := range p.FactRules(p.Matter(matter), p.Fact(code)) {
				got = max(got, r.Weight(r.On(today)))
			}
			if want := matters[matter]; got.String() != want && (want != "" || got != policy.None) {
				t.Errorf("%s × %s: policy says %s, yardstick %s", code, matter, got, want)
			}
		}
	}
}

// TestFactsAreThoseOfTheRows reads every accepted row as the hub does.
func TestFactsAreThoseOfTheRows(t *testing.T) {
	items, truth := all(t, Config{Entities: 3000, Seed: 4, Corrections: 0.1})
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]policy.Obligation{}
	dec := record.NewDecoder()
	var row record.Row
	var r policy.Reading
	for _, it := range items {
		dec.Decode(it.Line, today, &row)
		p.Read(&r, row.Domain, row.Kind, row.Get)
		for _, f := range r.Found {
			for _, matter := range Matters() {
				for _, rule := range p.FactRules(p.Matter(matter), f.Fact) {
					key := string(row.USCC) + " " + matter
					want[key] = max(want[key], rule.On(today))
				}
			}
		}
	}
	n := 0
	for code, matters := range truth.Facts {
		for matter, o := range matters {
			if n++; want[code+" "+matter].String() != o {
				t.Errorf("%s × %s: %s, the row says %s", code, matter, o, want[code+" "+matter])
			}
		}
	}
	if n != len(want) || n == 0 {
		t.Errorf("%d facts, the rows have %d", n, len(want))
	}
}
