// Package migrate brings a ClickHouse server to the state that schema/ddl
// describes: it reads the server's own tables, asks ddl for the difference, and
// executes that.
//
// It promises that a second run does nothing, that several processes may run it
// at once, and that a run which was cut off can be repeated. It never drops
// rows, tables or columns.
package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/deploy/platform/clickhouse"
	"credithub/schema/ddl"
)

// Options of a migration. The zero value is a single node.
type Options struct {
	Layout ddl.Layout
	Logger *slog.Logger // nil: says nothing
}

// Apply migrates and tells in words what it changed; nothing when the server was
// up to date. The database of db need not exist yet; it is the one migrated
// unless the layout names another.
func Apply(ctx context.Context, db *clickhouse.DB, opts Options) ([]string, error) {
	if db == nil {
		return nil, errors.New("migrate: no database")
	}
	opts.Layout.Database = cmp.Or(opts.Layout.Database, db.Database())
	if err := ensureDatabase(ctx, db, opts.Layout); err != nil {
		return nil, err
	}
	return apply(ctx, db.Conn(), opts, ddl.Desired())
}

// ensureDatabase creates the database when the server doesn't know it. An
// account that may not see other databases needs no right to, as long as its own
// exists.
func ensureDatabase(ctx context.Context, db *clickhouse.DB, l ddl.Layout) error {
	err := db.Ping(ctx)
	if code, ok := clickhouse.Code(err); err == nil || !ok || code != clickhouse.CodeUnknownDatabase {
		return err
	}
	system, err := db.System()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer system.Close()
	if err := system.Conn().Exec(ctx, l.CreateDatabase()); err != nil {
		return fmt.Errorf("migrate: create database %s: %w", l.Database, err)
	}
	return nil
}

// server is the part of driver.Conn that is used.
type server interface {
	Exec(ctx context.Context, query string, args ...any) error
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

func apply(ctx context.Context, s server, opts Options, desired ddl.Schema) ([]string, error) {
	log := cmp.Or(opts.Logger, slog.New(slog.DiscardHandler))
	steps, err := plan(ctx, s, opts.Layout, desired)
	if err != nil {
		return nil, err
	}
	done := make([]string, 0, len(steps))
	for _, step := range steps {
		for _, q := range step.SQL(opts.Layout) {
			if err := s.Exec(ctx, q); err != nil {
				return done, fmt.Errorf("migrate: %s: %w", step, err)
			}
		}
		log.Info("migrated", "step", step.String())
		done = append(done, step.String())
	}
	if len(done) == 0 {
		return nil, nil
	}
	// What the server says afterwards is what counts.
	if steps, err = plan(ctx, s, opts.Layout, desired); err != nil {
		return done, err
	}
	if len(steps) > 0 {
		return done, fmt.Errorf("migrate: server does not keep what it was told: %s is still to do", steps[0])
	}
	return done, nil
}

func plan(ctx context.Context, s server, l ddl.Layout, desired ddl.Schema) ([]ddl.Statement, error) {
	have, err := current(ctx, s, l)
	if err != nil {
		return nil, err
	}
	steps, err := ddl.Diff(have, desired)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return steps, nil
}

// current reads the state of the tables that hold rows. A table of a cluster
// counts only when its distributed face is there too.
func current(ctx context.Context, s server, l ddl.Layout) (ddl.Schema, error) {
	var out ddl.Schema
	faces := map[string]bool{}
	err := each(ctx, s, "SELECT name, engine, engine_full, sorting_key, comment FROM system.tables WHERE database = ? ORDER BY name",
		l.Database, func(rows driver.Rows) error {
			var name, engine, full, key, comment string
			if err := rows.Scan(&name, &engine, &full, &key, &comment); err != nil {
				return err
			}
			faces[name] = true
			base, ok := base(l, name)
			if !ok || !strings.HasSuffix(engine, "MergeTree") {
				return nil
			}
			out.Tables = append(out.Tables, table(base, engine, full, key, comment))
			return nil
		})
	if err != nil {
		return out, fmt.Errorf("migrate: read tables: %w", err)
	}
	for i := 0; i < len(out.Tables); {
		if !faces[out.Tables[i].Name] {
			out.Tables = append(out.Tables[:i], out.Tables[i+1:]...)
			continue
		}
		i++
	}
	return out, parts(ctx, s, l, &out)
}

// base is the table's name in ddl.
func base(l ddl.Layout, name string) (string, bool) {
	if l.Cluster == "" {
		return name, true
	}
	return strings.CutSuffix(name, ddl.LocalSuffix)
}

// parts reads columns, indices and projections.
func parts(ctx context.Context, s server, l ddl.Layout, out *ddl.Schema) error {
	find := func(name string) *ddl.Table {
		b, ok := base(l, name)
		if !ok {
			return nil
		}
		return out.Table(b)
	}
	err := each(ctx, s, "SELECT table, name, type, default_expression FROM system.columns WHERE database = ? ORDER BY table, position",
		l.Database, func(rows driver.Rows) error {
			var t string
			var c ddl.Column
			err := rows.Scan(&t, &c.Name, &c.Type, &c.Default)
			if x := find(t); err == nil && x != nil {
				x.Columns = append(x.Columns, c)
			}
			return err
		})
	if err != nil {
		return fmt.Errorf("migrate: read columns: %w", err)
	}
	err = each(ctx, s, "SELECT table, name, expr, type_full, granularity FROM system.data_skipping_indices WHERE database = ? ORDER BY table, name",
		l.Database, func(rows driver.Rows) error {
			var t string
			var x ddl.Index
			var n uint64
			err := rows.Scan(&t, &x.Name, &x.Expr, &x.Type, &n)
			x.Granularity = int(n)
			if h := find(t); err == nil && h != nil {
				h.Indices = append(h.Indices, x)
			}
			return err
		})
	if err != nil {
		return fmt.Errorf("migrate: read indices: %w", err)
	}
	err = each(ctx, s, "SELECT table, name, query FROM system.projections WHERE database = ? ORDER BY table, name",
		l.Database, func(rows driver.Rows) error {
			var t string
			var p ddl.Projection
			err := rows.Scan(&t, &p.Name, &p.Query)
			if x := find(t); err == nil && x != nil {
				x.Projections = append(x.Projections, p)
			}
			return err
		})
	if err != nil {
		return fmt.Errorf("migrate: read projections: %w", err)
	}
	return nil
}

// table reads engine, version, key and settings as the server prints them, for
// example "ReplacingMergeTree(recorded_at) ORDER BY (name, uscc) SETTINGS
// index_granularity = 256".
func table(name, engine, full, key, comment string) ddl.Table {
	t := ddl.Table{Name: name, Comment: comment, Engine: strings.TrimPrefix(engine, "Replicated")}
	head, settings, _ := strings.Cut(full, " SETTINGS ")
	if args, ok := strings.CutPrefix(head, engine+"("); ok {
		args, _, _ = strings.Cut(args, ") ")
		list := strings.Split(args, ", ")
		if strings.HasPrefix(engine, "Replicated") && len(list) >= 2 {
			list = list[2:] // path in the keeper and name of the replica
		}
		t.Version = strings.Join(list, ", ")
	}
	for _, c := range strings.Split(strings.Trim(key, "()"), ", ") {
		if c != "" {
			t.OrderBy = append(t.OrderBy, c)
		}
	}
	for _, kv := range strings.Split(settings, ", ") {
		if k, v, ok := strings.Cut(kv, " = "); ok {
			t.Settings = append(t.Settings, ddl.Setting{Name: k, Value: v})
		}
	}
	return t
}

func each(ctx context.Context, s server, query, database string, row func(driver.Rows) error) error {
	rows, err := s.Query(ctx, query, database)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
