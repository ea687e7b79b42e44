package memory

import (
	"strings"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"credithub/schema/list"
)

// Entries holds list entries by the code of their subject.
type Entries struct {
	blobs  blobs
	codec  codec
	people people
	n      atomic.Int64 // entries
	buf    []byte       // of the writer

	// ids are hashes of all ids, and maybe of some that went, of entries of codes
	// that have so many that they lie aside. The writer makes them at the first that
	// comes to them.
	ids map[string]map[uint64]struct{}
}

// NewEntries makes an empty one.
func NewEntries() *Entries {
	return &Entries{codec: codec{units: newDict(1000, 32), causes: newDict(4000, 48)}, ids: map[string]map[uint64]struct{}{}}
}

// EntryBlob is the entries of a code that are still to be read, in their encoded form;
// empty when there are none.
type EntryBlob []byte

// List is the list of the first entry.
func (b EntryBlob) List() list.Code { return list.Code(b[0] & (annotatedBit - 1)) }

// Of gives the entries of a code, to be read by Next and Skip.
func (s *Entries) Of(k Key) EntryBlob { return s.blobs.get(k) }

// Next reads the first entry into e and gives those behind it.
func (s *Entries) Next(e *list.Entry, b EntryBlob, k Key) EntryBlob {
	return s.codec.next(e, b, k.code)
}

// Skip passes the first entry over, for less than reading it costs.
func (s *Entries) Skip(b EntryBlob) EntryBlob { return s.codec.skip(b) }

// Naming are the codes under which entries name the person of a key, in their order.
func (s *Entries) Naming(person string) []string { return s.people.codes(person) }

// Put puts an entry under a code in the place of the one that has the id, or beside the
// others.
func (s *Entries) Put(code, id string, e *list.Entry) {
	k := KeyOf(code)
	rest := s.blobs.get(k)
	if s.behind(rest, code, id, e) {
		return
	}
	buf, found, named := s.without(s.buf[:0], rest, id, code)
	if !found {
		s.n.Add(1)
	}
	s.people.add(e.Persons, code) // before the entry is there, and away after it is
	s.replace(k, s.codec.append(buf, e, code), named)
}

// Remove takes the entry that has the id from under a code.
func (s *Entries) Remove(code, id string) {
	k := KeyOf(code)
	buf, found, named := s.without(s.buf[:0], s.blobs.get(k), id, code)
	if s.buf = buf; found {
		s.n.Add(-1)
		s.replace(k, buf, named)
	}
}

// replace puts buf in the place of a blob of which an entry that named persons went.
func (s *Entries) replace(k Key, buf []byte, named string) {
	s.buf = buf // room for the next time
	s.blobs.set(k, buf)
	if len(buf) <= maxBlob {
		delete(s.ids, k.code)
	}
	if named != "" {
		s.people.drop(named, k.code, s.persons(buf, k.code))
	}
}

// behind puts a new entry of a code behind those that lie aside for their size, and
// copies none of them; false when there are few, or when it may be one of them. No
// reader sees what lies behind the length that it has.
func (s *Entries) behind(rest []byte, code, id string, e *list.Entry) bool {
	if len(rest) <= maxBlob {
		return false
	}
	ids := s.ids[code]
	if ids == nil {
		ids = s.idsOf(rest, code)
		s.ids[strings.Clone(code)] = ids // don't keep the message alive
	}
	h := xxh3.HashString(id)
	if _, there := ids[h]; there {
		return false
	}
	ids[h] = struct{}{}
	s.n.Add(1)
	s.people.add(e.Persons, code)
	s.blobs.side.set(code, s.codec.append(rest, e, code))
	return true
}

// without copies the blob of a code but for one entry, and tells whether it was there
// and whom it named.
func (s *Entries) without(dst, rest []byte, id, code string) (_ []byte, found bool, named string) {
	from := rest // what comes before the entry, or between two of them, is copied at once
	for len(rest) > 0 {
		after := s.codec.skip(rest)
		if isID(s.codec.toID(rest), id, code) {
			var e list.Entry
			s.codec.next(&e, rest, code)
			found, named = true, e.Persons
			dst = append(dst, from[:len(from)-len(rest)]...)
			from = after
		}
		rest = after
	}
	return append(dst, from...), found, named
}

// persons are those whom the entries of a blob name.
func (s *Entries) persons(rest []byte, code string) string {
	var e list.Entry
	var all strings.Builder
	for len(rest) > 0 {
		if rest = s.codec.next(&e, rest, code); e.Persons != "" {
			all.WriteString(e.Persons)
			all.WriteByte(' ')
		}
	}
	return all.String()
}

// idsOf are the hashes of the ids of the entries of a blob.
func (s *Entries) idsOf(rest []byte, code string) map[uint64]struct{} {
	all := map[uint64]struct{}{}
	var e list.Entry
	for len(rest) > 0 {
		rest = s.codec.next(&e, rest, code)
		all[xxh3.HashString(e.ID)] = struct{}{}
	}
	return all
}

// Tidy rebuilds what wastes memory, when there is time, and counts the rebuildings.
func (s *Entries) Tidy() int { return s.blobs.table.tidy() }

// Len counts entries.
func (s *Entries) Len() int { return int(s.n.Load()) }

// Codes counts codes that have entries, without those that don't pack.
func (s *Entries) Codes() int { return s.blobs.table.len() }

// Size measures it.
func (s *Entries) Size() Size { return s.blobs.size(s.codec.units, s.codec.causes) }
