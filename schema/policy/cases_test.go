package policy

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/record"
)

// listing is an entry folded from one IN_FORCE, and what its push is told.
func listing(t *testing.T, p *Policy, l, cause, decided, served, from, until string) (list.Entry, string) {
	t.Helper()
	raw := `{"domain":"decision","kind":"entry","recordId":"R","version":1,"op":"upsert","uscc":"91420100MA4N0A2B5Y","data":{"entryId":"E","list":"` + l +
		`","event":"IN_FORCE","cause":"` + cause + `","documentNo":"示〔2026〕1号","decidedOn":"` + decided + `"`
	for _, f := range [][2]string{{"servedOn", served}, {"effectiveFrom", from}, {"termUntil", until}} {
		if f[1] != "" {
			raw += `,"` + f[0] + `":"` + f[1] + `"`
		}
	}
	var row record.Row
	record.NewDecoder(record.NoService(p.Serviceless), record.Warn(p.Warn)).Decode([]byte(raw+"}}"), day("2026-11-29"), &row)
	told := ""
	for _, f := range row.Faults {
		told = strings.TrimSpace(told + " " + string(f.Code))
	}
	if row.Rejected() {
		return list.Entry{}, told
	}
	e, _ := list.Fold([]list.EventRecord{record.EventOf(&row, "U", 1)}, p.Law())
	return e, told
}

// An entry decided before its list or its cause was law is kept without effect and
// told so.
func TestCase_L1_DecidedByNoLaw(t *testing.T) {
	p := load(t)
	f := func(l, cause, decided string, effect bool) {
		t.Helper()
		e, told := listing(t, p, l, cause, decided, decided, "", "2040-01-01")
		state, _ := e.At(day("2026-11-29"))
		why := p.NoEffectWhy(&e)
		if effect != (state == list.InForce || state == list.Exited) || effect == strings.Contains(told, string(fault.W07NoEffect)) || effect != (why == Why{}) {
			t.Errorf("%s for %s of %s: %s, told %q, why %q", l, cause, decided, state, told, why.Zh)
		}
	}
	for _, c := range [][2]string{{"L15B", "2025-06-01"}, {"L28", "2025-03-01"}, {"L26", "2024-12-01"}, {"L16", "2024-06-01"}, {"L15", "2021-06-01"},
		{"L10", "2023-05-01"}, {"L03", "2021-06-01"}, {"L06", "2021-06-01"}, {"L07", "2021-06-01"}} {
		f(c[0], "1", c[1], false)
	}
	f("L01", "3", "2014-10-01", true)
	f("L01", "公示信息隐瞒真实情况、弄虚作假", "2026-05-01", false) // no cause since 2025-03-18
	f("L01", "企业名称停止使用后未在规定期限内变更", "2024-05-01", false)
	f("L01", "1", "2014-10-01", true)
	f("L04", "1", "2013-10-01", true)
	f("L20", "1", "2018-05-01", true)
	for _, l := range p.Lists {
		first := l.Causes[0].Code
		if l.Code.String() == "L25" {
			first = "1"
		}
		f(l.Code.String(), first, (l.From - 1).String(), false)
		f(l.Code.String(), first, l.From.String(), true)
	}
}

// A term counts up to the longest of the law; where the law allows more it says by
// what, and where it has none nothing is made up.
func TestCase_L2_TermsAreCapped(t *testing.T) {
	p := load(t)
	f := func(l, cause, until, want string, told ...string) {
		t.Helper()
		e, got := listing(t, p, l, cause, "2026-05-06", "2026-05-10", "", until)
		if e.Until.String() != want || got != strings.Join(told, " ") {
			t.Errorf("%s for %s until %s: %s, told %q, want %s, told %q", l, cause, until, e.Until, got, want, told)
		}
	}
	f("L04", "2", "2040-01-01", "2031-05-10", "W08")
	f("L04", "2", "2030-01-01", "2030-01-01")
	f("L04", "2", "2027-01-01", "2027-01-01", "W08") // shorter than the law's: the court decides, and is told
	f("L04", "1", "", "")
	for _, l := range []string{"L06", "L07", "L09", "L10", "L15B"} {
		f(l, "1", "2040-01-01", "2029-05-10", "W08")
		f(l, "1", "2028-01-01", "2028-01-01")
		f(l, "1", "", "2029-05-10")
	}
	f("L24", "1", "2040-01-01", "2028-05-10", "W08")
	f("L24", "3", "2040-01-01", "2031-05-10", "W08")
	f("L26", "1", "2040-01-01", "2028-05-10", "W08")
	f("L26", "2", "2040-01-01", "2031-05-10", "W08")
	f("L16", "1", "2040-01-01", "2031-05-10", "W08")
	for _, l := range []string{"L03", "L14", "L17"} { // with a ban that runs longer
		f(l, "1", "2040-01-01", "2040-01-01")
		f(l, "1", "", "2029-05-10")
		if p.List(code(t, l)).Term.LongerBy == "" {
			t.Errorf("%s doesn't say what allows longer", l)
		}
	}
	for _, l := range []string{"L01", "L15", "L20", "L22", "L23"} {
		f(l, "1", "", "")
		f(l, "1", "2040-01-01", "2040-01-01")
	}
}

// For a cause that the list doesn't know no measure says more than CAUTION, and
// no term is made up.
func TestCase_L3_UnknownCausesOnlyCaution(t *testing.T) {
	p := load(t)
	for _, l := range p.Lists {
		e, told := listing(t, p, l.Code.String(), "99", "2026-05-06", "2026-05-10", "", "")
		if e.Until != civil.NoDate || told != "W09" {
			t.Errorf("%s: until %s, told %q", l.Code, e.Until, told)
		}
		for _, m := range p.Matters {
			for _, r := range p.Rules(m, l.Code) {
				if o := r.Bears(&e, day("2026-11-29")); o > Caution {
					t.Errorf("%s × %s: %s by %s", l.Code, m.Code, o, r.Measure.Code)
				}
			}
		}
		words := "以文字写明的其他情形"
		if e, told = listing(t, p, l.Code.String(), words, "2026-05-06", "2026-05-10", "", ""); e.Until != civil.NoDate || told != "W09" {
			t.Errorf("%s in words: until %s, told %q", l.Code, e.Until, told)
		}
		for _, c := range l.Causes {
			decided := max(c.From, l.From, day("2026-05-06"))
			if c.To != civil.NoDate {
				continue
			}
			for _, name := range []string{c.Code, c.NameZh} {
				if _, told = listing(t, p, l.Code.String(), name, decided.String(), decided.String(), "", ""); told != "" {
					t.Errorf("%s for %s: told %q", l.Code, name, told)
				}
			}
		}
	}
	e, told := listing(t, p, "L24", "99", "2026-05-06", "2026-05-10", "", "2040-01-01")
	if e.Until != day("2031-05-10") || told != "W09 W08" {
		t.Errorf("the decision's own term under an unknown cause: until %s, told %q", e.Until, told)
	}
}

// Only a list with a cited exception takes effect without service.
func TestCase_L6_ServiceIsNeeded(t *testing.T) {
	p := load(t)
	for _, l := range p.Lists {
		_, told := listing(t, p, l.Code.String(), "1", "2026-05-06", "", "", "")
		want := "E05"
		if l.NoService {
			want = ""
		}
		if told != want {
			t.Errorf("%s without service: %q, want %q", l.Code, told, want)
		}
	}
	if p.NoService(code(t, "L28")) {
		t.Error("L28 needs no service")
	}
}

// An effect before service is put off and told.
func TestCase_L7_EffectCountsFromService(t *testing.T) {
	p := load(t)
	f := func(l, served, from, since, want string) {
		t.Helper()
		if e, told := listing(t, p, l, "1", "2026-05-06", served, from, ""); e.Since != day(since) || told != want {
			t.Errorf("%s served %s from %s: since %s, told %q", l, served, from, e.Since, told)
		}
	}
	f("L03", "2026-05-10", "2026-05-07", "2026-05-10", "W10")
	f("L03", "2026-05-10", "2026-06-01", "2026-06-01", "")
	f("L04", "2026-05-10", "2026-05-07", "2026-05-07", "")
}

// Every rule fires for every cause it names, at every matter, on a day of its law.
func TestEveryRuleCanFire(t *testing.T) {
	p := load(t)
	for _, m := range p.Matters {
		for _, l := range p.Lists {
			for _, r := range p.Rules(m, l.Code) {
				causes := r.Causes
				if len(causes) == 0 {
					causes = r.Known
				}
				for _, cause := range causes {
					decided, ended := max(r.From, l.From), true
					for i := range l.Causes {
						if c := &l.Causes[i]; (c.Code == cause || c.NameZh == cause) && (c.To == civil.NoDate || c.To >= decided) {
							decided, ended = max(decided, c.From), false
							break
						}
					}
					if ended && len(r.Causes) == 0 {
						continue // a wording of before the measure
					}
					decided = max(decided, r.DecidedFrom)
					e := list.Entry{List: l.Code, State: list.InForce, Cause: cause, DecidedOn: decided, Since: decided, Until: civil.NoDate, ExitedOn: civil.NoDate}
					if p.NoEffect(&e) || r.Bears(&e, decided) != r.Obligation {
						t.Errorf("%s × %s for %s decided %s: %s never fires", l.Code, m.Code, cause, decided, r.Measure.Code)
					}
				}
			}
		}
	}
}

// Every day of a table changes what the hub says: none stands there unread.
func TestEveryDayOfATableIsRead(t *testing.T) {
	said := func(edit map[string][2]string) string {
		t.Helper()
		files := maps.Clone(sound)
		for name, e := range edit {
			if !strings.Contains(files[name], e[0]) {
				t.Fatalf("no %q in %s", e[0], name)
			}
			files[name] = strings.Replace(files[name], e[0], e[1], 1)
		}
		p, err := LoadFS(dir(files))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for d := day("2019-06-01"); d < day("2029-01-01"); d += 13 {
			e := list.Entry{List: 1, Cause: "1", State: list.InForce, DecidedOn: d, Since: d, Until: civil.NoDate, ExitedOn: civil.NoDate}
			c := e
			c.Cause = "新事由"
			w, _ := p.Calendar.Working(d)
			fmt.Fprint(&b, d, p.NoEffect(&e), p.NoEffect(&c), p.Published(&e, day("2027-06-01")), w, len(p.MeasuresOf(&e, d)), "\n")
		}
		return b.String()
	}
	before := said(nil)
	for _, edit := range []struct{ file, from, to string }{
		{"lists.yaml", "    from: 2020-01-01", "    from: 2021-01-01"},
		{"lists.yaml", "    from: 2020-01-01", "    from: 2020-01-01\n    to: 2027-01-01"},
		{"lists.yaml", "to: 2025-12-31", "to: 2024-12-31"},
		{"lists.yaml", "from: 2026-01-01}", "from: 2026-06-01}"},
		{"lists.yaml", "from: 2026-01-01}", "from: 2026-01-01, to: 2027-12-31}"},
		{"measures.yaml", "    from: 2020-01-01", "    from: 2022-01-01"},
		{"measures.yaml", "    from: 2020-01-01", "    from: 2020-01-01\n    to: 2024-01-01"},
	} {
		if said(map[string][2]string{edit.file: {edit.from, edit.to}}) == before {
			t.Errorf("%s: %q instead of %q changes nothing", edit.file, edit.to, edit.from)
		}
	}
}
