// Package grade classes enterprises for supervision into 良好, 警示, 失信 and
// 严重失信 by ordered rules that are data (rules.yaml), and says how severe a
// penalty is and how long it is displayed. It promises that a class falls the
// day its evidence does, because nothing is remembered. The class is an internal
// input: never published and no ground for refusing a licence. It does no I/O
// and reads no clock.
package grade

import (
	"slices"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// Grade is the class of an enterprise, in rising severity.
type Grade uint8

// Grades.
const (
	Good               Grade = iota // 良好
	Warning                         // 警示
	Dishonest                       // 失信
	SeriouslyDishonest              // 严重失信
)

var gradeNames = [...]string{"GOOD", "WARNING", "DISHONEST", "SERIOUSLY_DISHONEST"}

// String is the wire name.
func (g Grade) String() string { return gradeNames[g] }

// Facts are what is known about one enterprise on a day.
type Facts struct {
	Day            civil.Date
	Entries        []list.Entry // of any state; only those in force on Day count
	Penalties      []Penalty
	TaxGrades      []TaxGrade
	TaxAbnormal    []Span
	Commitments    []Commitment
	Rectifications []Rectification
	Records        []Record // that are facts by the policy
}

// Penalty is an administrative penalty (行政处罚).
type Penalty struct {
	ID          string     // of the record
	Category    string     // 处罚类别, several joined by ; or similar
	Procedure   string     // 处罚程序; "": not told
	DecidedOn   civil.Date // date of the document
	ValidUntil  civil.Date // 处罚有效期; NoDate or 2099-12-31: none
	PublicUntil civil.Date // 公示截止期 that the unit names; NoDate: by class
	RepairedOn  civil.Date // 信用修复: not displayed since; NoDate: not repaired
}

// TaxGrade is a yearly tax grade (纳税缴费信用级别).
type TaxGrade struct {
	ID    string
	Year  int
	Grade string // A B M C D
}

// Span is a status that holds from a day until another, which is the first that is free.
type Span struct {
	ID          string
	From, Until civil.Date // Until NoDate: still
}

// Commitment is a credit commitment (信用承诺) and how it was performed.
type Commitment struct {
	ID          string
	MadeOn      civil.Date
	Performance string // 全部履行 部分履行 全部未履行
}

// Record is a record that is a fact by the policy, and the days on which it bears.
type Record struct {
	ID           string
	Fact         string // code
	Since, Until civil.Date
}

// Rectification is an order to correct something by a day (责令限期改正), which a
// penalty carries (行政处罚法 第二十八条).
type Rectification struct {
	ID     string
	DueOn  civil.Date
	DoneOn civil.Date // NoDate: not yet
}

// Reason is a rule that gave the grade, with the ids of its evidence.
type Reason struct {
	Rule     string
	Evidence []string // ids of entries and records, sorted
	// Conditional is the domain/kind of the records, when they are shared
	// conditionally; "" otherwise.
	Conditional string
}

// String is the rule and its evidence in one line.
func (r Reason) String() string {
	s := r.Rule
	for i, e := range r.Evidence {
		if i == 0 {
			s += ": " + e
		} else {
			s += ", " + e
		}
	}
	return s
}

// Grade classes an enterprise: the severest grade for which a rule finds
// evidence, with every rule of that grade that does; Good without reasons when
// none does.
func (r *Rules) Grade(f *Facts) (Grade, []Reason) {
	grade, reasons := Good, []Reason(nil)
	for i := range r.rules {
		rule := &r.rules[i]
		if rule.grade < grade {
			break // rules fall in severity
		}
		if evidence := r.evidence(rule, f); len(evidence) > 0 {
			slices.Sort(evidence)
			grade = rule.grade
			reasons = append(reasons, Reason{Rule: rule.code, Evidence: slices.Compact(evidence), Conditional: rule.conditional})
		}
	}
	return grade, reasons
}

// evidence gives the ids of the facts that meet a rule.
func (r *Rules) evidence(rule *rule, f *Facts) (ids []string) {
	switch rule.fact {
	case "list":
		for i := range f.Entries {
			e := &f.Entries[i]
			if s, _ := e.At(f.Day); s == list.InForce && rule.lists.Has(e.List) && (len(rule.causes) == 0 || slices.Contains(rule.causes, e.Cause)) {
				ids = append(ids, e.List.String()+" "+e.ID)
			}
		}
	case "penalty":
		for i := range f.Penalties {
			p := &f.Penalties[i]
			if r.Displayed(p, f.Day) && slices.Contains(rule.values, r.Severity(p).String()) {
				ids = append(ids, p.ID)
			}
		}
	case "taxGrade":
		latest := 0
		for _, g := range f.TaxGrades {
			latest = max(latest, g.Year)
		}
		for _, g := range f.TaxGrades {
			if g.Year == latest && slices.Contains(rule.values, g.Grade) {
				ids = append(ids, g.ID)
			}
		}
	case "taxAbnormal":
		for _, s := range f.TaxAbnormal {
			if s.From <= f.Day && (s.Until == civil.NoDate || f.Day < s.Until) {
				ids = append(ids, s.ID)
			}
		}
	case "commitment":
		for _, c := range f.Commitments {
			if slices.Contains(rule.values, c.Performance) && (rule.months == 0 || f.Day <= c.MadeOn.AddMonths(rule.months)) {
				ids = append(ids, c.ID)
			}
		}
	case "record":
		for _, x := range f.Records {
			if slices.Contains(rule.values, x.Fact) && (x.Since == civil.NoDate || x.Since <= f.Day) && (x.Until == civil.NoDate || f.Day <= x.Until) {
				ids = append(ids, x.ID)
			}
		}
	case "rectification":
		for _, c := range f.Rectifications {
			if c.DueOn != civil.NoDate && c.DueOn < f.Day && (c.DoneOn == civil.NoDate || c.DoneOn > f.Day) {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}
