package memory

import (
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"credithub/schema/list"
)

// people tells under which codes entries name a person. It only says where to
// look: the entries themselves tell the truth, so that a reader never sees a person
// bound by what is no longer there. Readers take no lock; there is one writer.
type people struct {
	m sync.Map // personKey → *[]string, codes in order; never changed, only replaced
	n atomic.Int64
}

type personKey [list.KeyLength / 2]byte

// personOf reads a key; false when it is none.
func personOf(key string) (k personKey, ok bool) {
	if len(key) != list.KeyLength {
		return k, false
	}
	_, err := hex.Decode(k[:], []byte(key))
	return k, err == nil
}

// codes are those to look under.
func (p *people) codes(key string) []string {
	if p.n.Load() == 0 {
		return nil
	}
	k, ok := personOf(key)
	if !ok {
		return nil
	}
	return p.named(k)
}

func (p *people) named(k personKey) []string {
	if v, ok := p.m.Load(k); ok {
		return *v.(*[]string)
	}
	return nil
}

// add notes that an entry under a code names persons.
func (p *people) add(persons, code string) {
	list.EachPerson(persons, func(_ list.PersonRole, key string) { p.change(key, code, true) })
}

// drop notes that persons aren't named under a code any more, but for those in still.
func (p *people) drop(persons, code, still string) {
	list.EachPerson(persons, func(_ list.PersonRole, key string) {
		if !strings.Contains(still, key) {
			p.change(key, code, false)
		}
	})
}

func (p *people) change(key, code string, in bool) {
	k, ok := personOf(key)
	if !ok {
		return
	}
	codes := p.named(k)
	at, found := slices.BinarySearch(codes, code)
	switch {
	case found == in:
		return
	case in:
		codes = slices.Insert(slices.Clone(codes), at, strings.Clone(code)) // don't keep the message alive
	default:
		codes = slices.Delete(slices.Clone(codes), at, at+1)
	}
	p.set(k, codes)
}

// set replaces the codes of a person; they must be in order.
func (p *people) set(k personKey, codes []string) {
	if len(codes) == 0 {
		p.m.Delete(k)
		p.n.Add(-1)
		return
	}
	if _, was := p.m.Swap(k, &codes); !was {
		p.n.Add(1)
	}
}
