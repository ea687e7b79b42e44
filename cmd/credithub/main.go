// Command credithub is the enterprise credit information sharing and
// joint-punishment hub (企业信用信息共享与联合惩戒平台): one binary that is the
// whole hub (up), each of its parts, and its tools. This package only wires.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"credithub/deploy/platform/config"
	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/node"
)

// cli is the command line. Commands that outsiders use are described in the
// README; broker, engine and ingest are what up starts as child
// processes.
type cli struct {
	Version  kong.VersionFlag `help:"Print the version."`
	Config   string           `help:"Configuration file, hub.yaml." type:"existingfile" placeholder:"FILE" env:"CREDITHUB_CONFIG"`
	LogLevel slog.Level       `help:"Least level that is logged." default:"info" env:"CREDITHUB_LOG_LEVEL"`

	Up         upCmd         `cmd:"" help:"Run the whole hub on one machine."`
	Ingest     ingestCmd     `cmd:"" help:"Run ingest alone: consume, verify, write; with --listen also accept pushes."`
	Query      queryCmd      `cmd:"" help:"Run a query node alone: GraphQL, pages."`
	Broker     brokerCmd     `cmd:"" help:"Run the embedded Kafka broker alone."`
	Engine     engineCmd     `cmd:"" help:"Run the embedded ClickHouse engine alone."`
	Migrate    migrateCmd    `cmd:"" help:"Bring ClickHouse and Kafka to the desired state."`
	Repair     repairCmd     `cmd:"" help:"Make a damaged broker log go on behind what is stored; the hub is down meanwhile."`
	Token      tokenCmd      `cmd:"" help:"Print a bearer token of the development issuer."`
	Push       pushCmd       `cmd:"" help:"Send NDJSON, CSV or XLSX files; exit 0 every row counts, 5 some were rejected, 6 durable but their outcome was not told in time, 1 error."`
	Check      checkCmd      `cmd:"" help:"Ask one check; exit 0 clear, 3 hit, 4 unknown, stale or ambiguous, 1 error."`
	Person     personKeyCmd  `cmd:"" name:"person-key" help:"Print the keyed hash of an identity number that is read from standard input, never an argument."`
	Gen        genCmd        `cmd:"" help:"Make reproducible synthetic data and its truth."`
	Bench      benchCmd      `cmd:"" help:"Measure, beside the limit of the same run."`
	Key        keyCmd        `cmd:"" help:"Manage keys of units for signed Kafka messages."`
	Conf       configCmd     `cmd:"" name:"config" help:"Check or show the configuration."`
	Completion completionCmd `cmd:"" help:"Print completions for a shell."`
	Audit      auditCmd      `cmd:"" help:"Work with the audit log."`
}

// exitError carries an exit status that is not an error to report.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() {
	var c cli
	file := &fromFile{conf: &config.Config{}}
	k := kong.Parse(&c, kong.Name("credithub"), kong.UsageOnError(), kong.Exit(func(code int) { os.Exit(min(code, 1)) }), kong.Vars{"data": node.DefaultDataDir(), "version": version()},
		kong.Resolvers(file), kong.Bind(file, file.conf),
		kong.Description("Enterprise credit information sharing and joint-punishment hub (企业信用信息共享与联合惩戒平台)."))
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel})))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	err := file.err
	if err == nil || k.Selected().Parent.Name == "config" {
		err = k.Run()
	}
	var code exitError
	switch {
	case errors.As(err, &code):
		stop()
		os.Exit(int(code)) //nolint:gocritic // stop has run
	case err != nil && !errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "credithub:", err)
		stop()
		os.Exit(1)
	}
}

// version is what was built, by the repository's revision.
func version() string {
	b := metrics.Build()
	v := "credithub " + b.Version
	if b.Revision != "" {
		v += " " + b.Revision
	}
	if b.Modified {
		v += " (modified)"
	}
	return v + " " + b.Go
}
