package migrate_test

import (
	"context"
	"strings"
	"testing"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/migrate"
	"credithub/deploy/testing/embedtest"
	"credithub/schema/ddl"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

func open(t *testing.T) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(clickhouse.Config{URL: embedtest.Engine(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestSecondRunDoesNothing(t *testing.T) {
	db, ctx := open(t), context.Background()
	first, err := migrate.Apply(ctx, db, migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != len(ddl.Desired().Tables) {
		t.Errorf("first run did %q", first)
	}
	second, err := migrate.Apply(ctx, db, migrate.Options{})
	if err != nil || len(second) != 0 {
		t.Fatalf("second run did %q, %v", second, err)
	}

	// What went missing or was changed by hand comes back, and rows stay.
	for _, q := range []string{
		"INSERT INTO names (name, uscc) VALUES ('甲', 'X')",
		"ALTER TABLE records DROP INDEX by_batch_id",
		"ALTER TABLE records DROP PROJECTION positions",
		"ALTER TABLE names DROP COLUMN current",
		"ALTER TABLE batches MODIFY COLUMN unit String",
		"ALTER TABLE records MODIFY SETTING non_replicated_deduplication_window = 5",
		"DROP TABLE log_positions",
	} {
		if err := db.Conn().Exec(ctx, q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	third, err := migrate.Apply(ctx, db, migrate.Options{})
	if err != nil || len(third) != 6 {
		t.Fatalf("third run did %q, %v", third, err)
	}
	var n uint64
	if err := db.Conn().QueryRow(ctx, "SELECT count() FROM names WHERE name = '甲' AND NOT current").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
	if again, err := migrate.Apply(ctx, db, migrate.Options{}); err != nil || len(again) != 0 {
		t.Errorf("fourth run did %q, %v", again, err)
	}
}

func TestTheServerParsesTheClusterRendering(t *testing.T) {
	db, ctx := open(t), context.Background()
	steps, err := ddl.Diff(ddl.Schema{}, ddl.Desired())
	if err != nil {
		t.Fatal(err)
	}
	l := ddl.Layout{Cluster: "hub"}
	all := []string{l.CreateDatabase()}
	for _, s := range steps {
		all = append(all, s.SQL(l)...)
	}
	for _, q := range all {
		rows, err := db.Conn().Query(ctx, "EXPLAIN AST "+q)
		if err != nil {
			t.Errorf("%s:\n%v", q, err)
			continue
		}
		if rows.Next(); rows.Err() != nil {
			t.Errorf("%s:\n%v", q, rows.Err())
		}
		rows.Close()
		if !strings.Contains(q, "ON CLUSTER `hub`") {
			t.Errorf("not on the cluster: %s", q)
		}
	}
}
