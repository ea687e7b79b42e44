package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"credithub/deploy/gen"
	"credithub/schema/civil"
)

type genCmd struct {
	Entities    int     `help:"Number of entities." default:"1000"`
	Seed        uint64  `help:"Same seed, same bytes." default:"1"`
	Out         string  `help:"Directory to write to." required:"" type:"path"`
	Today       string  `help:"Day the data end on, YYYY-MM-DD." default:""`
	Restricted  float64 `help:"Share of entities with list entries." default:"0.1"`
	Faults      float64 `help:"Share of rows with a faulty twin." default:"0"`
	Duplicates  float64 `help:"Share of rows pushed twice." default:"0"`
	Corrections float64 `help:"Share of rows with a higher version." default:"0"`
}

// Run writes UNIT.domain.ndjson files, one a unit and domain, and truth.json.
func (c *genCmd) Run(_ context.Context) error {
	today := civil.DateOf(time.Now())
	if c.Today != "" {
		d, ok := civil.ParseDate(c.Today)
		if !ok {
			return fmt.Errorf("gen: --today %q is not YYYY-MM-DD", c.Today)
		}
		today = d
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	files := map[string]*bufio.Writer{}
	var open []*os.File
	g := gen.New(gen.Config{Entities: c.Entities, Seed: c.Seed, Today: today, Restricted: c.Restricted,
		Faults: c.Faults, Duplicates: c.Duplicates, Corrections: c.Corrections})
	truth, err := g.Run(func(it gen.Item) error {
		name := it.Unit + "." + it.Domain.String() + ".ndjson"
		w := files[name]
		if w == nil {
			f, err := os.Create(filepath.Join(c.Out, name))
			if err != nil {
				return err
			}
			open = append(open, f)
			w = bufio.NewWriterSize(f, 1<<16)
			files[name] = w
		}
		if _, err := w.Write(it.Line); err != nil {
			return err
		}
		return w.WriteByte('\n')
	})
	if err != nil {
		return err
	}
	for _, w := range files {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for _, f := range open {
		if err := f.Close(); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(truth, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Out, "truth.json"), b, 0o644)
}
