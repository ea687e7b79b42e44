package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/sleep"
	"credithub/deploy/platform/spool"
	"credithub/ingest/intake"
	"credithub/ingest/sink"
	"credithub/schema/audit"
	"credithub/schema/feed"
)

// auditKeyName is the secret under which heads of audit chains are kept.
const auditKeyName = "audit.key"

func auditHeads(data string) (*spool.Heads, []byte, error) {
	secret, err := node.Secret(data, auditKeyName)
	return spool.NewHeads(filepath.Join(data, "heads"), secret), secret, err
}

type auditHeadCmd struct{ dataFlag }

// Run prints a line a chain: writer, number and hash of its last record, and a code
// under the hub's secret. Kept where the hub's machine can't write, it proves later
// that nothing before it was changed or cut off.
func (c *auditHeadCmd) Run(_ context.Context) error {
	dirs, err := filepath.Glob(filepath.Join(c.Data, "audit", "*"))
	if err != nil {
		return err
	}
	var lines []string
	for _, dir := range dirs {
		var last audit.Record
		for r, err := range spool.Records(dir) {
			if err != nil {
				return fmt.Errorf("audit: %w", err)
			}
			last = r
		}
		if last.Seq == 0 {
			continue
		}
		_, secret, err := auditHeads(c.Data)
		if err != nil {
			return err
		}
		lines = append(lines, (&audit.Head{Writer: last.Writer, Seq: last.Seq, Hash: last.Hash}).Line(secret))
	}
	if len(lines) == 0 {
		return fmt.Errorf("audit: %s holds no audit record", c.Data)
	}
	for _, l := range lines {
		fmt.Println(l)
	}
	return nil
}

// remembered holds the chains against the heads that the hub remembers and those
// that were kept elsewhere. db is nil when ClickHouse is not asked.
func (c *auditVerifyCmd) remembered(ctx context.Context, db *clickhouse.DB) error {
	keep, secret, err := auditHeads(c.Data)
	if err != nil {
		return err
	}
	heads, err := keep.All()
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	mine := len(heads)
	if c.Heads != "" {
		kept, err := readHeads(c.Heads, secret)
		if err != nil {
			return err
		}
		heads = append(heads, kept...)
	}
	dirs, err := filepath.Glob(filepath.Join(c.Data, "audit", "*"))
	if err != nil {
		return err
	}
	for i := range heads {
		if err := headOnDisk(&heads[i], dirs, i < mine || db == nil); err != nil {
			return fmt.Errorf("audit: files: %w", err)
		}
		if db == nil {
			continue
		}
		if err := headStored(ctx, db, &heads[i]); err != nil {
			return fmt.Errorf("audit: clickhouse: %w", err)
		}
	}
	if len(heads) > 0 {
		fmt.Printf("heads       %d remembered and %d kept elsewhere stand in their chains\n", mine, len(heads)-mine)
	}
	return nil
}

func readHeads(path string, secret []byte) (out []audit.Head, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if s.Text() == "" {
			continue
		}
		h, err := audit.ParseHead(s.Text(), secret)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, h)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: holds no head", path)
	}
	return out, nil
}

func anew(h *audit.Head) error {
	return &audit.BrokenLink{Writer: h.Writer, Seq: h.Seq, Reason: "it is not the record that was remembered: the chain was written anew"}
}

// headOnDisk looks for a head in the files; must demands that they are there.
func headOnDisk(h *audit.Head, dirs []string, must bool) error {
	for _, dir := range dirs {
		if w, err := spool.WriterOf(dir); err != nil || w != h.Writer {
			continue
		}
		switch hash, err := spool.Hash(dir, h.Seq); {
		case err != nil:
			return err
		case hash == "":
			return &audit.BrokenLink{Writer: h.Writer, Seq: h.Seq, Reason: "it is remembered and missing"}
		case hash != h.Hash:
			return anew(h)
		}
		return nil
	}
	if !must {
		return nil
	}
	return &audit.BrokenLink{Writer: h.Writer, Seq: h.Seq, Reason: "the files of this writer are gone, and it wrote that many records"}
}

// headStored looks for a head in ClickHouse, where it must be unless it is on its
// way.
func headStored(ctx context.Context, db *clickhouse.DB, h *audit.Head) error {
	seen := false
	for r, err := range selectAudit(ctx, db, "writer = ? AND seq = ?", h.Writer, h.Seq) {
		if err != nil {
			return err
		}
		if seen = true; r.Hash != h.Hash {
			return anew(h)
		}
	}
	if seen {
		return nil
	}
	for _, err := range selectAudit(ctx, db, "writer = ? AND seq >= ?", h.Writer, h.Seq) {
		return errors.Join(err, &audit.BrokenLink{Writer: h.Writer, Seq: h.Seq, Reason: "it is remembered and missing"})
	}
	return awaited(ctx, db, h)
}

// awaited lets a head that is not stored pass for as long as it may be on its way.
func awaited(ctx context.Context, db *clickhouse.DB, h *audit.Head) error {
	for deadline := time.Now().Add(storeLag / 4); time.Now().Before(deadline); {
		if !sleep.For(ctx, 500*time.Millisecond) {
			return ctx.Err()
		}
		for r, err := range selectAudit(ctx, db, "writer = ? AND seq = ?", h.Writer, h.Seq) {
			if err != nil {
				return err
			}
			if r.Hash != h.Hash {
				return anew(h)
			}
			return nil
		}
	}
	return &audit.BrokenLink{Writer: h.Writer, Seq: h.Seq, Reason: "it is remembered and missing"}
}

// lostAudit asks ClickHouse, and the log for what is not stored yet, for records of
// a chain.
func (h *hub) lostAudit(ctx context.Context) spool.Lost {
	return func(writer string, after uint64) (out []audit.Record, err error) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		for r, err := range selectAudit(ctx, h.db, "writer = ? AND seq > ?", writer, after) {
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return h.auditTail(ctx, writer, after, out)
	}
}

// auditTail adds what lies in the log behind what is stored.
func (h *hub) auditTail(ctx context.Context, writer string, after uint64, out []audit.Record) ([]audit.Record, error) {
	st, err := intake.NewClickHouse(h.db, h.cluster)
	if err != nil {
		return nil, err
	}
	have, err := st.LogPositions(ctx)
	if err != nil {
		return nil, err
	}
	f := kafka.NewFetcher(h.kafka, feed.AuditTopic, 0, have.After(sink.Partition{Topic: feed.AuditTopic}), 0)
	for f.HighWater() < 0 || f.Offset() < f.HighWater() {
		b, err := f.Fetch(ctx)
		var gone *kafka.OutOfRangeError
		if errors.As(err, &gone) {
			return out, nil // the log was lost: it holds nothing that is not stored
		}
		if err != nil {
			return nil, err
		}
		for i := range b.Messages {
			if r, err := audit.Parse(b.Messages[i].Value); err == nil && r.Writer == writer && r.Seq > after {
				out = append(out, r)
			}
		}
	}
	return out, nil
}
