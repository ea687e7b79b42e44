package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/sleep"
	"credithub/ingest/derive"
	"credithub/ingest/sink"
	"credithub/schema/column"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// decisionSlice is how many decisions are sorted by the server at once.
const decisionSlice = 250_000

// ClickHouse is the Store on a server or a cluster.
type ClickHouse struct {
	db      *clickhouse.DB
	cluster bool
}

// NewClickHouse makes a Store. On a cluster an insertion is acknowledged when
// all shards and a majority of their replicas have it, and questions about it see
// what was acknowledged.
func NewClickHouse(db *clickhouse.DB, cluster bool) (*ClickHouse, error) {
	if db == nil {
		return nil, errors.New("intake: no ClickHouse")
	}
	return &ClickHouse{db: db, cluster: cluster}, nil
}

// Insert sends one block.
func (c *ClickHouse) Insert(ctx context.Context, table string, in proto.Input, token string) error {
	o := clickhouse.InsertOptions{Token: token}
	if c.cluster {
		o.Settings = map[string]string{"insert_distributed_sync": "1", "insert_quorum": "auto", "insert_quorum_parallel": "0"}
	}
	return c.db.Insert(ctx, table, in, o)
}

// Quiet passes the server's queue of writes, where an insertion that was given up
// may still wait, and then waits until those that run have ended.
func (c *ClickHouse) Quiet(ctx context.Context) error {
	if err := c.db.Conn().Exec(ctx, "INSERT INTO log_positions SELECT * FROM log_positions WHERE 0"); err != nil {
		return fmt.Errorf("intake: pass the queue of writes: %w", err)
	}
	first, err := c.db.Running(ctx)
	if err != nil {
		return err
	}
	for wait := 5 * time.Millisecond; len(first) > 0; wait = min(2*wait, 500*time.Millisecond) {
		if !sleep.For(ctx, wait) {
			return fmt.Errorf("intake: %d insertions still run: %w", len(first), context.Cause(ctx))
		}
		now, err := c.db.Running(ctx)
		if err != nil {
			return err
		}
		first = slices.DeleteFunc(first, func(id string) bool { return !slices.Contains(now, id) })
	}
	return nil
}

// consistent gives a context whose reads see what was acknowledged.
func (c *ClickHouse) consistent(ctx context.Context) context.Context {
	if !c.cluster {
		return ctx
	}
	return chgo.Context(ctx, chgo.WithSettings(chgo.Settings{"select_sequential_consistency": 1}))
}

// each runs a query and calls f with every row.
func (c *ClickHouse) each(ctx context.Context, what, query string, f func(driver.Rows) error, args ...any) error {
	rows, err := c.db.Conn().Query(c.consistent(ctx), query, args...)
	if err != nil {
		return fmt.Errorf("intake: %s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return fmt.Errorf("intake: %s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("intake: %s: %w", what, err)
	}
	return nil
}

func (c *ClickHouse) positions(ctx context.Context, what, query string, args ...any) (sink.Positions, error) {
	out := sink.Positions{}
	err := c.each(ctx, what, query, func(rows driver.Rows) error {
		var p sink.Partition
		var offset int64
		if err := rows.Scan(&p.Topic, &p.Partition, &offset); err != nil {
			return err
		}
		out[p] = offset
		return nil
	}, args...)
	return out, err
}

// Positions asks the projection of records.
func (c *ClickHouse) Positions(ctx context.Context, topics []string) (sink.Positions, error) {
	return c.positions(ctx, "positions",
		"SELECT topic, partition, max(offset) FROM records WHERE topic IN (?) GROUP BY topic, partition", topics)
}

// Learned asks the same projection.
func (c *ClickHouse) Learned(ctx context.Context, topics []string) (map[sink.Partition]time.Time, error) {
	out := map[sink.Partition]time.Time{}
	err := c.each(ctx, "last times", "SELECT topic, partition, max(recorded_at) FROM records WHERE topic IN (?) GROUP BY topic, partition",
		func(rows driver.Rows) error {
			var p sink.Partition
			var at time.Time
			if err := rows.Scan(&p.Topic, &p.Partition, &at); err != nil {
				return err
			}
			out[p] = at
			return nil
		}, topics)
	return out, err
}

// Fed asks how far the feed is reflected by rows.
func (c *ClickHouse) Fed(ctx context.Context, topics []string) (map[string]int64, error) {
	out := map[string]int64{}
	err := c.each(ctx, "places in the feed", "SELECT topic, max(feed_offset) FROM records WHERE topic IN (?) GROUP BY topic",
		func(rows driver.Rows) error {
			var topic string
			var offset int64
			if err := rows.Scan(&topic, &offset); err != nil {
				return err
			}
			out[topic] = offset
			return nil
		}, topics)
	return out, err
}

// LogPositions asks how far the log topics are stored.
func (c *ClickHouse) LogPositions(ctx context.Context) (sink.Positions, error) {
	return c.positions(ctx, "positions of log topics",
		"SELECT topic, partition, max(offset) FROM log_positions GROUP BY topic, partition")
}

// Versions reads the accepted versions of a topic's records.
func (c *ClickHouse) Versions(ctx context.Context, topic string, names bool, sieve string, f func(*Version) error) error {
	name, data := "''", "''"
	if sieve != "" {
		data = "if(" + sieve + ", data, '')"
	}
	if names {
		name = "JSONExtractString(data, 'name')"
	}
	var v Version
	var op int8
	var day int32
	return c.each(ctx, "versions of "+topic, "SELECT unit, record_id, uscc, version, CAST(op, 'Int8') AS op_, hash, "+name+
		" AS name_, toInt32(occurred_on) AS day_, kind, "+data+" AS data_ FROM records WHERE topic = ? AND "+stored.Is(stored.Accepted),
		func(rows driver.Rows) error {
			if err := rows.Scan(&v.Unit, &v.RecordID, &v.USCC, &v.Version, &op, &v.Hash, &v.Name, &day, &v.Kind, &v.Data); err != nil {
				return err
			}
			v.Op, v.OccurredOn = record.Op(op), column.LoadDay(day)
			return f(&v)
		}, topic)
}

// Numbered reads the rows that came without a version.
func (c *ClickHouse) Numbered(ctx context.Context, topic string, f func(*Numbered) error) error {
	var n Numbered
	var id string
	var sent uint64
	return c.each(ctx, "rows of "+topic+" without a version", "SELECT unit, record_id, hash, sent FROM records WHERE topic = ? AND sent > 0 AND "+stored.Is(stored.Accepted, stored.Duplicate),
		func(rows driver.Rows) error {
			if err := rows.Scan(&n.Unit, &id, &n.Hash, &sent); err != nil {
				return err
			}
			n.RecordID, n.Sent = append(n.RecordID[:0], id...), derive.Sent(sent)
			return f(&n)
		}, topic)
}

// Decisions reads the accepted decisions in the order of the log, a slice of it at
// a time.
func (c *ClickHouse) Decisions(ctx context.Context, topic string, f func(*Version) error) error {
	have, err := c.Positions(ctx, []string{topic})
	if err != nil {
		return err
	}
	end := have.After(sink.Partition{Topic: topic})
	var v Version
	var op int8
	var day int32
	for from := int64(0); from < end; from += decisionSlice {
		err := c.each(ctx, "decisions", "SELECT unit, record_id, uscc, version, CAST(op, 'Int8') AS op_, hash, kind, "+
			"toInt32(occurred_on) AS day_, data, offset FROM records WHERE topic = ? AND "+stored.Is(stored.Accepted)+
			" AND offset >= ? AND offset < ? ORDER BY offset",
			func(rows driver.Rows) error {
				err := rows.Scan(&v.Unit, &v.RecordID, &v.USCC, &v.Version, &op, &v.Hash, &v.Kind, &day, &v.Data, &v.Offset)
				if err != nil {
					return err
				}
				v.Op, v.OccurredOn = record.Op(op), column.LoadDay(day)
				return f(&v)
			}, topic, from, from+decisionSlice)
		if err != nil {
			return err
		}
	}
	return nil
}
