package memory

import (
	"slices"
	"strings"

	"credithub/schema/list"
)

// Loading puts the entries of a snapshot into Entries that nobody reads yet. Each comes
// once, so none is looked for, and what is long is put together beside the tables: an
// entry costs the same however many its subject has.
type Loading struct {
	s    *Entries
	long map[string]*[]byte     // code → its blob
	size int                    // bytes of them
	held map[personKey][]string // codes under which persons are named, in no order
}

const (
	longBlob = 2 << 10  // from here on a blob is put together beside the tables
	longMost = 64 << 20 // so many bytes of these at once
)

// Load begins to load. Nothing else may be written until End.
func (s *Entries) Load() *Loading {
	return &Loading{s: s, long: map[string]*[]byte{}, held: map[personKey][]string{}}
}

// Add puts in an entry that isn't there. Its texts are copied.
func (l *Loading) Add(e *list.Entry) {
	s := l.s
	s.n.Add(1)
	if e.Persons != "" {
		l.name(e)
	}
	if long := l.long[e.USCC]; long != nil {
		n := len(*long)
		*long = s.codec.append(*long, e, e.USCC)
		if l.size += len(*long) - n; l.size > longMost {
			l.flush()
		}
		return
	}
	k := KeyOf(e.USCC)
	s.buf = s.codec.append(append(s.buf[:0], s.blobs.get(k)...), e, e.USCC)
	if len(s.buf) < longBlob {
		s.blobs.set(k, s.buf)
		return
	}
	own := slices.Clone(s.buf)
	l.long[strings.Clone(e.USCC)] = &own // the entry's texts end with the call
	l.size += len(own)
}

// name notes whom an entry names.
func (l *Loading) name(e *list.Entry) {
	list.EachPerson(e.Persons, func(_ list.PersonRole, key string) {
		k, ok := personOf(key)
		if codes := l.held[k]; ok && (len(codes) == 0 || codes[len(codes)-1] != e.USCC) {
			l.held[k] = append(codes, strings.Clone(e.USCC))
		}
	})
}

// flush puts what is long into the tables.
func (l *Loading) flush() {
	for code, blob := range l.long {
		l.s.blobs.set(KeyOf(code), *blob)
	}
	clear(l.long)
	l.size = 0
}

// End makes everything that was added readable, and tidies.
func (l *Loading) End() {
	l.flush()
	for k, codes := range l.held {
		slices.Sort(codes)
		l.s.people.set(k, slices.Clip(slices.Compact(codes)))
	}
	l.s.Tidy()
}
