package restrict

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/ddl"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// ClickHouse is the Snapshot of the tables that ingest writes. Its queries name
// tables without a database: the connection's own counts.
func ClickHouse(s Streamer) Snapshot {
	if s == nil {
		panic("restrict: snapshot without a connection")
	}
	return tables{s}
}

type tables struct{ s Streamer }

// headQuery is answered from the projection positions.
const headQuery = "SELECT CAST(topic, 'String'), toInt64(partition), CAST(unit, 'String'), CAST(domain, 'String'), toInt8(status), " +
	"max(offset), max(feed_offset), toUnixTimestamp64Milli(max(recorded_at)) FROM " + ddl.Records +
	" GROUP BY topic, partition, unit, domain, status"

// Numbers of records.status and records.op.
const (
	statusAccepted  = 1
	statusDuplicate = 2
	statusHeartbeat = 4
	statusMoved     = 5
	opUpsert        = 1
)

func (c tables) Head(ctx context.Context) (Head, error) {
	var (
		topic, unit, domain           proto.ColStr
		partition, offset, feedAt, at proto.ColInt64
		status                        proto.ColInt8
		h                             Head
	)
	into := proto.Results{{Data: &topic}, {Data: &partition}, {Data: &unit}, {Data: &domain}, {Data: &status},
		{Data: &offset}, {Data: &feedAt}, {Data: &at}}
	err := selectNative(ctx, c.s, headQuery, into, func(rows int) error {
		for i := range rows {
			if name, ok := strings.CutPrefix(topic.Row(i), record.TopicPrefix); ok {
				if d := record.ParseDomain(name); d != record.NoDomain {
					h.stored(receipt.Position{Domain: d, Partition: uint16(partition[i]), Offset: offset[i]}, feedAt[i])
				}
			}
			switch status[i] {
			case statusAccepted, statusDuplicate, statusHeartbeat:
				h.Reports = append(h.Reports, feed.Report{Unit: unit.Row(i), Domain: domain.Row(i), At: time.UnixMilli(at[i])})
			}
		}
		return nil
	})
	return h, err
}

// stored raises the last stored row of a partition.
func (h *Head) stored(p receipt.Position, feedAt int64) {
	for i := range h.Stored {
		s := &h.Stored[i]
		if s.Domain == p.Domain && s.Partition == p.Partition {
			s.Offset, s.Feed = max(s.Offset, p.Offset), max(s.Feed, feedAt)
			return
		}
	}
	h.Stored = append(h.Stored, Stored{Position: p, Feed: feedAt})
}

// upTo is the condition that a row of a domain's topic stands at or before the
// head; "" when the head has none.
func (h *Head) upTo(d record.Domain) string {
	var partitions, offsets []string
	for _, s := range h.Stored {
		if s.Domain == d {
			partitions = append(partitions, fmt.Sprint(s.Partition))
			offsets = append(offsets, fmt.Sprint(s.Offset))
		}
	}
	if len(partitions) == 0 {
		return ""
	}
	return fmt.Sprintf("topic = '%s' AND offset <= transform(toInt64(partition), [%s], [%s], toInt64(-1))",
		d.Topic(), strings.Join(partitions, ", "), strings.Join(offsets, ", "))
}

// standing is a registration record that currently stands under a code.
type standing struct {
	unit, id string
	version  uint32
}

// Subjects reads the registrations in the order of the table's key, so that the
// server neither sorts nor gathers and all rows of a code come together. A code
// is known by a record whose highest version is accepted and not retracted. Only
// where several records stand under one code their names are read: they make it
// ambiguous when they differ.
func (c tables) Subjects(ctx context.Context, h *Head, f func([]byte, SubjectState) error) error {
	cond := h.upTo(record.Registration)
	if cond == "" {
		return nil
	}
	cond = "domain = 'registration' AND uscc != '' AND status IN ('ACCEPTED', 'MOVED') AND " + cond
	g := &gather{f: f, crowded: map[string][]standing{}}
	var (
		code, unit, id proto.ColStr
		version        proto.ColUInt32
		op, status     proto.ColInt8
	)
	into := proto.Results{{Data: &code}, {Data: &unit}, {Data: &id}, {Data: &version}, {Data: &op}, {Data: &status}}
	query := "SELECT uscc, CAST(unit, 'String'), record_id, version, toInt8(op), toInt8(status) FROM " + ddl.Records +
		" WHERE " + cond + " ORDER BY uscc, domain, unit, record_id, version, offset"
	err := selectNative(ctx, c.s, query, into, func(rows int) error {
		for i := range rows {
			stands := status[i] == statusAccepted && op[i] == opUpsert
			if err := g.row(code.RowBytes(i), unit.RowBytes(i), id.RowBytes(i), version[i], stands); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = g.endCode()
	}
	if err != nil {
		return err
	}
	return c.crowded(ctx, cond, g.crowded, f)
}

// gather folds rows in key order into the records that stand under each code.
type gather struct {
	f        func([]byte, SubjectState) error
	code     []byte
	unit, id []byte
	version  uint32
	stands   bool       // the record being read stands, by its rows so far
	first    standing   // of the code, valid when n > 0
	n        int        // records that stand under the code
	more     []standing // all of them, when there are several
	crowded  map[string][]standing
}

func (g *gather) row(code, unit, id []byte, version uint32, stands bool) error {
	switch {
	case !bytes.Equal(code, g.code):
		if err := g.endCode(); err != nil {
			return err
		}
		g.code = append(g.code[:0], code...)
		g.open(unit, id)
	case !bytes.Equal(id, g.id) || !bytes.Equal(unit, g.unit):
		g.endRecord()
		g.open(unit, id)
	}
	g.version, g.stands = version, stands // versions rise
	return nil
}

func (g *gather) open(unit, id []byte) {
	g.unit, g.id = append(g.unit[:0], unit...), append(g.id[:0], id...)
}

func (g *gather) endRecord() {
	if g.stands {
		if g.n++; g.n == 2 {
			g.more = append(g.more, g.first)
		}
		if g.n == 1 {
			g.first.version = g.version
			g.first.unit, g.first.id = reuse(g.first.unit, g.unit), reuse(g.first.id, g.id)
		} else {
			g.more = append(g.more, standing{string(g.unit), string(g.id), g.version})
		}
	}
	g.stands = false
}

// reuse makes a string of b only when it isn't the one before.
func reuse(s string, b []byte) string {
	if s == string(b) {
		return s
	}
	return string(b)
}

func (g *gather) endCode() error {
	g.endRecord()
	n := g.n
	g.n = 0
	switch {
	case len(g.code) == 0 || n == 0:
		return nil
	case n == 1:
		return g.f(g.code, Known)
	}
	g.crowded[string(g.code)] = slices.Clone(g.more)
	g.more = g.more[:0]
	return nil
}

// crowdedBatch is how many codes one question for names is about.
const crowdedBatch = 500

// crowded reads the names of records that share a code and tells whether they
// agree.
func (c tables) crowded(ctx context.Context, cond string, all map[string][]standing, f func([]byte, SubjectState) error) error {
	codes := make([]string, 0, len(all))
	for code := range all {
		codes = append(codes, code)
	}
	for part := range slices.Chunk(codes, crowdedBatch) {
		if err := c.names(ctx, cond, part, all, f); err != nil {
			return err
		}
	}
	return nil
}

func (c tables) names(ctx context.Context, cond string, codes []string, all map[string][]standing, f func([]byte, SubjectState) error) error {
	quoted := make([]string, len(codes))
	for i, code := range codes {
		quoted[i] = quote(code)
	}
	var code, unit, id, name proto.ColStr
	var version proto.ColUInt32
	into := proto.Results{{Data: &code}, {Data: &unit}, {Data: &id}, {Data: &version}, {Data: &name}}
	query := "SELECT uscc, CAST(unit, 'String'), record_id, version, JSONExtractString(data, 'name') FROM " + ddl.Records +
		" WHERE " + cond + " AND op = 'upsert' AND status = 'ACCEPTED' AND uscc IN (" + strings.Join(quoted, ", ") + ")"
	names := map[string]map[string]bool{}
	err := selectNative(ctx, c.s, query, into, func(rows int) error {
		for i := range rows {
			s := standing{unit.Row(i), id.Row(i), version[i]}
			if k := code.Row(i); slices.Contains(all[k], s) {
				if names[k] == nil {
					names[k] = map[string]bool{}
				}
				names[k][record.FoldName(name.Row(i))] = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range codes {
		s := Known
		if len(names[k]) > 1 {
			s = Ambiguous
		}
		if err := f([]byte(k), s); err != nil {
			return err
		}
	}
	return nil
}

// quote makes a string literal.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// noDay is ddl.NoDate in days.
var noDay = func() int32 {
	d, ok := record.ParseDate(ddl.NoDate)
	if !ok {
		panic("restrict: " + ddl.NoDate + " is no date")
	}
	return int32(d)
}()

// entriesQuery reads in the order of the table's key. Names that this version
// knows become numbers on the way.
func entriesQuery(cut uint64) string {
	lists, numbers := numbered(list.CodeEnd, func(i int) string { return list.Code(i).String() })
	states, stateNumbers := numbered(list.Exited+1, func(i int) string { return list.State(i).String() })
	day := func(c string) string { return "toInt32(" + c + ")" }
	return fmt.Sprintf("SELECT entry_id, seq, uscc, CAST(transform(list, %s, %s, toUInt8(0)), 'UInt8'), CAST(transform(state, %s, %s, toUInt8(0)), 'UInt8'), "+
		"cause, document_no, CAST(decided_by, 'String'), %s, %s, %s, %s, annotated, gone FROM %s WHERE seq < %d ORDER BY uscc, entry_id, seq",
		lists, numbers, states, stateNumbers, day("decided_on"), day("served_on"), day("since"), day("until"), ddl.Entries, cut)
}

// numbered gives two array literals: names, and their numbers.
func numbered[T ~uint8](end T, name func(int) string) (names, numbers string) {
	var a, b []string
	for i := 1; i < int(end); i++ {
		a = append(a, quote(name(i)))
		b = append(b, fmt.Sprintf("toUInt8(%d)", i))
	}
	return "[" + strings.Join(a, ", ") + "]", "[" + strings.Join(b, ", ") + "]"
}

// Entries reads all versions of all entries before the cut and keeps of each
// (code, entry) the last.
func (c tables) Entries(ctx context.Context, h *Head, f func(*list.Entry) error) error {
	if h.cut() == 0 {
		return nil
	}
	r := newEntryReader()
	err := selectNative(ctx, c.s, entriesQuery(h.cut()), r.into(), func(rows int) error {
		for i := range rows {
			if !r.same(i) {
				if err := r.flush(f); err != nil {
					return err
				}
			}
			r.keep(i)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.flush(f)
}

// entryReader holds the last row seen, whose block may be gone.
type entryReader struct {
	id, code, cause, document, by     proto.ColStr
	seq                               proto.ColUInt64
	list, state                       proto.ColUInt8
	decidedOn, servedOn, since, until proto.ColInt32
	annotated, gone                   proto.ColBool
	held                              list.Entry
	heldGone, some                    bool
	text                              [5][]byte // id, code, cause, document, by of held
}

func newEntryReader() *entryReader { return new(entryReader) }

func (r *entryReader) into() proto.Results {
	return proto.Results{{Data: &r.id}, {Data: &r.seq}, {Data: &r.code}, {Data: &r.list}, {Data: &r.state}, {Data: &r.cause},
		{Data: &r.document}, {Data: &r.by}, {Data: &r.decidedOn}, {Data: &r.servedOn}, {Data: &r.since}, {Data: &r.until},
		{Data: &r.annotated}, {Data: &r.gone}}
}

// same tells whether row i is about the entry and code that are held.
func (r *entryReader) same(i int) bool {
	return r.some && bytes.Equal(r.text[0], r.id.RowBytes(i)) && bytes.Equal(r.text[1], r.code.RowBytes(i))
}

// keep holds row i.
func (r *entryReader) keep(i int) {
	for j, c := range [...]*proto.ColStr{&r.id, &r.code, &r.cause, &r.document, &r.by} {
		r.text[j] = append(r.text[j][:0], c.RowBytes(i)...)
	}
	day := func(d int32) record.Date {
		if d == noDay {
			return record.NoDate
		}
		return record.Date(d)
	}
	r.held = list.Entry{
		ID: borrow(r.text[0]), USCC: borrow(r.text[1]), Cause: borrow(r.text[2]), DocumentNo: borrow(r.text[3]), DecidedBy: borrow(r.text[4]),
		List: list.Code(r.list[i]), State: list.State(r.state[i]), Annotated: r.annotated[i],
		DecidedOn: day(r.decidedOn[i]), ServedOn: day(r.servedOn[i]), Since: day(r.since[i]), Until: day(r.until[i]),
		ExitedOn: record.NoDate,
	}
	r.heldGone, r.some = r.gone[i], true
}

func (r *entryReader) flush(f func(*list.Entry) error) error {
	if !r.some || r.heldGone {
		return nil
	}
	r.some = false
	return f(&r.held)
}

// borrow is a string over bytes that change later.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
