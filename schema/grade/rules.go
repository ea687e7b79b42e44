package grade

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// Rules are the loaded rules. They never change after Load.
type Rules struct {
	Version   string
	rules     []rule // severest grade first
	penalties []penaltyClass
	otherwise int // index in penalties
	changedOn civil.Date
}

type rule struct {
	code   string
	grade  Grade
	fact   string
	lists  list.Set
	causes []string // of the lists, by code and by name; empty: all
	values []string
	months int

	conditional string // domain/kind of records that are shared conditionally; "": none
}

type penaltyClass struct {
	severity      Severity
	words         []string
	procedures    []string
	openPeriod    bool
	terms, before displayTerms
}

// displayTerms are the longest and the shortest display, in months; 0: none.
type displayTerms struct{ longest, shortest int }

// facts are the kinds of evidence a rule can look at.
var facts = []string{"list", "penalty", "taxGrade", "taxAbnormal", "commitment", "record", "rectification"}

//go:embed rules.yaml
var rulesYAML []byte

type rulesFile struct {
	Version   string
	Penalties []penaltyRow
	Otherwise string
	ChangedOn string `yaml:"changedOn"`
	Rules     []ruleRow
}

type penaltyRow struct {
	Class        string
	Words        []string
	Basis        string
	Procedures   []string
	OpenPeriod   bool `yaml:"openPeriod"`
	Months       int
	MinMonths    int `yaml:"minMonths"`
	MonthsBefore int `yaml:"monthsBefore"`
	MinBefore    int `yaml:"minMonthsBefore"`
}

type ruleRow struct {
	Code   string
	Grade  string
	Fact   string
	Lists  []string
	Causes []string
	Values []string
	Months int

	Conditional string
}

// Load reads and checks the built-in rules.
func Load() (*Rules, error) { return parse(rulesYAML) }

func parse(raw []byte) (*Rules, error) {
	var f rulesFile
	if err := yaml.UnmarshalWithOptions(raw, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("grade rules: %w", err)
	}
	r := &Rules{Version: f.Version, otherwise: -1}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("grade rules: "+format, args...)) }
	var ok bool
	if r.changedOn, ok = civil.ParseDate(f.ChangedOn); !ok {
		fail("changedOn %q is no date", f.ChangedOn)
	}
	for i := range f.Penalties {
		r.addPenalty(&f.Penalties[i], f.Otherwise, fail)
	}
	if r.otherwise < 0 {
		fail("otherwise %q is no penalty class", f.Otherwise)
	}
	for i := range f.Rules {
		r.addRule(&f.Rules[i], fail)
	}
	return r, errors.Join(errs...)
}

func (r *Rules) addPenalty(p *penaltyRow, otherwise string, fail func(string, ...any)) {
	s := slices.Index(severityNames[:], p.Class)
	if s < 0 || len(p.Words) == 0 || p.Basis == "" || min(p.MinMonths, p.MinBefore) < 0 || p.Months < p.MinMonths || p.MonthsBefore < p.MinBefore || slices.Contains(p.Words, "") {
		fail("penalty class %q needs a known class, words, a basis and terms", p.Class)
		return
	}
	if n := len(r.penalties); n > 0 && r.penalties[n-1].severity <= Severity(s) {
		fail("penalty class %s is not less severe than the one before it", p.Class)
	}
	if p.Class == otherwise {
		r.otherwise = len(r.penalties)
	}
	r.penalties = append(r.penalties, penaltyClass{Severity(s), p.Words, p.Procedures, p.OpenPeriod,
		displayTerms{p.Months, p.MinMonths}, displayTerms{p.MonthsBefore, p.MinBefore}})
}

func (r *Rules) addRule(row *ruleRow, fail func(string, ...any)) {
	g := slices.Index(gradeNames[:], row.Grade)
	if g <= 0 || row.Code == "" || !slices.Contains(facts, row.Fact) {
		fail("rule %q needs a code, a grade above GOOD and a known fact", row.Code)
		return
	}
	x := rule{code: row.Code, grade: Grade(g), fact: row.Fact, causes: row.Causes, values: row.Values, months: row.Months, conditional: row.Conditional}
	if n := len(r.rules); n > 0 && r.rules[n-1].grade < x.grade {
		fail("rule %s is graver than the one before it", row.Code)
	}
	if slices.ContainsFunc(r.rules, func(o rule) bool { return o.code == x.code }) {
		fail("rule %s twice", row.Code)
	}
	if (row.Fact == "list") != (len(row.Lists) > 0) {
		fail("rule %s: lists belong to the fact list, and to it only", row.Code)
	}
	if len(row.Causes) > 0 && len(row.Lists) != 1 {
		fail("rule %s: causes belong to one list", row.Code)
	}
	if valued := row.Fact == "penalty" || row.Fact == "taxGrade" || row.Fact == "commitment" || row.Fact == "record"; valued != (len(row.Values) > 0) {
		fail("rule %s: values belong to penalties, tax grades, commitments and records", row.Code)
	}
	for _, name := range row.Lists {
		c, known := list.ParseCode(name)
		if !known {
			fail("rule %s: unknown list %q", row.Code, name)
		}
		x.lists.Add(c)
	}
	r.rules = append(r.rules, x)
}
