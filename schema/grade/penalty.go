package grade

import (
	"credithub/schema/civil"
	"slices"
	"strings"
)

// Severity is the class of a penalty (轻微、一般、严重) in credit repair.
type Severity uint8

// Severities.
const (
	Minor   Severity = iota // 轻微: in principle not displayed
	General                 // 一般
	Serious                 // 严重
)

var severityNames = [...]string{"MINOR", "GENERAL", "SERIOUS"}

// String is the name in rules.yaml.
func (s Severity) String() string { return severityNames[s] }

// openEnd is how feeds write "no end".
var openEnd = civil.MakeDate(2099, 12, 31)

// Severity is the severest class that the words of a penalty's category name, or
// that of its procedure; one whose category names none is of the default class.
func (r *Rules) Severity(p *Penalty) Severity { return r.class(p).severity }

func (r *Rules) class(p *Penalty) *penaltyClass {
	c := &r.penalties[r.otherwise]
	for i := range r.penalties { // severest first
		if slices.ContainsFunc(r.penalties[i].words, func(w string) bool { return strings.Contains(p.Category, w) }) {
			c = &r.penalties[i]
			break
		}
	}
	if c.severity > General || p.Procedure == "" {
		return c // no summary procedure leads there
	}
	for i := range r.penalties {
		if slices.Contains(r.penalties[i].procedures, p.Procedure) {
			return &r.penalties[i]
		}
	}
	return c
}

// DisplayUntil is the last day on which a penalty is displayed, counted from the
// date of its document and not of its upload; ok is false when it is not
// displayed at all. The end that the unit names counts between the shortest and the
// longest term of the class; a repair ends it before; a penalty with a period of its
// own never ends before that does (信用修复管理办法 第十二条).
func (r *Rules) DisplayUntil(p *Penalty) (last civil.Date, ok bool) {
	c := r.class(p)
	t := c.terms
	if p.DecidedOn < r.changedOn {
		t = c.before
	}
	if t.longest == 0 || p.DecidedOn == civil.NoDate {
		return civil.NoDate, false
	}
	last = p.DecidedOn.AddMonths(t.longest)
	if p.PublicUntil != civil.NoDate {
		last = max(min(last, p.PublicUntil), p.DecidedOn.AddMonths(t.shortest))
	}
	if p.RepairedOn != civil.NoDate {
		last = min(last, p.RepairedOn-1)
	}
	if p.ValidUntil < openEnd || c.openPeriod {
		last = max(last, p.ValidUntil)
	}
	return last, last >= p.DecidedOn
}

// Displayed tells whether a penalty is displayed on a day.
func (r *Rules) Displayed(p *Penalty, day civil.Date) bool {
	last, ok := r.DisplayUntil(p)
	return ok && p.DecidedOn <= day && day <= last
}
