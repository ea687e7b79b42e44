package restrict

import (
	"context"
	"fmt"
	"maps"
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
	"credithub/schema/stored"
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
			if stored.Status(status[i]).Alive() {
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
		" WHERE "+stored.SignOfLife+" AND recorded_at <= fromUnixTimestamp64Milli(toInt64(%d), 'UTC') GROUP BY unit, domain",
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
	cond = foldedOf(record.Registration) + " AND " + cond
	crowded := map[string][]version{}
	query := "SELECT " + newBlock(subjectColumns).selected() + " FROM " + ddl.Records + " WHERE " + cond
	err := c.byRange(ctx, ddl.Records, cond, query, func() gatherer { return newSubjectRows() }, func(g gatherer) error {
		return g.(*subjectRows).emit(f, crowded)
	})
	if err != nil {
		return err
	}
	return c.crowded(ctx, cond, crowded, f)
}

// foldedOf is the condition on the rows of a domain that stand under a code and count.
func foldedOf(d record.Domain) string {
	return "domain = " + quote(d.String()) + " AND uscc != '' AND " + stored.Counts
}

// crowdedBatch is how many codes one question for names is about.
const crowdedBatch = 500

// crowded reads the names of records that share a code and tells whether they
// agree.
func (c tables) crowded(ctx context.Context, cond string, all map[string][]version, f func([]byte, SubjectState) error) error {
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

func (c tables) names(ctx context.Context, cond string, codes []string, all map[string][]version, f func([]byte, SubjectState) error) error {
	quoted := make([]string, len(codes))
	for i, code := range codes {
		quoted[i] = quote(code)
	}
	var code, unit, id, name proto.ColStr
	var number proto.ColUInt32
	into := proto.Results{{Data: &code}, {Data: &unit}, {Data: &id}, {Data: &number}, {Data: &name}}
	query := "SELECT uscc, CAST(unit, 'String'), record_id, version, JSONExtractString(data, 'name') FROM " + ddl.Records +
		" WHERE " + cond + " AND " + stored.Holds("status", "op") + " AND uscc IN (" + strings.Join(quoted, ", ") + ")"
	names := map[string]map[string]bool{}
	err := selectNative(ctx, c.s, query, into, func(rows int) error {
		for i := range rows {
			s := version{unit.Row(i), id.Row(i), number[i]}
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
		// That records hold was seen before, whatever their names.
		if err := f([]byte(k), max(Known, stored.SubjectOf(maps.Keys(names[k])))); err != nil {
			return err
		}
	}
	return nil
}

// quote makes a string literal.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// entriesQuery selects all versions before a cut.
func entriesQuery(cut uint64) string {
	return "SELECT " + newBlock(entryColumns).selected() + " FROM " + ddl.Entries + " WHERE " + before(cut)
}

func before(cut uint64) string { return fmt.Sprintf("seq < %d", cut) }

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
