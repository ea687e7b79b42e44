package restrict

import (
	"slices"
	"strings"

	"credithub/schema/list"
)

// loading puts the entries of a snapshot into a state. Each comes once, so none is
// looked for, and what is long is put together beside the tables: an entry costs the
// same however many its subject has.
type loading struct {
	st   *state
	long map[string]*[]byte     // code → the rest of its blob
	size int                    // bytes of them
	held map[personKey][]string // codes under which persons are named, in no order
}

const (
	longRest = 2 << 10  // from here on a rest is put together beside the tables
	longMost = 64 << 20 // so many bytes of these at once
)

func (st *state) loading() *loading {
	return &loading{st: st, long: map[string]*[]byte{}, held: map[personKey][]string{}}
}

// add puts in an entry that isn't there; one that can't restrict is left out.
func (l *loading) add(e *list.Entry) {
	st := l.st
	if !st.canRestrict(e) {
		return
	}
	st.kept.Add(1)
	if e.Persons != "" {
		l.name(e)
	}
	if long := l.long[e.USCC]; long != nil {
		n := len(*long)
		*long = st.codec.append(*long, e, e.USCC)
		if l.size += len(*long) - n; l.size > longMost {
			l.flush()
		}
		return
	}
	k, packed := pack(e.USCC)
	rest := st.rest(k, packed, e.USCC)
	buf := st.codec.append(append(st.buf[:0], rest...), e, e.USCC)
	st.buf = buf
	if len(buf) < longRest {
		st.setRest(e.USCC, buf)
		return
	}
	own := slices.Clone(buf)
	l.long[strings.Clone(e.USCC)] = &own // the entry's texts end with the call
	l.size += len(own)
}

// name notes whom an entry names.
func (l *loading) name(e *list.Entry) {
	list.EachPerson(e.Persons, func(_ list.PersonRole, key string) {
		k, ok := personOf(key)
		if codes := l.held[k]; ok && (len(codes) == 0 || codes[len(codes)-1] != e.USCC) {
			l.held[k] = append(codes, strings.Clone(e.USCC))
		}
	})
}

// flush puts what is long into the tables.
func (l *loading) flush() {
	for code, rest := range l.long {
		l.st.setRest(code, *rest)
	}
	clear(l.long)
	l.size = 0
}

// end makes everything that was added readable.
func (l *loading) end() {
	l.flush()
	for k, codes := range l.held {
		slices.Sort(codes)
		l.st.people.set(k, slices.Clip(slices.Compact(codes)))
	}
}
