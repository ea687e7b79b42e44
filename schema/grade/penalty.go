package grade

import (
	"strings"

	"credithub/schema/record"
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
var openEnd = record.MakeDate(2099, 12, 31)

// Severity is the severest class that the words of a penalty's category name.
// A category that names none is of the default class.
func (r *Rules) Severity(category string) Severity { return r.class(category).severity }

func (r *Rules) class(category string) *penaltyClass {
	for i := range r.penalties { // severest first
		for _, w := range r.penalties[i].words {
			if strings.Contains(category, w) {
				return &r.penalties[i]
			}
		}
	}
	return &r.penalties[r.otherwise]
}

// DisplayUntil is the last day on which a penalty is displayed, counted from the
// date of its document and not of its upload; ok is false when it is not
// displayed at all. The end that the unit names can shorten the term, never
// lengthen it; a ban that runs longer is shown until it ends.
func (r *Rules) DisplayUntil(p *Penalty) (last record.Date, ok bool) {
	c := r.class(p.Category)
	months := c.months
	if p.DecidedOn < r.changedOn {
		months = c.monthsBefore
	}
	if months == 0 || p.DecidedOn == record.NoDate {
		return record.NoDate, false
	}
	last = p.DecidedOn.AddMonths(months)
	if c.ownPeriod && p.ValidUntil != record.NoDate && p.ValidUntil < openEnd {
		last = max(last, p.ValidUntil)
	}
	if p.PublicUntil != record.NoDate {
		last = min(last, p.PublicUntil)
	}
	return last, true
}

// Displayed tells whether a penalty is displayed on a day.
func (r *Rules) Displayed(p *Penalty, day record.Date) bool {
	last, ok := r.DisplayUntil(p)
	return ok && p.DecidedOn <= day && day <= last
}
