package check

import (
	"strings"
	"time"

	"credithub/query/graph/refusal"
	"credithub/query/view"
	"credithub/schema/access"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/uscc"
)

// Question is what check and checks ask, and who asks it. It belongs to the caller
// of Ask, who may use it again when that has returned; Ask brings its codes and its
// person into the form in which they are written.
type Question struct {
	By   access.Principal
	Peer string    // address of an anonymous caller
	At   time.Time // instant at which it is asked

	Codes  []string
	Joined string // the codes with commas between, for the audit log
	Many   bool   // checks
	Matter string
	CaseNo string
	After  string    // receipt; "" for none
	Person string    // key of the person that the answer is about; "" for the enterprise
	AsOf   time.Time // zero: now

	Purpose string // code; "" for none
	Asks    int    // questions among which the hits of a request are shared; 0 as 1
	Still   bool   // the caller will read more of the subjects at the age of the answer

	use *policy.Purpose // of the code; found by Ask
}

func (q *Question) action() string {
	if q.Person != "" {
		return "check person"
	}
	if q.Many {
		return "checks"
	}
	return "check"
}

// Positions reads a receipt given as after; fault.BadInput when it is none.
func Positions(after string) ([]receipt.Position, error) {
	ps, err := receipt.Parse(after)
	if err != nil {
		return nil, fault.New(fault.BadInput, "after: not a receipt of this hub")
	}
	return ps, nil
}

// fold brings codes into the form in which they are written, as the site does.
func (q *Question) fold() {
	changed := false
	for i, c := range q.Codes {
		if f := uscc.Fold(c); f != c {
			q.Codes[i], changed = f, true
		}
	}
	if changed {
		q.Joined = strings.Join(q.Codes, ",")
	}
}

// sound tells what is wrong with the question itself; what is wrong with one of
// several codes it notes in a. near are the matters that could be meant where a has
// none. No message repeats what the caller wrote.
func (q *Question) sound(a *Answer, near []*policy.Matter, maxCaseNo int) error {
	for i, c := range q.Codes {
		var b [uscc.Length]byte
		v := uscc.Check(append(b[:0], c...))
		if v.Valid() {
			continue
		}
		if !q.Many {
			return fault.New(fault.BadInput, "uscc: %s: %s", v.Code, v.Message)
		}
		a.Faults = append(a.Faults, Fault{i, fault.New(fault.BadInput, "usccs[%d]: %s: %s", i, v.Code, v.Message)})
		q.Codes[i] = "!" + string(v.Code) // so it stands in the audit log: it may be anything, and of a person
	}
	if len(a.Faults) > 0 {
		q.Joined = strings.Join(q.Codes, ",")
	}
	switch {
	case a.Matter == nil:
		return &refusal.Refusal{Kind: fault.BadInput, Message: "matter: no such approval matter", Near: near}
	case q.AsOf.After(q.At):
		return fault.New(fault.BadInput, "asOf: lies in the future")
	case !q.AsOf.IsZero() && q.After != "":
		return fault.New(fault.BadInput, "asOf and after exclude each other")
	}
	if q.Person != "" {
		k, ok := list.ParsePersonKey(q.Person)
		if !ok {
			return fault.New(fault.BadInput, "personKey: not the 64 hex digits of a keyed hash; credithub person-key makes it")
		}
		q.Person = k
	}
	return view.CheckCaseNo(q.CaseNo, maxCaseNo)
}

// Occasion is why it was asked, for what is read of its subjects; after Ask only.
func (q *Question) Occasion(a *Answer) *view.Occasion {
	return &view.Occasion{Purpose: q.use, Matter: a.Matter, CaseNo: q.CaseNo}
}

// allCodes tells whether every code is a code, or the fault that sound put in its place:
// nothing else that a caller wrote may stand in the audit log.
func (q *Question) allCodes() bool {
	for _, c := range q.Codes {
		if v := uscc.Check([]byte(c)); !v.Valid() && !(len(c) == 4 && c[0] == '!' && fault.Code(c[1:]).Rejects()) {
			return false
		}
	}
	return true
}
