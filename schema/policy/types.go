package policy

import (
	"time"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/record"
)

// Obligation is what a hit obliges the approving unit to do, in rising order;
// the highest wins.
type Obligation uint8

// Obligations.
const (
	None      Obligation = iota // 无
	Inform                      // 提示
	Supervise                   // 加强监管
	Caution                     // 审慎审查
	Restrict                    // 限制
	Reject                      // 不予办理
)

var obligationNames = [...]string{"NONE", "INFORM", "SUPERVISE", "CAUTION", "RESTRICT", "REJECT"}

// String is the wire name.
func (o Obligation) String() string { return obligationNames[o] }

// Role is whose restriction a matter asks about and a measure reaches.
type Role uint8

// Roles as bits, so that a measure can reach several.
const (
	Enterprise          Role = 1 << iota // E: the enterprise itself
	LegalRepresentative                  // L: its legal representative (法定代表人)
	ResponsiblePerson                    // R: its main or directly responsible person or actual controller (主要负责人、直接责任人员、实际控制人)
	Branch                               // B: its branch (分支机构)
	Person                               // P: a natural person listed in person
)

// persons are the roles of natural persons.
const persons = LegalRepresentative | ResponsiblePerson | Person

// Personal tells whether the role is that of natural persons.
func (r Role) Personal() bool { return r&persons != 0 }

// String is the wire name of one role. Who is listed in person is named as the
// person responsible, whom the matter is about.
func (r Role) String() string {
	switch r {
	case LegalRepresentative:
		return list.LegalRepresentative.String()
	case ResponsiblePerson, Person:
		return list.ResponsiblePerson.String()
	case Branch:
		return "BRANCH"
	}
	return "ENTERPRISE"
}

// Citation is the clause that something rests on.
type Citation struct {
	Text string // statute and article, in Chinese
	Mark string // V, V2, M+ … as in the domain brief
	URL  string // where the text can be read, when known
}

// List is a credit list (名单).
type List struct {
	Code      list.Code
	NameZh    string
	NameEn    string
	Serious   bool // 严重失信主体名单
	Public    bool // entries in force are published
	Units     []string
	Basis     []Citation
	Causes    []Cause
	Term      Term
	NoService bool // statutory exception: takes effect without service
	OfPersons bool // natural persons are listed: an entry that names one is their own
	Exit      Exit
	From, To  civil.Date // days on which decisions could be made
}

// Term is how long an entry lasts from its first day in force, in years; 0: the law
// names nothing.
type Term struct {
	Years int // when the decision names no end: it ends by itself
	Min   int // the shortest
	Max   int // the longest
	Basis string
	// LongerBy is what allows an end beyond Years without a maximum, such as a ban
	// that runs longer; "" when nothing does.
	LongerBy string
}

// Cause is a ground for listing.
type Cause struct {
	Code   string
	NameZh string
	NameEn string
	Basis  string
	// From and To bound the decisions that use this wording; NoDate: open.
	From, To civil.Date

	Term       Term // instead of the list's; the zero value: the list's
	Restricted bool // neither published nor serious, whatever the list says
	Exit       Exit // instead of the list's; the zero value: the list's
	// ShownUntil is the month and day on which the display of an entry ends for
	// the first time since it is in force; the zero value: it doesn't.
	ShownUntil MonthDay
}

// Exit tells how an entry ends (移出), and how many months after its first day in
// force it can be repaired at the earliest.
type Exit struct {
	Zh, En, Basis string
	RepairMonths  int
}

// MonthDay is a day of any year.
type MonthDay struct {
	Month time.Month
	Day   int
}

// Measure is a punishment or supervision measure (惩戒措施).
type Measure struct {
	Code       string
	NameZh     string
	NameEn     string
	Kind       string
	Department string
	Citation   string // all citations in one line
	Basis      []Citation
	Target     Role // roles it reaches
	Elsewhere  bool // persons are barred in another enterprise than the listed one
	Triggers   []Trigger
	Matters    []string
	From, To   civil.Date
}

// Trigger ties a measure to a list, with the obligation the basis allows there.
type Trigger struct {
	List       list.Code
	Obligation Obligation
	Causes     []string // only these causes; empty: all
	Matters    []string // only these matters; empty: all of the measure
	TermMonths int      // the measure ends that long after the first day in force; 0: with the entry
	Outlives   Outlives
	// DecidedFrom is the first day of decisions that trigger it; NoDate: all.
	DecidedFrom civil.Date
	EntryOf     Role // whose entry the law means: the enterprise's, or Person: only their own
}

// Outlives tells how long a bar by statute (StatutoryBar) binds although the
// entry has ended; the zero value: not a day.
type Outlives struct {
	Months   int
	FromExit bool // counted from the exit; else from the first day in force
}

// Matter is an approval matter (审批事项).
type Matter struct {
	Code       string
	NameZh     string
	NameEn     string
	Department string
	Role       Role // whose restriction it asks about
	Index      int  // position in Policy.Matters
}

// Unit is a department that reports to the hub or asks it.
type Unit struct {
	Code    string
	NameZh  string
	NameEn  string
	Domains []record.Domain         // may push
	Lists   []list.Code             // may decide
	Periods map[record.Domain]int64 // seconds within which it must report to be fresh
}
