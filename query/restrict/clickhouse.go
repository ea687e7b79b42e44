package restrict

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/ddl"
	"credithub/schema/feed"
	"credithub/schema/fold"
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
	return tables{s, time.Now}
}

type tables struct {
	s   Streamer
	now func() time.Time
}

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
	if err == nil && h.ahead(c.now()) {
		err = c.heard(ctx, &h)
	}
	return h, err
}

// ahead tells whether a report lies ahead of the clock.
func (h *Head) ahead(now time.Time) bool {
	return slices.ContainsFunc(h.Reports, func(r feed.Report) bool { return ahead(unixMilli(r.At), now.UnixMilli()) })
}

// heard reads the reports anew, row by row, without those that lie ahead: the
// highest of a projection hides the others.
func (c tables) heard(ctx context.Context, h *Head) error {
	var unit, domain proto.ColStr
	var at proto.ColInt64
	h.Reports = h.Reports[:0]
	query := fmt.Sprintf("SELECT CAST(unit, 'String'), CAST(domain, 'String'), toUnixTimestamp64Milli(max(recorded_at)) FROM "+ddl.Records+
		" WHERE status IN ('ACCEPTED', 'DUPLICATE', 'HEARTBEAT') AND recorded_at <= fromUnixTimestamp64Milli(toInt64(%d), 'UTC') GROUP BY unit, domain",
		c.now().UnixMilli())
	return selectNative(ctx, c.s, query, proto.Results{{Data: &unit}, {Data: &domain}, {Data: &at}}, func(rows int) error {
		for i := range rows {
			h.Reports = append(h.Reports, feed.Report{Unit: unit.Row(i), Domain: domain.Row(i), At: time.UnixMilli(at[i])})
		}
		return nil
	})
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

// Subjects reads the registrations range by range. A code is known by a record
// whose highest version is accepted and not retracted. Only where several
// records stand under one code their names are read: they make it ambiguous when
// they differ.
func (c tables) Subjects(ctx context.Context, h *Head, f func([]byte, SubjectState) error) error {
	cond := h.upTo(record.Registration)
	if cond == "" {
		return nil
	}
	cond = "domain = 'registration' AND uscc != '' AND status IN ('ACCEPTED', 'MOVED') AND " + cond
	crowded := map[string][]standing{}
	query := "SELECT uscc, CAST(unit, 'String'), record_id, version, toInt8(op), toInt8(status) FROM " + ddl.Records + " WHERE " + cond
	err := c.byRange(ctx, ddl.Records, cond, query, func() gatherer { return newSubjectRows() }, func(g gatherer) error {
		return g.(*subjectRows).emit(f, crowded)
	})
	if err != nil {
		return err
	}
	return c.crowded(ctx, cond, crowded, f)
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
				names[k][fold.Name(name.Row(i))] = true
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

// entriesQuery selects all versions before a cut. Names that this version knows
// become numbers on the way.
func entriesQuery(cut uint64) string {
	lists, numbers := numbered(list.CodeEnd, func(i int) string { return list.Code(i).String() })
	states, stateNumbers := numbered(list.Exited+1, func(i int) string { return list.State(i).String() })
	exits, exitNumbers := numbered(list.SubjectEnded+1, func(i int) string { return list.ExitType(i).String() })
	return fmt.Sprintf("SELECT entry_id, seq, uscc, CAST(transform(list, %s, %s, toUInt8(0)), 'UInt8'), CAST(transform(state, %s, %s, toUInt8(0)), 'UInt8'), "+
		"cause, document_no, CAST(decided_by, 'String'), toInt32(decided_on), toInt32(served_on), toInt32(since), toInt32(until), annotated, gone, tellers, "+
		"CAST(transform(exit_type, %s, %s, toUInt8(0)), 'UInt8'), toInt32(exited_on), persons "+
		"FROM %s WHERE %s", lists, numbers, states, stateNumbers, exits, exitNumbers, ddl.Entries, before(cut))
}

func before(cut uint64) string { return fmt.Sprintf("seq < %d", cut) }

// numbered gives two array literals: names, and their numbers.
func numbered[T ~uint8](end T, name func(int) string) (names, numbers string) {
	var a, b []string
	for i := 1; i < int(end); i++ {
		a = append(a, quote(name(i)))
		b = append(b, fmt.Sprintf("toUInt8(%d)", i))
	}
	return "[" + strings.Join(a, ", ") + "]", "[" + strings.Join(b, ", ") + "]"
}

// Entries reads all versions of all entries before the cut, range by range, and
// keeps of each (code, entry) the last.
func (c tables) Entries(ctx context.Context, h *Head, f func(*list.Entry) error) error {
	cut := h.cut()
	if cut == 0 {
		return nil
	}
	return c.byRange(ctx, ddl.Entries, before(cut), entriesQuery(cut), func() gatherer { return newEntryRows() }, func(g gatherer) error {
		return g.(*entryRows).emit(f)
	})
}
