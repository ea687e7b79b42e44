package restrict_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"credithub/query/restrict"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
)

// span is the least and the most that the law allows.
type span struct{ least, most policy.Obligation }

func (s span) String() string {
	if s.least == s.most {
		return s.least.String()
	}
	return s.least.String() + ".." + s.most.String()
}

// unknownCause is a code that no list knows.
const unknownCause = "99"

// oracle is testdata/oracle.txt.
type oracle struct {
	rows     map[string]span // matter, list with or without /cause, who
	outlives map[string]bar  // the same
	terms    map[string]int  // list with or without /cause; years
}

// bar is how long something goes on after an entry expired.
type bar struct {
	months   int
	fromExit bool
	open     bool // the law leaves it open
}

// end is the last day of the bar, the last day of the entry when there is none.
func (b bar) end(since, until civil.Date) civil.Date {
	switch {
	case b.months == 0:
		return until
	case b.fromExit:
		return until.AddMonths(b.months)
	}
	return max(until, since.AddMonths(b.months))
}

func obligation(t *testing.T, name string) policy.Obligation {
	t.Helper()
	for o := policy.None; o <= policy.Reject; o++ {
		if o.String() == name {
			return o
		}
	}
	t.Fatalf("oracle: no obligation %q", name)
	return 0
}

func readOracle(t *testing.T) *oracle {
	t.Helper()
	f, err := os.Open("testdata/oracle.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o := &oracle{rows: map[string]span{}, outlives: map[string]bar{}, terms: map[string]int{}}
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Fields(s.Text())
		switch {
		case len(w) == 0 || strings.HasPrefix(w[0], "#"):
		case w[0] == "outlives":
			n, err := strconv.Atoi(w[4])
			if err != nil || w[5] != "exit" && w[5] != "since" {
				t.Fatalf("oracle: %q", s.Text())
			}
			o.outlives[w[1]+" "+w[2]+" "+w[3]] = bar{n, w[5] == "exit", len(w) == 7 && w[6] == "open"}
		case w[0] == "term":
			o.terms[w[1]], _ = strconv.Atoi(w[2])
		default:
			least, most, ranged := strings.Cut(w[3], "..")
			if !ranged {
				most = least
			}
			key := w[0] + " " + w[1] + " " + w[2]
			if _, twice := o.rows[key]; twice {
				t.Fatalf("oracle: %s twice", key)
			}
			o.rows[key] = span{obligation(t, least), obligation(t, most)}
		}
	}
	return o
}

// keys are the rows that speak of an entry, the most special first.
func keys(p *policy.Policy, m string, l list.Code, cause, who string) []string {
	out := []string{m + " " + l.String() + "/" + cause + " " + who, m + " " + l.String() + " " + who}
	if p.Serious(l) {
		out = append(out, m+" S "+who)
	}
	return append(out, m+" * "+who)
}

// allows is what the law allows within the term. Of a cause that nobody knows
// every row of the list may be meant, and none restricts by more than CAUTION.
func (o *oracle) allows(p *policy.Policy, m string, l list.Code, cause, who string) span {
	if cause == unknownCause {
		return o.ofUnknown(p, m, l, who)
	}
	for _, k := range keys(p, m, l, cause, who) {
		if s, ok := o.rows[k]; ok {
			return s
		}
	}
	return span{}
}

func (o *oracle) ofUnknown(p *policy.Policy, m string, l list.Code, who string) span {
	s := o.allows(p, m, l, "", who)
	for _, c := range p.List(l).Causes {
		of := o.allows(p, m, l, c.Code, who)
		s.least, s.most = min(s.least, of.least), max(s.most, of.most)
	}
	return span{min(s.least, policy.Caution), min(s.most, policy.Caution)}
}

// after is what the law allows on a day when the entry has expired: nothing, unless
// a bar goes on.
func (o *oracle) after(p *policy.Policy, c *cell, until, day civil.Date) span {
	if c.cause == unknownCause { // any bar of the list may be meant
		s := span{}
		for _, of := range p.List(c.list).Causes {
			known := *c
			known.cause = of.Code
			s.most = max(s.most, o.after(p, &known, until, day).most)
		}
		return span{most: min(s.most, policy.Caution)}
	}
	for _, k := range keys(p, c.matter.Code, c.list, c.cause, c.who) {
		if b, ok := o.outlives[k]; ok && day <= b.end(served, until) {
			s := o.allows(p, c.matter.Code, c.list, c.cause, c.who)
			if b.open {
				s.least = policy.None
			}
			return s
		}
	}
	return span{}
}

// years is the longest term of an entry, 0 when the law names none.
func (o *oracle) years(l list.Code, cause string) int {
	switch n, ok := o.terms[l.String()+"/"+cause]; {
	case ok:
		return n
	case cause == unknownCause:
		return 0
	}
	return o.terms[l.String()]
}

// The case of every cell: decided, served and in force on these days.
var (
	decided = civil.MakeDate(2026, time.May, 4)
	served  = civil.MakeDate(2026, time.May, 11)
	until   = civil.MakeDate(2027, time.May, 31)
)

// noon is an instant of a day in China.
func noon(d civil.Date) time.Time { return d.Time().Add(4 * time.Hour) }

// cell is one question to the tables and to the oracle.
type cell struct {
	matter *policy.Matter
	list   list.Code
	cause  string
	who    string
	day    civil.Date
	end    civil.Date // the decision's own end; NoDate: by law
}

func (c *cell) String() string {
	return fmt.Sprintf("%s × %s cause %s, %s, on %s", c.matter.Code, c.list, c.cause, c.who, c.day)
}

func (c *cell) entry(t *testing.T, p *policy.Policy) list.Entry {
	t.Helper()
	e, ok := list.Fold([]list.EventRecord{{
		RecordID: "D-1", Version: 1, Seq: 4, OccurredOn: served,
		Facts: list.Facts{EntryID: "E-1", List: c.list, USCC: "91420100MA4N0A2B5Y", Unit: "SAMR", Event: list.EventInForce,
			Cause: c.cause, DocumentNo: "示例决〔2026〕1号", DecidedOn: decided, ServedOn: served,
			EffectiveFrom: served, TermUntil: c.end, Persons: list.Persons(bound, "")},
	}}, p.Law())
	if !ok {
		t.Fatalf("%v: no entry", c)
	}
	return e
}

func causesOf(l *policy.List) []string {
	out := []string{unknownCause}
	for i := range l.Causes {
		if c := &l.Causes[i]; c.To == civil.NoDate && !slices.Contains(out, c.Code) {
			out = append(out, c.Code)
		}
	}
	return out
}

// Every list × cause × matter × whom × day (before, within, after) answers within
// what the law allows.
func TestOracleOfTheLaw(t *testing.T) {
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	o := readOracle(t)
	cells, differences := 0, 0
	ask := func(c cell, want span) {
		cells++
		e := c.entry(t, p)
		if got := answer(&e, &c, p); got < want.least || got > want.most {
			differences++
			t.Errorf("%v: %s, the law says %s", &c, got, want)
		}
	}
	for _, m := range p.Matters {
		for _, l := range p.Lists {
			for _, cause := range causesOf(l) {
				for _, who := range []string{"E", "P"} {
					c := cell{matter: m, list: l.Code, cause: cause, who: who, end: until}
					within := o.allows(p, m.Code, l.Code, cause, who)
					c.day = served - 1
					ask(c, span{})
					c.day = served + 30
					ask(c, within)
					for _, c.day = range []civil.Date{until + 1, until.AddMonths(11), until.AddMonths(25), until.AddMonths(49)} {
						ask(c, o.after(p, &c, until, c.day))
					}
					if n := o.years(l.Code, cause); n > 0 {
						// A decision that claims more ends with the law's term.
						end := served.AddMonths(12 * n)
						c.end = served.AddMonths(12*n + 120)
						c.day = end + 2
						ask(c, o.after(p, &c, end, c.day))
						c.day = end.AddMonths(49)
						ask(c, span{})
					}
				}
			}
		}
	}
	t.Logf("%d cells, %d differences", cells, differences)
}

// The person whom every entry of the oracle binds, and the other enterprise that
// asks about him.
var (
	bound   = strings.Repeat("5c", list.KeyLength/2)
	another = "91420100MA4FJRE200"
)

// answer is the obligation of a check of the cell: about the listed enterprise, or
// in another one about the person whom the entry binds.
func answer(e *list.Entry, c *cell, p *policy.Policy) policy.Obligation {
	if c.who == "E" {
		return restrict.Decide([]list.Entry{*e}, c.matter, p, restrict.Known, nil, noon(c.day)).Obligation
	}
	d := restrict.Decide(nil, c.matter, p, restrict.Known, nil, noon(c.day))
	d.About([]list.Entry{*e}, another, bound, c.matter, p)
	return d.Obligation
}
