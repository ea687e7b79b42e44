package body

import (
	"strconv"
	"strings"

	"credithub/schema/fault"
)

// Told is a warning as it is answered: of one row, or of Count rows told once with
// the first of them.
type Told struct {
	RecordID string
	Note
}

// Tally gathers the warnings of a push. What is said of a column or field as such,
// that a value was normalised or isn't kept, is told once for all rows, with
// examples; other warnings are told row by row up to a limit, and once for all the
// rows beyond it. So none is lost, however many there are.
type Tally struct {
	limit int
	rows  int
	all   []Told
	index map[tallyKey]*group
}

type tallyKey struct {
	code        fault.Code
	field, what string
	more        bool // rows beyond the limit
}

type group struct {
	at       int // in all
	examples []string
}

// maxExamples bounds the examples of a finding.
const maxExamples = 3

// NewTally makes a tally that tells so many warnings row by row, and as many once
// for all rows.
func NewTally(limit int) *Tally { return &Tally{limit: limit, index: map[tallyKey]*group{}} }

// ofColumn tells whether a warning speaks of a column rather than of a row.
func ofColumn(c fault.Code) bool {
	return c == fault.W05Normalised || c == fault.W13Column || c == fault.W14Hidden
}

// Add notes a warning of a row.
func (t *Tally) Add(line uint32, recordID string, f fault.Fault) {
	if !ofColumn(f.Code) && t.rows < t.limit {
		t.rows++
		t.all = append(t.all, Told{recordID, Note{line, 1, f}})
		return
	}
	what, example, _ := strings.Cut(f.Message, ": ")
	key := tallyKey{f.Code, f.Field, what, !ofColumn(f.Code)}
	if !ofColumn(f.Code) {
		example = ""
	}
	g := t.index[key]
	if g == nil && len(t.index) >= t.limit { // names of fields may be made up without end
		key = tallyKey{code: f.Code, more: true}
		f.Field, f.Message, example = "", "more fields of this kind", ""
		g = t.index[key]
	}
	if g == nil {
		g = &group{at: len(t.all)}
		t.index[key] = g
		t.all = append(t.all, Told{recordID, Note{line, 0, f}})
	}
	t.all[g.at].Count++
	if example != "" && len(g.examples) < maxExamples && !contains(g.examples, example) {
		g.examples = append(g.examples, example)
	}
}

func contains(all []string, s string) bool {
	for _, x := range all {
		if x == s {
			return true
		}
	}
	return false
}

// Note adds what is said of the body as a whole.
func (t *Tally) Note(n Note) { t.all = append(t.all, Told{Note: n}) }

// All gives the warnings in the order of their first rows.
func (t *Tally) All() []Told {
	for key, g := range t.index {
		told := &t.all[g.at]
		if told.Count < 2 && !key.more {
			continue
		}
		what := key.what
		if what == "" {
			what = told.Message
		}
		told.Message = what + ": " + count(told.Count)
		if key.more {
			told.Message = what + ": " + strconv.Itoa(told.Count) + " more"
		}
		if len(g.examples) > 0 {
			told.Message += ", such as " + strings.Join(g.examples, "; ")
		}
	}
	return t.all
}

// count writes a number of rows.
func count(n int) string {
	if n == 1 {
		return "1 row"
	}
	return strconv.Itoa(n) + " rows"
}
