package list

import (
	"iter"
	"strings"
)

// Tellers are units and the numbers by which they told of one document, one a line,
// unit and number parted by a tab; "" for an entry that one unit told once. It is
// text so that entries compare.
type Tellers string

// Teller is one of Tellers.
type Teller struct {
	Unit    string `json:"unit"`
	EntryID string `json:"entryId"`
}

// Add is t with one more. A number holds no control characters.
func (t Tellers) Add(unit, entryID string) Tellers {
	return t + Tellers(unit+"\t"+entryID+"\n")
}

// All gives each of them.
func (t Tellers) All() iter.Seq[Teller] {
	return func(yield func(Teller) bool) {
		for line := range strings.Lines(string(t)) {
			unit, id, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if !yield(Teller{unit, id}) {
				return
			}
		}
	}
}

// Told are the units and numbers by which an entry was told, itself first.
func (e *Entry) Told() []Teller {
	if e.Tellers == "" {
		return []Teller{{e.DecidedBy, e.ID}}
	}
	var out []Teller
	for t := range e.Tellers.All() {
		out = append(out, t)
	}
	return out
}

// ToldBy tells whether a unit told of the entry.
func (e *Entry) ToldBy(unit string) bool {
	if e.Tellers == "" || e.DecidedBy == unit {
		return e.DecidedBy == unit
	}
	for t := range e.Tellers.All() {
		if t.Unit == unit {
			return true
		}
	}
	return false
}
