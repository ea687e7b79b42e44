package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"credithub/deploy/embedded"
	"credithub/deploy/platform/migrate"
	"credithub/schema/ddl"
	"credithub/schema/feed"
)

// brokerCmd is the broker and who may use it.
type brokerCmd struct {
	Serve brokerServeCmd `cmd:"" default:"withargs" help:"Run the broker."`
	User  brokerUserCmd  `cmd:"" help:"Manage who may use the broker."`
}

type brokerServeCmd struct {
	dataFlag
	Listen     string `help:"Loopback address." default:"127.0.0.1:9092"`
	SyncWrites bool   `help:"Write through to the disk: survives power loss, a third of the throughput."`
	Nice       int    `help:"Lowered priority, 0…19." default:"0"`
}

// Run serves until ctx ends.
func (c *brokerServeCmd) Run(ctx context.Context) error {
	users, err := embedded.OpenBrokerUsers(c.Data)
	if err != nil {
		return err
	}
	return embedded.RunBroker(ctx, embedded.BrokerConfig{
		DataDir: brokerDir(c.Data), Listen: c.Listen, SyncWrites: c.SyncWrites, Nice: c.Nice, Logger: slog.Default(),
		Users:     users,
		Compacted: []string{feed.EntriesTopic},
	})
}

type engineCmd struct {
	dataFlag
	Listen string `help:"Loopback address." default:"127.0.0.1:8123"`
	Nice   int    `help:"Lowered priority, 0…19." default:"0"`
}

// Run serves until ctx ends.
func (c *engineCmd) Run(ctx context.Context) error {
	return embedded.RunEngine(ctx, embedded.EngineConfig{
		DataDir: engineDir(c.Data), Listen: c.Listen, Nice: c.Nice, Logger: slog.Default(),
	})
}

type migrateCmd struct {
	connectFlags
	Partitions int `help:"Partitions of topics that arrive in bulk." default:"4"`
}

// Run prints what was changed.
func (c *migrateCmd) Run(ctx context.Context) error {
	h, err := c.connect()
	if err != nil {
		return err
	}
	defer h.close()
	changed, err := h.migrate(ctx, c.Partitions, c.Cluster)
	for _, s := range changed {
		fmt.Println(s)
	}
	if err == nil && len(changed) == 0 {
		fmt.Println("nothing to do")
	}
	return err
}

// migrate brings ClickHouse and Kafka to the desired state.
func (h *hub) migrate(ctx context.Context, bulk int, cluster string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	changed, err := migrate.Apply(ctx, h.db, migrate.Options{Layout: ddl.Layout{Cluster: cluster, Database: h.db.Database()}, Logger: h.log})
	if err != nil {
		return changed, err
	}
	if err := h.sameKey(ctx); err != nil {
		return changed, err
	}
	return changed, h.ensureTopics(ctx, bulk)
}
