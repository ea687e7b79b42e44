package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/spool"
	"credithub/schema/audit"
	"credithub/schema/ddl"
	"credithub/schema/feed"
)

type auditCmd struct {
	Head   auditHeadCmd   `cmd:"" help:"Print the head of each chain, to be kept elsewhere."`
	Verify auditVerifyCmd `cmd:"" help:"Re-compute the hash chains; name the first broken link."`
}

type auditVerifyCmd struct {
	dataFlag
	From       string `help:"First day to look at, YYYY-MM-DD." placeholder:"DATE"`
	Heads      string `help:"Heads that were kept elsewhere, as audit head printed them." type:"existingfile" placeholder:"FILE"`
	Clickhouse string `help:"ClickHouse over HTTP; the running hub's without it." placeholder:"URL" env:"CREDITHUB_CLICKHOUSE"`
}

// Run checks the chains on disk and those in ClickHouse, and holds the second
// against the first, so that a chain forged anew as a whole is found too.
func (c *auditVerifyCmd) Run(ctx context.Context) error {
	var from time.Time
	if c.From != "" {
		var err error
		if from, err = time.Parse(time.DateOnly, c.From); err != nil {
			return fmt.Errorf("audit: --from %q is not YYYY-MM-DD", c.From)
		}
	}
	dirs, err := filepath.Glob(filepath.Join(c.Data, "audit", "*"))
	if err != nil {
		return err
	}
	found := uint64(0)
	for _, dir := range dirs {
		head, err := spool.Verify(dir)
		if err != nil {
			return fmt.Errorf("audit: files of %s: %w", filepath.Base(dir), err)
		}
		if found += head.Records; head.Records == 0 {
			fmt.Printf("files       %s: no record\n", filepath.Base(dir))
			continue
		}
		fmt.Printf("files       %s: %d records intact, the last is %d\n", head.Writer, head.Records, head.Seq)
	}
	at := c.Clickhouse
	if at == "" {
		e, err := node.ReadEndpoints(c.Data)
		if errors.Is(err, os.ErrNotExist) {
			if found == 0 {
				return fmt.Errorf("audit: nothing to verify: %s holds no audit record, no hub is running on it, and no --clickhouse was given", c.Data)
			}
			fmt.Println("clickhouse  not asked: no hub is running on this data directory and no --clickhouse was given")
			return c.remembered(ctx, nil)
		}
		if err != nil {
			return err
		}
		at = e.ClickHouse
	}
	db, err := clickhouse.Open(clickhouse.Config{URL: at})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := verifyStored(ctx, db, from, dirs, found); err != nil {
		return err
	}
	return c.remembered(ctx, db)
}

// storeLag is how long a shipped record may be on its way to ClickHouse.
const storeLag = time.Minute

// verifyStored checks the chains in ClickHouse; found counts the records on disk.
func verifyStored(ctx context.Context, db *clickhouse.DB, from time.Time, dirs []string, found uint64) error {
	heads, err := audit.Verify(storedAudit(ctx, db, from), !from.IsZero())
	if err != nil {
		return fmt.Errorf("audit: clickhouse: %w", err)
	}
	if len(heads) == 0 && found == 0 {
		return errors.New("audit: nothing to verify: neither the audit files nor ClickHouse hold a record")
	}
	for _, h := range heads {
		fmt.Printf("clickhouse  %s: %d records intact, the last is %d\n", h.Writer, h.Records, h.Seq)
	}
	for _, h := range heads {
		if len(h.Breaks) > 0 {
			return fmt.Errorf("audit: clickhouse: %w", h.Breaks[0])
		}
	}
	for _, dir := range dirs {
		if err := spool.Against(dir, heads, from, time.Now().Add(-storeLag)); err != nil {
			return fmt.Errorf("audit: clickhouse: %w", err)
		}
	}
	return nil
}

// storedAudit reads the audit table in the order of its chains, from a time on.
func storedAudit(ctx context.Context, db *clickhouse.DB, from time.Time) iter.Seq2[audit.Record, error] {
	return selectAudit(ctx, db, "at >= fromUnixTimestamp64Micro(?)", max(0, from.UnixMicro()))
}

func selectAudit(ctx context.Context, db *clickhouse.DB, where string, args ...any) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		rows, err := db.Conn().Query(ctx, "SELECT writer, seq, at, actor, unit, role, action, subject, matter, case_no, purpose, outcome, digest, prev, hash FROM "+
			ddl.Quote(ddl.Audit)+" FINAL WHERE "+where+" ORDER BY writer, seq", args...)
		if err != nil {
			yield(audit.Record{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			r, err := scanAudit(rows)
			if !yield(r, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Record{}, err)
		}
	}
}

func scanAudit(rows driver.Rows) (r audit.Record, err error) {
	err = rows.Scan(&r.Writer, &r.Seq, &r.At, &r.Actor, &r.Unit, &r.Role, &r.Action, &r.Subject, &r.Matter, &r.CaseNo, &r.Purpose, &r.Outcome, &r.Digest, &r.Prev, &r.Hash)
	r.At = r.At.UTC()
	return r, err
}

// shipAudit writes records of a node's chain to Kafka, as they are.
func (h *hub) shipAudit(writer string) func(context.Context, [][]byte) error {
	key := []byte(writer)
	var msgs []kafka.Message
	return func(ctx context.Context, lines [][]byte) error {
		msgs = msgs[:0]
		for _, line := range lines {
			msgs = append(msgs, kafka.Message{Key: key, Value: line, Partition: kafka.ByKey})
		}
		_, err := h.producer.Produce(ctx, feed.AuditTopic, msgs)
		return err
	}
}
