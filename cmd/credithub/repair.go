package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/spool"
	"credithub/deploy/platform/supervise"
	"credithub/ingest/intake"
	"credithub/schema/ddl"
	"credithub/schema/feed"
)

type repairCmd struct {
	connectFlags
	Partitions int `help:"Partitions of topics that arrive in bulk." default:"4"`
}

// Run mends what a loss of power or a bad disk left of a stopped hub: tables that
// can't be read back, logs that end before what is stored, and damaged lines of
// the audit files. What it can't mend it names with the next step, and ends with
// an error.
func (c *repairCmd) Run(ctx context.Context) error {
	release, err := node.Lock(c.Data, 0)
	if err != nil {
		return err
	}
	defer release()
	if err := c.heldKey(); err != nil {
		return fmt.Errorf("repair: %w", err)
	}
	c.reg = metrics.New()
	// The broker takes a free port, so that no unit writes while gaps are filled.
	r := &running{cmd: &upCmd{connectFlags: c.connectFlags, Partitions: c.Partitions}, watched: supervise.NewMetrics(prometheus.NewRegistry())}
	defer r.stop()
	if err := r.start(ctx); err != nil {
		return err
	}
	defer r.hub.close()
	bad, err := r.hub.damagedParts(ctx)
	if err != nil {
		return err
	}
	if len(bad) > 0 {
		return c.rebuild(ctx, r, bad)
	}
	did, err := r.hub.fillGaps(ctx)
	if err != nil {
		return err
	}
	lines, err := r.hub.healAudit(ctx)
	if err != nil {
		return err
	}
	if !did && !lines {
		fmt.Println("nothing to repair: every table can be read back, every log reaches to what is stored of it, and the audit files are whole")
	}
	return nil
}

// fillGaps brings the logs to where what is stored ends.
func (h *hub) fillGaps(ctx context.Context) (did bool, err error) {
	gaps, err := h.gaps(ctx)
	if err != nil || len(gaps) == 0 {
		return false, err
	}
	if err := intake.Fill(ctx, h.producer, gaps); err != nil {
		return false, err
	}
	for _, g := range gaps {
		fmt.Printf("%s: filled\n", g)
	}
	last, err := h.lastStored(ctx)
	if err != nil {
		return true, err
	}
	fmt.Printf("the logs go on behind what is stored; what was accepted after %s may be lost, so let the units push it again\n", last)
	return true, nil
}

// healAudit puts back damaged lines of the audit files.
func (h *hub) healAudit(ctx context.Context) (did bool, err error) {
	dirs, err := filepath.Glob(filepath.Join(h.data, "audit", "*"))
	if err != nil {
		return false, err
	}
	var left []string
	for _, dir := range dirs {
		healed, bad, err := spool.Heal(dir, h.lostAudit(ctx))
		if err != nil {
			return did, err
		}
		if len(healed) > 0 {
			did = true
			fmt.Printf("audit/%s: %d damaged records put back, as they were stored\n", filepath.Base(dir), len(healed))
		}
		for _, seq := range bad {
			left = append(left, fmt.Sprintf("audit/%s record %d", filepath.Base(dir), seq))
		}
	}
	if len(left) > 0 {
		return did, fmt.Errorf("repair: damaged and stored nowhere else: %s. Put the file back from a backup; the hub runs without, and audit verify names the place",
			strings.Join(left, ", "))
	}
	return did, nil
}

// damagedPart is a part of a table that can't be read back.
type damagedPart struct{ table, part, why string }

// damagedParts reads every table back. On a cluster that is for the operator of
// each replica, who fetches a damaged part from another one.
func (h *hub) damagedParts(ctx context.Context) (out []damagedPart, err error) {
	if h.cluster {
		return nil, nil
	}
	for _, t := range ddl.Desired().Tables {
		rows, err := h.db.Conn().Query(ctx, "CHECK TABLE "+ddl.Quote(t.Name)+" SETTINGS check_query_single_value_result = 0, max_threads = 1")
		if err != nil {
			return out, fmt.Errorf("check table %s: %w", t.Name, err)
		}
		for rows.Next() {
			var part, why string
			var whole bool
			if err := rows.Scan(&part, &whole, &why); err != nil {
				return out, errors.Join(err, rows.Close())
			}
			if !whole {
				out = append(out, damagedPart{t.Name, part, why})
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return out, fmt.Errorf("check table %s: %w", t.Name, err)
		}
	}
	return out, nil
}

// rebuild has the tables filled again from the log where that still has all of it.
// The damaged ones are put aside, never removed.
func (c *repairCmd) rebuild(ctx context.Context, r *running, bad []damagedPart) error {
	for _, b := range bad {
		fmt.Printf("table %s: part %s is damaged: %s\n", b.table, b.part, b.why)
	}
	if c.Clickhouse != "" {
		return errors.New("repair: damaged parts of a server that is not the hub's own: fetch them from a replica, or restore the table from a backup")
	}
	cut, err := r.hub.cutLogs(ctx)
	if err != nil {
		return err
	}
	if len(cut) > 0 {
		return fmt.Errorf("repair: the log no longer holds what is in the damaged parts (%s). Restore %s from a backup; "+
			"the log then brings what came after it", strings.Join(cut, ", "), engineDir(c.Data))
	}
	r.stop()
	aside := engineDir(c.Data) + "-damaged-" + time.Now().UTC().Format("20060102T150405Z")
	if err := os.Rename(engineDir(c.Data), aside); err != nil {
		return err
	}
	// What the audit files hold is shipped again: it is known by writer and number.
	dirs, err := filepath.Glob(filepath.Join(c.Data, "audit", "*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if err := spool.ShipAgain(dir); err != nil {
			return err
		}
	}
	fmt.Printf("the log holds everything from its beginning: the next start fills the tables again from it; the damaged ones are in %s\n", aside)
	return nil
}

// cutLogs lists the logs that don't begin at their beginning any more.
func (h *hub) cutLogs(ctx context.Context) (cut []string, err error) {
	for _, t := range feed.Topics(1) {
		if t.Configs["cleanup.policy"] == "compact" || t.Name == feed.AuditTopic {
			continue // made again from the others, and from the audit files
		}
		starts, err := h.kafka.StartOffsets(ctx, t.Name)
		if errors.Is(err, kafka.ErrUnknownTopic) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for p, at := range starts {
			if at > 0 {
				cut = append(cut, fmt.Sprintf("%s/%d begins at %d", t.Name, p, at))
			}
		}
	}
	return cut, nil
}

// gaps lists the logs that end before what is stored of them.
func (h *hub) gaps(ctx context.Context) ([]intake.Gap, error) {
	st, err := intake.NewClickHouse(h.db, h.cluster)
	if err != nil {
		return nil, err
	}
	return intake.Gaps(ctx, st, h.kafka)
}

// lastStored is when the hub took the last record that is stored.
func (h *hub) lastStored(ctx context.Context) (string, error) {
	var at string
	err := h.db.Conn().QueryRow(ctx, "SELECT formatDateTime(max(recorded_at), '%Y-%m-%dT%H:%i:%SZ', 'UTC') FROM records").Scan(&at)
	return at, err
}

// unbroken demands that no log ends before what is stored of it. Intake would wait
// for ever, and whatever it was sent meanwhile would count for nobody.
func (h *hub) unbroken(ctx context.Context) error {
	gaps, err := h.gaps(ctx)
	if err != nil || len(gaps) == 0 {
		return err
	}
	more := ""
	if len(gaps) > 1 {
		more = fmt.Sprintf(", and so for %d more", len(gaps)-1)
	}
	return errors.New("the log of the broker is damaged or older than what is stored: " + gaps[0].String() + more +
		". Nothing that is stored is lost; `credithub repair` with the same --data makes the log go on behind it")
}
