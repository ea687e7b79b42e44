package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/sleep"
	"credithub/schema/ddl"
)

// stampKeyName is the secret under which the hub vouches for what it writes to
// Kafka. Under another one nothing counts that is in the log.
const stampKeyName = "stamp.key"

// stampKey reads the secret, or makes it; beside any of the folders that hold
// something it is not made anew.
func stampKey(data string, folders ...string) (secret []byte, made bool, err error) {
	return node.OldSecret(data, stampKeyName, folders...)
}

// heldKey is for a start that brings up parts of its own, which make folders: the
// secret is not made anew beside data, nor is it another than that of the log.
func (c *connectFlags) heldKey() error {
	secret, made, err := stampKey(c.Data, "broker", "engine", "audit")
	if err != nil {
		return err
	}
	c.stampMade = made
	return logKey(c.Data, node.Fingerprint(stampKeyName, secret))
}

// logMark holds the fingerprint beside the log of the embedded broker, which is
// there also when the tables are lost.
func logMark(data string) string { return filepath.Join(brokerDir(data), "stamp.fingerprint") }

// logKey demands that the log of the embedded broker was written under a secret.
// One that tells nothing may be older than the file.
func logKey(data, mark string) error {
	b, err := os.ReadFile(logMark(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("fingerprint of %s: %w", stampKeyName, err)
	}
	if was := strings.TrimSpace(string(b)); was != "" && was != mark {
		return otherKey("the log of the broker was", mark, was)
	}
	return nil
}

// noteKey keeps the fingerprint beside the log of the embedded broker.
func noteKey(data, mark string) error {
	if _, err := os.Stat(brokerDir(data)); err != nil {
		return nil //nolint:nilerr // no embedded broker here
	}
	if b, err := os.ReadFile(logMark(data)); err == nil && strings.TrimSpace(string(b)) == mark {
		return nil
	}
	if err := node.ReplaceFile(logMark(data), []byte(mark+"\n")); err != nil {
		return fmt.Errorf("fingerprint of %s: %w", stampKeyName, err)
	}
	return nil
}

func otherKey(what, mark, was string) error {
	return fmt.Errorf("secrets/%s has the fingerprint %s, but %s written under %s: "+
		"what is in the log would count for nobody. Put back the secret that belongs to these data, or name the data directory that does",
		stampKeyName, mark, what, was)
}

// sameKey demands that the stamps of this process are those under which the log and
// the data in ClickHouse were written. The first process to ask says which they are.
func (h *hub) sameKey(ctx context.Context) error {
	if err := logKey(h.data, h.stampMark); err != nil {
		return err
	}
	if err := h.sameStored(ctx); err != nil {
		return err
	}
	return noteKey(h.data, h.stampMark)
}

func (h *hub) sameStored(ctx context.Context) error {
	for range 2 {
		mark, err := h.storedMark(ctx)
		switch {
		case err != nil:
			return err
		case mark == h.stampMark:
			return nil
		case mark != "":
			return otherKey("the data in ClickHouse were", h.stampMark, mark)
		}
		if err := h.mayMark(ctx); err != nil {
			return err
		}
		if err := h.db.Conn().Exec(ctx, "INSERT INTO "+ddl.Quote(ddl.Fingerprints)+" (name, fingerprint, at) VALUES (?, ?, ?)",
			stampKeyName, h.stampMark, time.Now().UTC()); err != nil {
			return fmt.Errorf("fingerprint of %s: %w", stampKeyName, err)
		}
	}
	return nil
}

// mayMark refuses a secret that was made just now for data that are there already.
func (h *hub) mayMark(ctx context.Context) error {
	if !h.stampMade {
		return nil
	}
	var rows uint64
	if err := h.db.Conn().QueryRow(ctx, "SELECT count() FROM (SELECT 1 FROM "+ddl.Quote(ddl.Records)+" LIMIT 1)").Scan(&rows); err != nil {
		return fmt.Errorf("fingerprint of %s: %w", stampKeyName, err)
	}
	if rows == 0 {
		return nil
	}
	_ = os.Remove(filepath.Join(h.data, "secrets", stampKeyName)) // made by this process, and nothing was written under it
	return fmt.Errorf("secrets/%s: %w", stampKeyName, node.ErrLost)
}

// storedMark is the fingerprint of the data, "" without any.
func (h *hub) storedMark(ctx context.Context) (string, error) {
	var mark string
	err := h.db.Conn().QueryRow(ctx, "SELECT argMin(fingerprint, (at, fingerprint)) FROM "+ddl.Quote(ddl.Fingerprints)+" WHERE name = ?", stampKeyName).Scan(&mark)
	if err != nil {
		return "", fmt.Errorf("fingerprint of %s: %w", stampKeyName, err)
	}
	return mark, nil
}

// keepKey is sameKey for parts that don't migrate: it waits until ClickHouse can
// be asked, and ends the part when the key is another.
func (h *hub) keepKey(ctx context.Context) error {
	for {
		err := h.sameKey(ctx)
		code, _ := clickhouse.Code(err)
		unmigrated := code == clickhouse.CodeUnknownTable || code == clickhouse.CodeUnknownDatabase
		if err == nil || !unmigrated && !clickhouse.Passing(err) {
			return err
		}
		h.log.Warn("the fingerprint of the data can't be asked yet", "error", err)
		if !sleep.For(ctx, time.Second) {
			return nil
		}
	}
}
