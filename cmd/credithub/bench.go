package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/alecthomas/kong"

	"credithub/deploy/testing/bench"
)

type benchCmd struct {
	Ingest    benchIngestCmd    `cmd:"" help:"Kafka to ClickHouse, against bare insertion of the same rows."`
	Check     benchCheckCmd     `cmd:"" help:"Checks over HTTP, against a bare handler."`
	Entity    benchEntityCmd    `cmd:"" help:"An enterprise with its entries and records, against one bare read of ClickHouse."`
	Propagate benchPropagateCmd `cmd:"" help:"A breach sent until every query node rejects, against a bare round trip."`

	Bare    benchBareCmd    `cmd:"" hidden:"" help:"The limit of check."`
	Columns benchColumnsCmd `cmd:"" hidden:"" help:"The limit of ingest."`
	Flood   benchFloodCmd   `cmd:"" hidden:"" help:"A bulk load."`
	Child   benchChildCmd   `cmd:"" hidden:"" help:"Another command, with a CPU profile."`
}

type profileFlag struct {
	Profiles string `help:"Directory for CPU profiles of the parts." placeholder:"DIR" type:"existingdir" hidden:""`
}

type benchIngestCmd struct {
	profileFlag
	Records int    `help:"Records in the log." default:"1000000"`
	Seed    uint64 `help:"Same seed, same records." default:"1"`
	Nice    int    `help:"Lowered priority of ingest, as under up." default:"10" hidden:""`
}

// Run prints one JSON line.
func (c *benchIngestCmd) Run(ctx context.Context) error {
	if c.Records < 100_000 {
		return fmt.Errorf("bench: --records %d: fewer than 100000 are two blocks, too few to tell", c.Records)
	}
	return bench.Ingest(ctx, bench.IngestConfig{Records: c.Records, Seed: c.Seed, Nice: c.Nice, Profiles: c.Profiles}, os.Stdout)
}

type benchCheckCmd struct {
	Subjects    int           `help:"Known subjects." default:"1000000"`
	Restricted  float64       `help:"Share of them on a list." default:"0.1"`
	Connections []int         `help:"Connections, one figure each." default:"1,16,64"`
	Run_        time.Duration `name:"run" help:"Measured time of each figure." default:"10s"`
	Batch       int           `help:"Subjects of one call of checks; 0 measures none." default:"500"`
}

// Run prints one JSON line for each number of connections, and one for checks.
func (c *benchCheckCmd) Run(ctx context.Context) error {
	if c.Subjects <= c.Batch || c.Restricted < 0 || c.Restricted > 1 {
		return fmt.Errorf("bench: more subjects than --batch are needed, and --restricted within 0…1")
	}
	return bench.Check(ctx, bench.CheckConfig{Subjects: c.Subjects, Restricted: c.Restricted, Connections: c.Connections,
		Run: c.Run_, Batch: c.Batch}, os.Stdout)
}

type benchEntityCmd struct {
	Subjects    int           `help:"Known subjects." default:"100000"`
	Connections []int         `help:"Connections, one figure each." default:"1,8"`
	Run_        time.Duration `name:"run" help:"Measured time of each figure." default:"10s"`
}

// Run prints one JSON line for each number of connections.
func (c *benchEntityCmd) Run(ctx context.Context) error {
	if c.Subjects < 1 {
		return fmt.Errorf("bench: --subjects must be at least 1")
	}
	return bench.Entity(ctx, bench.EntityConfig{Subjects: c.Subjects, Connections: c.Connections, Run: c.Run_}, os.Stdout)
}

type benchPropagateCmd struct {
	profileFlag
	Nodes  int  `help:"Query nodes." default:"3"`
	Trials int  `help:"Measured trials." default:"300"`
	Load   bool `help:"Measure once more during a bulk load of another domain."`
	Nice   int  `help:"Lowered priority of ingest." default:"0" hidden:""`
}

// Run prints one JSON line for each percentile, idle and under load.
func (c *benchPropagateCmd) Run(ctx context.Context) error {
	if c.Nodes < 1 || c.Trials < 1 {
		return fmt.Errorf("bench: --nodes and --trials must be at least 1")
	}
	return bench.Propagate(ctx, bench.PropagateConfig{Nodes: c.Nodes, Trials: c.Trials, Load: c.Load, Nice: c.Nice, Profiles: c.Profiles}, os.Stdout)
}

type benchBareCmd struct {
	Listen string `required:""`
	Bytes  int    `help:"Length of the answer."`
}

// Run serves until ctx ends.
func (c *benchBareCmd) Run(ctx context.Context) error { return bench.Bare(ctx, c.Listen, c.Bytes) }

type benchColumnsCmd struct {
	Records int
	Seed    uint64
	At      int64 `help:"Time of receipt, unix ms."`
	Nice    int
}

// Run prints what it saw as JSON. The URL comes by environment, as it holds a
// password.
func (c *benchColumnsCmd) Run(ctx context.Context) error {
	return bench.Columns(ctx, bench.ColumnsConfig{ClickHouse: os.Getenv("CREDITHUB_CLICKHOUSE"), Records: c.Records, Seed: c.Seed,
		At: time.UnixMilli(c.At), Nice: c.Nice}, os.Stdout)
}

type benchFloodCmd struct {
	dataFlag
	Kafka []string `required:"" sep:"," env:"CREDITHUB_KAFKA"`
	Nice  int
}

// Run loads until ctx ends.
func (c *benchFloodCmd) Run(ctx context.Context) error {
	return bench.Flood(ctx, bench.FloodConfig{Data: c.Data, Kafka: c.Kafka, Nice: c.Nice})
}

// benchChildCmd runs another command of this program and leaves a CPU profile of
// it, so that no part needs a port for that.
type benchChildCmd struct {
	File string   `arg:"" type:"path" help:"File for the profile."`
	Args []string `arg:"" passthrough:""`
}

// Run writes the profile when the command has ended.
func (c *benchChildCmd) Run(ctx context.Context, vars kong.Vars) error {
	f, err := os.Create(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	args := c.Args
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	var inner cli
	k, err := kong.New(&inner, kong.Name("credithub"), vars)
	if err != nil {
		return err
	}
	parsed, err := k.Parse(args)
	if err != nil {
		return err
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run()
}
