package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/embedded/supervise"
	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/node"
	"credithub/ingest/intake"
)

type repairCmd struct {
	connectFlags
	Partitions int `help:"Partitions of topics that arrive in bulk." default:"4"`
}

// Run brings the logs of a stopped hub to where what is stored ends, and stops.
func (c *repairCmd) Run(ctx context.Context) error {
	release, err := node.Lock(c.Data)
	if err != nil {
		return err
	}
	defer release()
	c.reg = metrics.New()
	// The broker takes a free port, so that no unit writes while gaps are filled.
	r := &running{cmd: &upCmd{connectFlags: c.connectFlags, Partitions: c.Partitions}, watched: supervise.NewMetrics(prometheus.NewRegistry())}
	defer r.stop()
	if err := r.start(ctx); err != nil {
		return err
	}
	defer r.hub.close()
	gaps, err := r.hub.gaps(ctx)
	if err != nil {
		return err
	}
	if len(gaps) == 0 {
		fmt.Println("nothing to repair: every log reaches to what is stored of it")
		return nil
	}
	if err := intake.Fill(ctx, r.hub.producer, gaps); err != nil {
		return err
	}
	for _, g := range gaps {
		fmt.Printf("%s: filled\n", g)
	}
	last, err := r.hub.lastStored(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("the logs go on behind what is stored; what was accepted after %s may be lost, so let the units push it again\n", last)
	return nil
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
