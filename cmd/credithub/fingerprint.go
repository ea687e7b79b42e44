package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/node"
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

// sameKey demands that the stamps of this process are those under which the data
// in ClickHouse were written. The first process to ask says which they are.
func (h *hub) sameKey(ctx context.Context) error {
	for range 2 {
		mark, err := h.storedMark(ctx)
		switch {
		case err != nil:
			return err
		case mark == h.stampMark:
			return nil
		case mark != "":
			return fmt.Errorf("secrets/%s has the fingerprint %s, but the data in ClickHouse were written under %s: "+
				"what is in the log would count for nobody. Put back the secret that belongs to these data, or name the data directory that does",
				stampKeyName, h.stampMark, mark)
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
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}
