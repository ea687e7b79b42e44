package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/kafka"
	"credithub/ingest/stamp"
	"credithub/schema/ddl"
	"credithub/schema/record"
)

// ColumnsConfig says what the client of ingest's limit inserts, and where.
type ColumnsConfig struct {
	ClickHouse string // URL with user and password
	Records    int
	Seed       uint64
	At         time.Time // recorded_at of all rows
	Nice       int
}

const (
	limitTable = "bench_limit"
	limitRows  = 50_000 // of a block
)

// columns are the rows of one block of table records as clickhouse-go takes
// them, in the types that cost it least.
type columns struct {
	uscc, domain, kind, unit, recordID []string
	version                            []uint32
	op, status                         []int8
	occurredOn, recordedAt             []time.Time
	data                               []string
	hash                               []uint64
	batchID                            []string
	line                               []uint32
	faults, topic                      []string
	partition                          []uint16
	offset, feedOffset                 []int64
}

const columnNames = "uscc, domain, kind, unit, record_id, version, op, status, occurred_on, recorded_at, data, hash, " +
	"batch_id, line, faults, topic, partition, offset, feed_offset"

func (c *columns) all() []any {
	return []any{c.uscc, c.domain, c.kind, c.unit, c.recordID, c.version, c.op, c.status, c.occurredOn, c.recordedAt, c.data, c.hash,
		c.batchID, c.line, c.faults, c.topic, c.partition, c.offset, c.feedOffset}
}

// statusAccepted is ACCEPTED in column status.
const statusAccepted = 1

func (c *columns) add(row *record.Row, unit string, st stamp.Stamp, partition uint16, offset int64) {
	c.uscc = append(c.uscc, string(row.USCC))
	c.domain = append(c.domain, row.Domain.String())
	c.kind = append(c.kind, row.Kind)
	c.unit = append(c.unit, unit)
	c.recordID = append(c.recordID, string(row.RecordID))
	c.version = append(c.version, row.Version)
	c.op = append(c.op, int8(row.Op))
	c.status = append(c.status, statusAccepted)
	c.occurredOn = append(c.occurredOn, row.OccurredOn.Time())
	c.recordedAt = append(c.recordedAt, st.ReceivedAt)
	c.data = append(c.data, string(row.Data))
	c.hash = append(c.hash, row.Hash)
	c.batchID = append(c.batchID, string(st.BatchID))
	c.line = append(c.line, st.Line)
	c.faults = append(c.faults, "")
	c.topic = append(c.topic, row.Domain.Topic())
	c.partition = append(c.partition, partition)
	c.offset = append(c.offset, offset)
	c.feedOffset = append(c.feedOffset, offset)
}

// bulkPartitions is how many partitions migrate gives a bulk topic.
const bulkPartitions = 4

// prepare makes all blocks, with the positions that the rows have in the log.
func prepare(src *source) ([]*columns, error) {
	type topicPartition struct {
		d record.Domain
		p int
	}
	next := map[topicPartition]int64{}
	var blocks []*columns
	err := src.each(func(row *record.Row, unit string, st stamp.Stamp) error {
		if n := len(blocks); n == 0 || len(blocks[n-1].uscc) == limitRows {
			blocks = append(blocks, &columns{})
		}
		at := topicPartition{row.Domain, kafka.PartitionOf(row.USCC, bulkPartitions)}
		blocks[len(blocks)-1].add(row, unit, st, uint16(at.p), next[at])
		next[at]++
		return nil
	})
	return blocks, err
}

// Columns is the limit of ingest: it prepares the rows, then inserts them over
// one connection of clickhouse-go and prints what it saw as JSON. It runs as a
// process of its own, like ingest.
func Columns(ctx context.Context, cfg ColumnsConfig, out io.Writer) error {
	if err := child.Nice(cfg.Nice); err != nil {
		return err
	}
	db, err := clickhouse.Open(clickhouse.Config{URL: cfg.ClickHouse, MaxConns: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := createTwin(ctx, db); err != nil {
		return err
	}
	blocks, err := prepare(&source{rows: cfg.Records, seed: cfg.Seed, at: cfg.At, domains: bulkDomains})
	if err != nil {
		return err
	}
	if len(blocks) < 2 {
		return errors.New("bench: the limit needs more than one block of rows")
	}
	var got limited
	spent := cpuTime(os.Getpid())
	var first time.Time
	for i, b := range blocks {
		if err := insert(ctx, db.Conn(), b); err != nil {
			return err
		}
		got.All += uint64(len(b.uscc))
		if i == 0 {
			first = time.Now()
		} else {
			got.Rows += uint64(len(b.uscc))
		}
	}
	got.Elapsed, got.Client = time.Since(first), cpuTime(os.Getpid())-spent
	return json.NewEncoder(out).Encode(got)
}

func insert(ctx context.Context, conn driver.Conn, c *columns) error {
	b, err := conn.PrepareBatch(ctx, "INSERT INTO "+limitTable+" ("+columnNames+")")
	if err != nil {
		return err
	}
	for i, values := range c.all() {
		if err := b.Column(i).Append(values); err != nil {
			return fmt.Errorf("bench: column %d: %w", i, err)
		}
	}
	return b.Send()
}

// createTwin makes a table that is like records in all but its name.
func createTwin(ctx context.Context, db *clickhouse.DB) error {
	desired := ddl.Desired()
	twin := *desired.Table(ddl.Records)
	twin.Name = limitTable
	for _, sql := range (ddl.Statement{Verb: ddl.CreateTable, Table: twin}).SQL(ddl.Layout{Database: db.Database()}) {
		if err := db.Conn().Exec(ctx, sql); err != nil {
			return fmt.Errorf("bench: create %s: %w", limitTable, err)
		}
	}
	return nil
}
