package restrict

import (
	"unsafe"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/zeebo/xxh3"

	"credithub/schema/column"
	"credithub/schema/list"
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
func (r *room) keep(texts ...[]byte) int {
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

// standing is a registration record under a code.
type standing struct {
	unit, id string
	version  uint32
}

// subjectRow is the first record met under a code; code, unit and id stand one
// after another in the room.
type subjectRow struct {
	hash             uint64
	at               int
	codeN, unitN, id uint16
	stands, more     bool
	version          uint32
}

// further is another record under a code.
type further struct {
	standing
	stands bool
}

// subjectRows folds registrations: of each record under each code the highest
// version.
type subjectRows struct {
	code, unit, id proto.ColStr
	version        proto.ColUInt32
	op, status     proto.ColInt8

	room room
	rows []subjectRow
	more map[string][]further // by code; few
}

func newSubjectRows() *subjectRows { return &subjectRows{more: map[string][]further{}} }

func (g *subjectRows) into() proto.Results {
	return proto.Results{{Data: &g.code}, {Data: &g.unit}, {Data: &g.id}, {Data: &g.version}, {Data: &g.op}, {Data: &g.status}}
}

func (g *subjectRows) reset() {
	g.room.reset()
	clear(g.more)
	g.rows = g.rows[:0]
}

func (g *subjectRows) take(rows int) error {
	for i := range rows {
		g.row(g.code.RowBytes(i), g.unit.RowBytes(i), g.id.RowBytes(i), g.version[i],
			g.status[i] == statusAccepted && g.op[i] == opUpsert)
	}
	return nil
}

func (g *subjectRows) codeOf(r *subjectRow) string { return g.room.get(r.at, int(r.codeN)) }

func (g *subjectRows) record(r *subjectRow) standing {
	at := r.at + int(r.codeN)
	return standing{g.room.get(at, int(r.unitN)), g.room.get(at+int(r.unitN), int(r.id)), r.version}
}

func (g *subjectRows) row(code, unit, id []byte, version uint32, stands bool) {
	hash := xxh3.Hash(code)
	slot, found := g.room.find(hash, func(n int) bool {
		r := &g.rows[n]
		return r.hash == hash && g.codeOf(r) == string(code)
	})
	if !found {
		g.rows = append(g.rows, subjectRow{hash: hash, at: g.room.keep(code, unit, id), codeN: uint16(len(code)),
			unitN: uint16(len(unit)), id: uint16(len(id)), stands: stands, version: version})
		g.room.fill(slot, len(g.rows)-1, func(n int) uint64 { return g.rows[n].hash })
		return
	}
	first := &g.rows[g.room.slots[slot]-1]
	if s := g.record(first); s.unit == string(unit) && s.id == string(id) {
		if version >= first.version {
			first.version, first.stands = version, stands
		}
		return
	}
	first.more = true
	more := g.more[string(code)]
	for i := range more {
		if m := &more[i]; m.unit == string(unit) && m.id == string(id) {
			if version >= m.version {
				m.version, m.stands = version, stands
			}
			return
		}
	}
	g.more[string(code)] = append(more, further{standing{string(unit), string(id), version}, stands})
}

// emit calls f with the codes under which one record stands, and adds those
// under which several do to crowded.
func (g *subjectRows) emit(f func([]byte, SubjectState) error, crowded map[string][]standing) error {
	for i := range g.rows {
		r := &g.rows[i]
		n := 0
		if r.stands {
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
func (g *subjectRows) crowd(r *subjectRow, crowded map[string][]standing) int {
	var all []standing
	for _, m := range g.more[g.codeOf(r)] {
		if m.stands {
			all = append(all, m.standing)
		}
	}
	n := len(all)
	if r.stands {
		s := g.record(r)
		all = append(all, standing{string([]byte(s.unit)), string([]byte(s.id)), s.version}) // outlives the room
	}
	if len(all) > 1 {
		crowded[string([]byte(g.codeOf(r)))] = all
	}
	return n
}

// entryRow is the last version of an entry under a code met so far. Code and id
// stand one after another in the room, and so do cause, document number and
// unit.
type entryRow struct {
	hash, seq       uint64
	at, rest        int
	codeN, idN      uint16
	cause, doc, by  uint32
	persons         uint32
	exit            list.ExitType
	list            list.Code
	state           list.State
	gone, annotated bool
	told            list.Tellers
	decided, served int32
	since, until    int32
	exited          int32
}

// entryRows folds versions of entries.
type entryRows struct {
	id, code, cause, document, by, told, persons proto.ColStr

	seq                               proto.ColUInt64
	list, state, exit                 proto.ColUInt8
	decidedOn, servedOn, since, until proto.ColInt32
	exitedOn                          proto.ColInt32
	annotated, gone                   proto.ColBool

	room room
	rows []entryRow
	key  []byte
}

func newEntryRows() *entryRows { return new(entryRows) }

func (g *entryRows) into() proto.Results {
	return proto.Results{{Data: &g.id}, {Data: &g.seq}, {Data: &g.code}, {Data: &g.list}, {Data: &g.state}, {Data: &g.cause},
		{Data: &g.document}, {Data: &g.by}, {Data: &g.decidedOn}, {Data: &g.servedOn}, {Data: &g.since}, {Data: &g.until},
		{Data: &g.annotated}, {Data: &g.gone}, {Data: &g.told}, {Data: &g.exit}, {Data: &g.exitedOn}, {Data: &g.persons}}
}

func (g *entryRows) reset() {
	g.room.reset()
	g.rows = g.rows[:0]
}

func (g *entryRows) take(rows int) error {
	for i := range rows {
		code, id := g.code.RowBytes(i), g.id.RowBytes(i)
		g.key = append(append(append(g.key[:0], code...), 0), id...)
		hash := xxh3.Hash(g.key)
		slot, found := g.room.find(hash, func(n int) bool {
			r := &g.rows[n]
			return r.hash == hash && g.room.get(r.at, int(r.codeN)) == string(code) && g.room.get(r.at+int(r.codeN), int(r.idN)) == string(id)
		})
		if !found {
			g.rows = append(g.rows, entryRow{hash: hash, at: g.room.keep(code, id), codeN: uint16(len(code)), idN: uint16(len(id))})
			g.room.fill(slot, len(g.rows)-1, func(n int) uint64 { return g.rows[n].hash })
			g.read(&g.rows[len(g.rows)-1], i)
			continue
		}
		if r := &g.rows[g.room.slots[slot]-1]; g.seq[i] >= r.seq {
			g.read(r, i)
		}
	}
	return nil
}

// read makes row i the last version.
func (g *entryRows) read(r *entryRow, i int) {
	r.seq, r.gone, r.annotated = g.seq[i], g.gone[i], g.annotated[i]
	r.list, r.state, r.exit = list.Code(g.list[i]), list.State(g.state[i]), list.ExitType(g.exit[i])
	if !r.counts() {
		return // nobody asks for the rest
	}
	cause, doc, by, persons := g.cause.RowBytes(i), g.document.RowBytes(i), g.by.RowBytes(i), g.persons.RowBytes(i)
	r.rest, r.cause, r.doc, r.by = g.room.keep(cause, doc, by, persons), uint32(len(cause)), uint32(len(doc)), uint32(len(by))
	r.told = list.Tellers(g.told.Row(i)) // of few
	r.decided, r.served, r.since, r.until = g.decidedOn[i], g.servedOn[i], g.since[i], g.until[i]
	r.exited, r.persons = g.exitedOn[i], uint32(len(persons))
}

func (r *entryRow) counts() bool {
	return !r.gone && mayBear(r.state, r.exit, r.list)
}

func (g *entryRows) emit(f func(*list.Entry) error) error {
	for i := range g.rows {
		r := &g.rows[i]
		if !r.counts() {
			continue
		}
		doc := r.rest + int(r.cause)
		by := doc + int(r.doc)
		err := f(&list.Entry{
			USCC: g.room.get(r.at, int(r.codeN)), ID: g.room.get(r.at+int(r.codeN), int(r.idN)), List: r.list, State: r.state,
			Cause: g.room.get(r.rest, int(r.cause)), DocumentNo: g.room.get(doc, int(r.doc)),
			DecidedBy: g.room.get(by, int(r.by)), Annotated: r.annotated, Tellers: r.told, Persons: g.room.get(by+int(r.by), int(r.persons)),
			DecidedOn: column.LoadDay(r.decided), ServedOn: column.LoadDay(r.served), Since: column.LoadDay(r.since), Until: column.LoadDay(r.until),
			ExitType: r.exit, ExitedOn: column.LoadDay(r.exited),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
