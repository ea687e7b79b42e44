package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"credithub/deploy/testing/golden"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/record"
)

func load(t testing.TB) *Policy {
	t.Helper()
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func day(s string) civil.Date {
	d, ok := civil.ParseDate(s)
	if !ok {
		panic(s)
	}
	return d
}

func code(t testing.TB, s string) list.Code {
	t.Helper()
	c, ok := list.ParseCode(s)
	if !ok {
		t.Fatalf("no list %s", s)
	}
	return c
}

var today = day("2026-11-25")

// entry is in force on a list for a cause since the day of its decision.
func entry(t testing.TB, l, cause, decided string) *list.Entry {
	t.Helper()
	return &list.Entry{List: code(t, l), State: list.InForce, Cause: cause, DecidedOn: day(decided), Since: day(decided),
		Until: civil.NoDate, ExitedOn: civil.NoDate}
}

// contractMatters are the sixteen that callers are written against.
var contractMatters = strings.Fields(`SIMPLE_DEREGISTRATION LEGAL_REP_APPOINTMENT FOOD_OPERATION_LICENCE DRUG_LICENCE
	COMMITMENT_APPROVAL GOVERNMENT_PROCUREMENT TENDER LAND_AUCTION FISCAL_FUNDS TAX_BENEFIT HONOUR_AWARD BANK_CREDIT
	BOND_ISSUE CONSTRUCTION_QUALIFICATION CUSTOMS_AEO PUBLIC_RESOURCE_TRADING`)

// What the contract says a list means for a matter.
func TestContractExamples(t *testing.T) {
	p := load(t)
	f := func(l, matter, want string) {
		t.Helper()
		m := p.Matter(matter)
		if m == nil {
			t.Fatalf("no matter %s", matter)
		}
		var got []string
		for _, r := range p.Rules(m, code(t, l)) {
			if o := r.Bears(entry(t, l, "1", "2026-11-02"), today); o != None {
				got = append(got, o.String()+" "+r.Measure.Code)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s × %s: %v, want %s", l, matter, got, want)
		}
	}
	f("L01", "SIMPLE_DEREGISTRATION", "REJECT ENT-03")
	f("L03", "SIMPLE_DEREGISTRATION", "REJECT ENT-03")
	f("L03", "LEGAL_REP_APPOINTMENT", "REJECT ENT-01")
	f("L01", "LEGAL_REP_APPOINTMENT", "")
	f("L04", "LEGAL_REP_APPOINTMENT", "") // only a person's own entry
	f("L03", "FOOD_OPERATION_LICENCE", "CAUTION ENT-09")
	f("L03", "DRUG_LICENCE", "CAUTION ENT-09")
	f("L03", "COMMITMENT_APPROVAL", "RESTRICT QUA-02")
	f("L04", "BANK_CREDIT", "INFORM FIN-02")
	f("L09", "GOVERNMENT_PROCUREMENT", "REJECT PRO-01")
	f("L03", "GOVERNMENT_PROCUREMENT", "CAUTION PRO-02")
	f("L24", "TENDER", "REJECT PRO-03")
	f("L03", "TENDER", "CAUTION ENT-09")
	f("L07", "TENDER", "RESTRICT PRO-04")
	f("L01", "LAND_AUCTION", "CAUTION PRO-05")
	f("L01", "PUBLIC_RESOURCE_TRADING", "CAUTION PRO-06") // 第十九条 names other resources nowhere
	f("L09", "PUBLIC_RESOURCE_TRADING", "CAUTION PRO-06")
	f("L07", "FISCAL_FUNDS", "RESTRICT FIN-01")
	f("L28", "FISCAL_FUNDS", "RESTRICT FIN-07")
	f("L06", "TAX_BENEFIT", "RESTRICT FIN-04")
	f("L01", "HONOUR_AWARD", "REJECT INC-01")
	f("L26", "HONOUR_AWARD", "REJECT INC-01")
	f("L13", "CONSTRUCTION_QUALIFICATION", "CAUTION QUA-01")
	f("L15", "CUSTOMS_AEO", "REJECT QUA-03")
	f("L15B", "CUSTOMS_AEO", "REJECT QUA-03")
	for _, l := range p.Lists {
		if l.Code.String() != "L28" {
			f(l.Code.String(), "BOND_ISSUE", "") // FIN-03 hangs on no list
		}
	}
	for _, m := range contractMatters {
		f("L05", m, "")
	}
	f("L05", "NON_ESSENTIAL_SPENDING", "REJECT CON-01")
}

// The whole of list × matter, as a text to read.
func TestMatrixGolden(t *testing.T) {
	p := load(t)
	var b strings.Builder
	b.WriteString("Which measure answers a matter because of an entry of a list, and whom it binds. Causes in [], term in months after /,\n" +
		"how long it outlives the entry after >, ? without an article.\n")
	for _, m := range p.Matters {
		fmt.Fprintf(&b, "\n%s %s\n", m.Code, m.NameZh)
		for _, l := range p.Lists {
			for _, r := range p.Rules(m, l.Code) {
				fmt.Fprintf(&b, "  %-4s %-9s %s", l.Code, r.Obligation, r.Measure.Code)
				if !r.Proven {
					b.WriteString(" ?")
				}
				if r.Role != Enterprise {
					fmt.Fprintf(&b, " %s", r.Role)
				}
				if len(r.Causes) > 0 {
					fmt.Fprintf(&b, " [%s]", strings.Join(r.Causes, " "))
				}
				if r.TermMonths > 0 {
					fmt.Fprintf(&b, " /%d", r.TermMonths)
				}
				if r.Outlives.Months > 0 {
					fmt.Fprintf(&b, " >%d", r.Outlives.Months)
					if r.Outlives.FromExit {
						b.WriteString(" from the exit")
					}
				}
				if r.DecidedFrom > l.From {
					fmt.Fprintf(&b, " decided from %s", r.DecidedFrom)
				}
				fmt.Fprintf(&b, " from %s\n", r.From)
			}
		}
		var sources []string
		for _, s := range p.Sources(m) {
			sources = append(sources, s.Unit)
		}
		if len(sources) > 0 {
			fmt.Fprintf(&b, "  must be fresh: %s\n", strings.Join(sources, " "))
		}
	}
	golden.Compare(t, "testdata/matrix.txt", b.String())
}

func TestListsAreComplete(t *testing.T) {
	p := load(t)
	if len(p.Lists) != int(list.CodeEnd)-1 {
		t.Errorf("%d lists, want %d", len(p.Lists), list.CodeEnd-1)
	}
	serious := "L03 L04 L06 L07 L08 L09 L10 L11 L12 L13 L14 L15B L16 L17 L18 L19 L26 L27"
	var got []string
	for _, l := range p.Lists {
		if p.Serious(l.Code) {
			got = append(got, l.Code.String())
		}
		if len(l.Causes) == 0 {
			t.Errorf("%s has no known cause", l.Code)
		}
		if l.Serious && !l.Public {
			t.Errorf("%s is serious but not published", l.Code)
		}
	}
	if s := strings.Join(got, " "); s != serious {
		t.Errorf("serious lists are %s, want %s", s, serious)
	}
	for _, s := range []string{"L04", "L20", "L21", "L22"} {
		if !p.NoService(code(t, s)) {
			t.Errorf("%s needs service", s)
		}
	}
	for _, s := range []string{"L01", "L03", "L05", "L09", "L15B", "L28"} {
		if p.NoService(code(t, s)) {
			t.Errorf("%s needs no service", s)
		}
	}
	if p.List(0) != nil || p.List(99) != nil || p.Serious(99) || p.Published(&list.Entry{}, today) || p.SeriousEntry(&list.Entry{}) || p.NoService(0) {
		t.Error("a list that doesn't exist has properties")
	}
}

// The convenience measures name exactly the lists that their name speaks of.
func TestMeasuresThatFollowAProperty(t *testing.T) {
	p := load(t)
	f := func(measure string, belongs func(*List) bool) {
		t.Helper()
		for _, l := range p.Lists {
			has := slices.ContainsFunc(p.Measure(measure).Triggers, func(tr Trigger) bool { return tr.List == l.Code })
			if has != belongs(l) {
				t.Errorf("%s and %s: %v", measure, l.Code, has)
			}
		}
	}
	f("INC-02", func(l *List) bool { return l.Serious })
	f("PUB-01", func(l *List) bool { return l.Public })
}

func TestMeasuresAreComplete(t *testing.T) {
	p := load(t)
	numbers := map[string]int{"ENT": 13, "QUA": 7, "PRO": 6, "FIN": 7, "CON": 4, "EDU": 1, "SUP": 4, "INC": 2, "PUB": 3, "CRD": 2, "SOC": 1}
	total := 0
	for group, n := range numbers {
		total += n
		for i := 1; i <= n; i++ {
			if c := fmt.Sprintf("%s-%02d", group, i); p.Measure(c) == nil {
				t.Errorf("no measure %s", c)
			}
		}
	}
	if len(p.Measures) != total {
		t.Errorf("%d measures, want %d", len(p.Measures), total)
	}
	for _, c := range []string{"QUA-01", "QUA-06", "INC-02", "SOC-01"} { // no basis at article level
		for _, tr := range p.Measure(c).Triggers {
			if tr.Obligation > Caution {
				t.Errorf("%s answers %s", c, tr.Obligation)
			}
		}
	}
	if n := len(p.Measure("FIN-03").Triggers); n != 0 {
		t.Errorf("FIN-03 hangs on %d lists", n)
	}
	for _, m := range p.Measures {
		if len(m.Matters) == 0 {
			t.Errorf("%s answers no matter", m.Code)
		}
	}
}

// A matter is answered only by measures that reach whom it asks about, and that
// is whom the rule names.
func TestRolesMeet(t *testing.T) {
	p := load(t)
	for _, m := range p.Matters {
		for _, l := range p.Lists {
			for _, r := range p.Rules(m, l.Code) {
				if r.Measure.Target&m.Role == 0 {
					t.Errorf("%s doesn't reach whom %s asks about", r.Measure.Code, m.Code)
				}
				if r.Role.Personal() != (m.Role&Enterprise == 0) {
					t.Errorf("%s at %s binds %s", r.Measure.Code, m.Code, r.Role)
				}
			}
		}
	}
	if r := p.Rules(p.Matter("DIRECTOR_APPOINTMENT"), 4); len(r) != 1 || r[0].Obligation != Caution || r[0].Proven {
		t.Errorf("an enterprise's own entry on L04 bars directors: %+v", r)
	}
	if p.Matter("LEGAL_REP_APPOINTMENT").Role != LegalRepresentative || p.Matter("TENDER").Role != Enterprise {
		t.Error("matters ask about the wrong role")
	}
}

func TestRuleBears(t *testing.T) {
	f := func(r Rule, cause, since, asked string, want Obligation) {
		t.Helper()
		date := func(s string) civil.Date {
			if s == "" {
				return civil.NoDate
			}
			return day(s)
		}
		e := &list.Entry{State: list.InForce, Cause: cause, DecidedOn: date(since), Since: date(since), Until: civil.NoDate, ExitedOn: civil.NoDate}
		if got := r.Bears(e, day(asked)); got != want {
			t.Errorf("%+v: cause %s since %q asked %s: %v", r, cause, since, asked, got)
		}
	}
	open := Rule{Obligation: Reject, DecidedFrom: civil.NoDate, Known: []string{"9"}, From: civil.NoDate, To: civil.NoDate}
	f(open, "9", "", "2026-01-01", Reject)
	f(open, "8", "", "2026-01-01", Caution)
	f(open, "in other words", "", "2026-01-01", Caution)
	dated := Rule{Obligation: Reject, DecidedFrom: civil.NoDate, Known: []string{"1"}, From: day("2024-05-01"), To: day("2025-12-31")}
	f(dated, "1", "2024-01-01", "2024-04-30", None)
	f(dated, "1", "2024-01-01", "2024-05-01", Reject)
	f(dated, "1", "2024-01-01", "2025-12-31", Reject)
	f(dated, "1", "2024-01-01", "2026-01-01", None)
	caused := Rule{Obligation: Reject, DecidedFrom: civil.NoDate, Causes: []string{"1", "甲"}, Known: []string{"1", "甲", "2", "乙"}, From: civil.NoDate, To: civil.NoDate}
	f(caused, "1", "2024-01-01", "2024-04-30", Reject)
	f(caused, "甲", "2024-01-01", "2024-04-30", Reject)
	f(caused, "2", "2024-01-01", "2024-04-30", None)
	f(caused, "乙", "2024-01-01", "2024-04-30", None)
	f(caused, "in other words", "2024-01-01", "2024-04-30", Caution)
	caused.Obligation = Inform
	f(caused, "in other words", "2024-01-01", "2024-04-30", Inform)
	term := Rule{Obligation: Reject, DecidedFrom: civil.NoDate, Known: []string{"1"}, TermMonths: 12, From: civil.NoDate, To: civil.NoDate}
	f(term, "1", "2024-02-15", "2025-02-15", Reject)
	f(term, "1", "2024-02-15", "2025-02-16", None)
	f(term, "1", "", "2099-01-01", Reject)
}

// A measure with a term of its own doesn't end before the entry, when the law gives
// both the same length.
func TestTermsCountFromTheFirstDayInForce(t *testing.T) {
	p := load(t)
	f := func(l, matter, cause, decided, since, until string) {
		t.Helper()
		e := list.Entry{List: code(t, l), Cause: cause, DecidedOn: day(decided), Since: day(since), Until: civil.NoDate, State: list.InForce}
		top := None
		for _, r := range p.Rules(p.Matter(matter), e.List) {
			top = max(top, r.Bears(&e, day(until)))
		}
		if top != Reject {
			t.Errorf("%s × %s on its last day: %s", l, matter, top)
		}
	}
	f("L24", "TENDER", "3", "2021-09-01", "2021-12-15", "2026-12-14")
	f("L12", "TRAVEL_AGENCY_LICENCE", "1", "2023-11-01", "2023-12-20", "2026-12-19")
	f("L03", "LEGAL_REP_APPOINTMENT", "1", "2023-11-01", "2023-12-25", "2026-12-24")
}

// A cause counts by its code and by its name; one that the list doesn't know makes
// an officer look.
func TestCausesByNameAndInOtherWords(t *testing.T) {
	p := load(t)
	f := func(l, matter, cause string, want Obligation) {
		t.Helper()
		top := None
		for _, r := range p.Rules(p.Matter(matter), code(t, l)) {
			top = max(top, r.Bears(entry(t, l, cause, "2026-11-02"), day("2026-11-26")))
		}
		if top != want {
			t.Errorf("%s for %s × %s: %s, want %s", l, cause, matter, top, want)
		}
	}
	for _, c := range p.List(code(t, "L25")).Causes {
		if c.Code == "1" {
			f("L25", "FOOD_OPERATION_LICENCE", c.NameZh, Reject)
		}
	}
	f("L25", "FOOD_OPERATION_LICENCE", "1", Reject)
	f("L25", "FOOD_OPERATION_LICENCE", "3", None)
	f("L25", "FOOD_OPERATION_LICENCE", "虚假材料", Caution)
	f("L12", "TRAVEL_AGENCY_LICENCE", "吊销旅行社业务经营许可证", Caution)
	f("L12", "TRAVEL_AGENCY_LICENCE", "2", None)
	f("L16", "GREEN_CHANNEL", "2", None) // found by the police: not a serious one
	f("L16", "GREEN_CHANNEL", "1", Caution)
	f("L16", "CREDIT_REPORT", "2", None) // nor published
}

// The bars of 行政许可法 78 and 79 end by themselves while the record stays.
func TestReapplicationBars(t *testing.T) {
	p := load(t)
	f := func(cause, asked, want string) {
		t.Helper()
		var got []string
		for _, r := range p.Rules(p.Matter("FOOD_OPERATION_LICENCE"), code(t, "L25")) {
			if r.Bears(entry(t, "L25", cause, "2024-03-01"), day(asked)) != None {
				got = append(got, r.Measure.Code)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("cause %s on %s: %v, want %s", cause, asked, got, want)
		}
	}
	f("1", "2025-03-01", "ENT-06")
	f("1", "2025-03-02", "")
	f("2", "2027-03-01", "ENT-07")
	f("2", "2027-03-02", "")
	f("3", "2024-03-06", "")
}

func TestUntil(t *testing.T) {
	p := load(t)
	f := func(l, cause, since, want string) {
		t.Helper()
		e := list.Entry{List: code(t, l), Cause: cause, DecidedOn: day(since), Since: day(since)}
		if got := p.Until(&e).String(); got != want {
			t.Errorf("%s for %s since %s ends %q, want %q", l, cause, since, got, want)
		}
	}
	f("L03", "5", "2026-02-28", "2029-02-28")
	f("L03", "1", "2024-02-29", "2027-02-28")
	f("L03", "some other", "2024-02-29", "") // nothing is made up
	f("L10", "in the words of the decision", "2026-01-01", "")
	f("L26", "1", "2026-01-01", "2028-01-01")
	f("L26", "2", "2026-01-01", "2031-01-01")
	f("L01", "1", "2026-01-01", "")
	f("L04", "1", "2026-01-01", "")
	for _, cause := range []string{"2", "3", "4", "5", "6"} {
		f("L04", cause, "2022-03-01", "2024-03-01") // 法释〔2017〕7号 Art. 2
	}
	f("L16", "1", "2025-01-01", "2028-01-01")
	f("L16", "经设区的市级以上公安机关认定", "2025-01-01", "2027-01-01")
	f("L24", "1", "2025-01-01", "2027-01-01")
	f("L24", "3", "2025-01-01", "2030-01-01")
	if p.Until(&list.Entry{List: 3, Since: civil.NoDate}) != civil.NoDate || p.Until(&list.Entry{List: 99, Since: today}) != civil.NoDate {
		t.Error("a term without a beginning or a list ends")
	}
}

func TestLookupsAllocateNothing(t *testing.T) {
	p := load(t)
	m, e := p.Matter("FOOD_OPERATION_LICENCE"), entry(t, "L03", "1", "2026-11-25")
	n := testing.AllocsPerRun(100, func() {
		m := p.Matter(m.Code)
		for c := list.L01; c < list.CodeEnd; c++ {
			rules := p.Rules(m, c)
			for i := range rules {
				_ = rules[i].Bears(e, today)
			}
		}
		_ = p.Sources(m)
		_ = p.MayPush("SAMR", record.Decision) && p.MayDecide("SAMR", 3)
		_ = p.Until(&list.Entry{List: 3, Since: today})
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	if p.Rules(nil, 1) != nil || p.Rules(m, 99) != nil || p.Sources(nil) != nil {
		t.Error("what doesn't exist has rules")
	}
}

// What an entry's cause changes of its publication and its weight.
func TestCausesNarrowTheDisplay(t *testing.T) {
	p := load(t)
	f := func(l, cause, decided, on string, published, serious bool) {
		t.Helper()
		e := list.Entry{List: code(t, l), Cause: cause, DecidedOn: day(decided), Since: day(decided), State: list.InForce}
		if got := p.Published(&e, day(on)); got != published {
			t.Errorf("%s for %s of %s published on %s: %v", l, cause, decided, on, got)
		}
		if got := p.SeriousEntry(&e); got != serious {
			t.Errorf("%s for %s serious: %v", l, cause, got)
		}
		withheld := !slices.ContainsFunc(p.Lists, func(x *List) bool { return x.Public && x.Code == e.List })
		for _, w := range p.Withheld(day(on)) {
			if w.Cause == nil {
				withheld = withheld || w.List == e.List && !slices.Contains(w.Known, cause)
				continue
			}
			named := w.Cause.Code == cause || w.Cause.NameZh == cause
			withheld = withheld || w.List == e.List && named && (w.Cause.From == civil.NoDate || e.DecidedOn >= w.Cause.From) &&
				(w.Cause.To == civil.NoDate || e.DecidedOn <= w.Cause.To) && (w.Before == civil.NoDate || e.Since < w.Before)
		}
		if withheld == published {
			t.Errorf("%s for %s of %s on %s: withheld %v and published %v", l, cause, decided, on, withheld, published)
		}
	}
	// individual businesses without a report are shown 1 July – next 30 June only
	f("L02", "1", "2025-07-10", "2025-07-10", true, false)
	f("L02", "1", "2025-07-10", "2026-06-30", true, false)
	f("L02", "1", "2025-07-10", "2026-07-01", false, false)
	f("L02", "未报送年度报告", "2025-07-10", "2026-11-26", false, false)
	f("L02", "1", "2025-06-30", "2025-07-01", false, false)
	f("L02", "2", "2025-07-10", "2026-11-26", true, false)
	f("L02", "1", "2024-07-10", "2026-11-26", true, false) // the wording of 2014: a false report
	// telecom fraud: convicted only
	f("L16", "1", "2025-01-10", "2026-11-26", true, true)
	f("L16", "2", "2025-01-10", "2026-11-26", false, false)
	f("L16", "经设区的市级以上公安机关认定", "2025-01-10", "2026-11-26", false, false)
	f("L16", "公安机关认定", "2025-01-10", "2026-11-26", false, false) // what is not known is not published
	f("L02", "another", "2025-01-10", "2026-11-26", true, false)
	f("L03", "another", "2025-01-10", "2026-11-26", true, true)
	f("L01", "1", "2025-01-10", "2026-11-26", true, false)
	f("L20", "1", "2025-01-10", "2026-11-26", false, false)
}

// What rests on an entry: by cause, within the measure's own term, for
// enterprises and their legal representatives.
func TestMeasuresOfAnEntry(t *testing.T) {
	p := load(t)
	f := func(l, cause, decided, want string) {
		t.Helper()
		var got []string
		for _, m := range p.MeasuresOf(entry(t, l, cause, decided), day("2026-11-26")) {
			got = append(got, m.Code)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s for %s of %s: %s, want %s", l, cause, decided, s, want)
		}
	}
	f("L12", "1", "2026-01-05", "ENT-08 INC-02 PUB-01")
	f("L12", "2", "2026-01-05", "INC-02 PUB-01")
	f("L12", "1", "2022-01-05", "INC-02 PUB-01")
	f("L25", "1", "2026-01-05", "ENT-06 QUA-02")
	f("L25", "3", "2026-01-05", "QUA-02")
	f("L27", "1", "2026-01-05", "INC-02 PUB-01") // its bars are for persons
}

// The way out is the list's, or that of the cause of its day.
func TestWayOut(t *testing.T) {
	p := load(t)
	term := p.WayOut(&list.Entry{List: list.Code(4), Cause: "2", DecidedOn: today})
	if own := p.WayOut(&list.Entry{List: list.Code(4), Cause: "1", DecidedOn: today}); own == term || own.Zh == "" {
		t.Errorf("%+v and %+v", own, term)
	}
	if !strings.Contains(term.Zh, "履行义务本身不提前移出") || term.Basis == "" {
		t.Errorf("%+v", term)
	}
	if p.WayOut(&list.Entry{List: 99}) != (Exit{}) {
		t.Error("a list that doesn't exist has a way out")
	}
}

func TestCauseOfItsDay(t *testing.T) {
	p := load(t)
	f := func(l, cause, decided, want string) {
		t.Helper()
		c := p.List(code(t, l)).Cause(cause, day(decided))
		if c == nil || c.NameZh != want {
			t.Errorf("%s for %s of %s: %+v, want %s", l, cause, decided, c, want)
		}
	}
	f("L01", "3", "2025-03-17", "公示信息隐瞒真实情况、弄虚作假")
	f("L01", "3", "2025-03-18", "企业名称停止使用后未在规定期限内变更")
	f("L02", "1", "2025-03-17", "年度报告隐瞒真实情况、弄虚作假")
	f("L02", "1", "2025-07-10", "未报送年度报告")
	if c := p.List(list.L02).Cause("1", civil.NoDate); c == nil || c.NameZh != "未报送年度报告" {
		t.Errorf("without a day: %+v", c)
	}
	if c := p.List(list.L01).Cause("no such", today); c != nil {
		t.Error(c)
	}
}
