package restrict

import (
	"strings"
	"unsafe"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/zeebo/xxh3"

	"credithub/schema/column"
	"credithub/schema/list"
	"credithub/schema/stored"
)

// room holds the texts of the rows of a range, and finds rows by a key among
// them. Nothing in it is a pointer, so that the collector has nothing to do.
type room struct {
	text  []byte
	slots []uint32 // row + 1, 0 empty; a power of two
	n     int
}

func (r *room) reset() {
	r.text = r.text[:0]
	clear(r.slots)
	r.n = 0
}

// keep copies texts one after another and tells where they begin.
func (r *room) keep(texts ...string) int {
	at := len(r.text)
	for _, t := range texts {
		r.text = append(r.text, t...)
	}
	return at
}

// get is a text over the room, which holds until reset.
func (r *room) get(at, n int) string {
	return unsafe.String(unsafe.SliceData(r.text[at:at+n]), n)
}

// find gives the slot of the row for which same is true among those of a hash,
// or the empty slot where it would go.
func (r *room) find(hash uint64, same func(row int) bool) (slot int, found bool) {
	if len(r.slots) == 0 {
		r.slots = make([]uint32, 1<<10)
	}
	mask := len(r.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		switch n := r.slots[i]; {
		case n == 0:
			return i, false
		case same(int(n - 1)):
			return i, true
		}
	}
}

// fill puts a row in an empty slot; hashOf gives the hash of any row, for when
// the slots have to grow.
func (r *room) fill(slot, row int, hashOf func(row int) uint64) {
	r.slots[slot] = uint32(row + 1)
	if r.n++; r.n*2 < len(r.slots) {
		return
	}
	old := r.slots
	r.slots = make([]uint32, 4*len(old))
	mask := len(r.slots) - 1
	for _, n := range old {
		if n == 0 {
			continue
		}
		i := int(hashOf(int(n-1))) & mask
		for r.slots[i] != 0 {
			i = (i + 1) & mask
		}
		r.slots[i] = n
	}
}

// version names one version of a registration record under a code.
type version struct {
	unit, id string
	version  uint32
}

// subjectRow is the first record met under a code; code, unit and id stand one
// after another in the room.
type subjectRow struct {
	hash             uint64
	at               int
	codeN, unitN, id uint16
	more             bool
	stored.Standing
}

// further is another record under a code.
type further struct {
	unit, id string
	stored.Standing
}

// subjectRows folds registrations: of each record under each code the version that
// counts.
type subjectRows struct {
	*block[stored.Record]
	record stored.Record

	room room
	rows []subjectRow
	more map[string][]further // by code; few
}

func newSubjectRows() *subjectRows {
	return &subjectRows{block: newBlock(subjectColumns), more: map[string][]further{}}
}

var subjectColumns = column.Pick(stored.Records, "uscc", "unit", "record_id", "version", "op", "status")

func (g *subjectRows) into() proto.Results { return g.results }

func (g *subjectRows) reset() {
	g.room.reset()
	clear(g.more)
	g.rows = g.rows[:0]
}

func (g *subjectRows) take(rows int) error {
	for i := range rows {
		g.read(i, &g.record)
		g.row(&g.record)
	}
	return nil
}

func (g *subjectRows) codeOf(r *subjectRow) string { return g.room.get(r.at, int(r.codeN)) }

func (g *subjectRows) versionOf(r *subjectRow) version {
	at := r.at + int(r.codeN)
	return version{g.room.get(at, int(r.unitN)), g.room.get(at+int(r.unitN), int(r.id)), r.Version}
}

func (g *subjectRows) row(x *stored.Record) {
	hash := xxh3.HashString(x.USCC)
	slot, found := g.room.find(hash, func(n int) bool {
		r := &g.rows[n]
		return r.hash == hash && g.codeOf(r) == x.USCC
	})
	if !found {
		r := subjectRow{hash: hash, at: g.room.keep(x.USCC, x.Unit, x.RecordID), codeN: uint16(len(x.USCC)),
			unitN: uint16(len(x.Unit)), id: uint16(len(x.RecordID))}
		r.Take(x)
		g.rows = append(g.rows, r)
		g.room.fill(slot, len(g.rows)-1, func(n int) uint64 { return g.rows[n].hash })
		return
	}
	first := &g.rows[g.room.slots[slot]-1]
	if v := g.versionOf(first); v.unit == x.Unit && v.id == x.RecordID {
		first.Take(x)
		return
	}
	first.more = true
	more := g.more[x.USCC]
	for i := range more {
		if m := &more[i]; m.unit == x.Unit && m.id == x.RecordID {
			m.Take(x)
			return
		}
	}
	m := further{unit: strings.Clone(x.Unit), id: strings.Clone(x.RecordID)}
	m.Take(x)
	g.more[strings.Clone(x.USCC)] = append(more, m)
}

// emit calls f with the codes under which one record stands, and adds those
// under which several do to crowded.
func (g *subjectRows) emit(f func([]byte, SubjectState) error, crowded map[string][]version) error {
	for i := range g.rows {
		r := &g.rows[i]
		n := 0
		if r.Holds() {
			n = 1
		}
		if r.more {
			n += g.crowd(r, crowded)
		}
		if n == 1 {
			if err := f(g.room.text[r.at:r.at+int(r.codeN)], Known); err != nil {
				return err
			}
		}
	}
	return nil
}

// crowd counts the further records that stand under a code; when there are
// several in all they go to crowded.
func (g *subjectRows) crowd(r *subjectRow, crowded map[string][]version) int {
	var all []version
	for _, m := range g.more[g.codeOf(r)] {
		if m.Holds() {
			all = append(all, version{m.unit, m.id, m.Version})
		}
	}
	n := len(all)
	if r.Holds() {
		v := g.versionOf(r)
		all = append(all, version{strings.Clone(v.unit), strings.Clone(v.id), v.version}) // outlives the room
	}
	if len(all) > 1 {
		crowded[strings.Clone(g.codeOf(r))] = all
	}
	return n
}

// entryRow is the last version of an entry under a code met so far. Code and id
// stand one after another in the room, and what else is told of the entry packed.
type entryRow struct {
	hash, seq uint64
	at        int
	told      int // −1: nothing, as it can't bear on anything
	codeN     uint16
	idN       uint16
}

// entryRows folds versions of entries.
type entryRows struct {
	*block[stored.Entry]
	entry stored.Entry

	room room
	rows []entryRow
	key  []byte
}

func newEntryRows() *entryRows { return &entryRows{block: newBlock(entryColumns)} }

var (
	entryColumns = column.Without(stored.Entries, "recorded_at")
	entryPack    = column.NewPack(column.Without(list.Columns, "entry_id", "uscc"))
)

func (g *entryRows) into() proto.Results { return g.results }

func (g *entryRows) reset() {
	g.room.reset()
	g.rows = g.rows[:0]
}

func (g *entryRows) take(rows int) error {
	for i := range rows {
		g.read(i, &g.entry)
		g.row(&g.entry)
	}
	return nil
}

func (g *entryRows) row(e *stored.Entry) {
	g.key = append(append(append(g.key[:0], e.USCC...), 0), e.ID...)
	hash := xxh3.Hash(g.key)
	slot, found := g.room.find(hash, func(n int) bool {
		r := &g.rows[n]
		return r.hash == hash && g.code(r) == e.USCC && g.id(r) == e.ID
	})
	n := len(g.rows)
	if found {
		n = int(g.room.slots[slot] - 1)
	} else {
		g.rows = append(g.rows, entryRow{hash: hash, at: g.room.keep(e.USCC, e.ID), codeN: uint16(len(e.USCC)), idN: uint16(len(e.ID))})
		g.room.fill(slot, n, func(n int) uint64 { return g.rows[n].hash })
	}
	r := &g.rows[n]
	if e.Seq < r.seq {
		return
	}
	r.seq, r.told = e.Seq, -1
	if !e.Gone && mayBear(e.State, e.ExitType, e.List) {
		r.told = len(g.room.text)
		g.room.text = entryPack.Append(g.room.text, &e.Entry)
	}
}

func (g *entryRows) code(r *entryRow) string { return g.room.get(r.at, int(r.codeN)) }
func (g *entryRows) id(r *entryRow) string   { return g.room.get(r.at+int(r.codeN), int(r.idN)) }

func (g *entryRows) emit(f func(*list.Entry) error) error {
	var e list.Entry
	for i := range g.rows {
		r := &g.rows[i]
		if r.told < 0 {
			continue
		}
		e.USCC, e.ID = g.code(r), g.id(r)
		entryPack.Read(&e, g.room.text[r.told:])
		if err := f(&e); err != nil {
			return err
		}
	}
	return nil
}
