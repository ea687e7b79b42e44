package engine_test

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"credithub/deploy/testing/embedtest"
)

// An unmodified clickhouse-go must find what it expects of a server.
func TestClient(t *testing.T) {
	dsn := embedtest.Engine(t)
	t.Run("types", func(t *testing.T) { testTypes(t, dsn) })
	t.Run("compression", func(t *testing.T) { testCompression(t, dsn) })
	t.Run("parameters", func(t *testing.T) { testParameters(t, dsn) })
	t.Run("exceptions", func(t *testing.T) { testExceptions(t, dsn) })
	t.Run("engines", func(t *testing.T) { testEngines(t, dsn) })
}

func testTypes(t *testing.T, dsn string) {
	conn := open(t, dsn)
	exec(t, conn, `CREATE TABLE types (
		lc LowCardinality(String), lcn LowCardinality(Nullable(String)), dec Decimal(18, 4), d64 DateTime64(3, 'UTC'), dt DateTime, d32 Date32, d Date,
		n Nullable(Int64), arr Array(String), arrarr Array(Array(UInt8)), e8 Enum8('upsert' = 1, 'retract' = 2), e16 Enum16('a' = 1000), b Bool,
		m Map(String, UInt64), u UUID, fs FixedString(18), i8 Int8, u64 UInt64, u128 UInt128, f64 Float64, tup Tuple(a String, b Int32), s String
	) ENGINE = MergeTree ORDER BY s`)
	u := uuid.MustParse("2f8f4d1e-1b1c-4a43-9a5c-3f6f3f2f1f0f")
	ts := time.Date(2026, 3, 2, 12, 34, 56, 789e6, time.UTC)
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	row := []any{
		"枝江", (*string)(nil), decimal.RequireFromString("12345.6789"), ts, ts.Truncate(time.Second), time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), day,
		(*int64)(nil), []string{"一", ""}, [][]uint8{{1, 2}, {}}, "retract", "a", true,
		map[string]uint64{"k": 1 << 63}, u, "91420100MA4N0A2B5Y", int8(-1), uint64(1<<64 - 1), new(big.Int).Lsh(big.NewInt(1), 100), 1.5,
		map[string]any{"a": "x", "b": int32(-5)}, "武汉示例科技有限公司",
	}
	batch, err := conn.PrepareBatch(ctx(t), "INSERT INTO types")
	if err != nil {
		t.Fatal(err)
	}
	if err := batch.Append(row...); err != nil {
		t.Fatal(err)
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var (
		lc, e8, e16, fs, s string
		lcn                *string
		dec                decimal.Decimal
		d64, dt, d32, d    time.Time
		n                  *int64
		arr                []string
		arrarr             [][]uint8
		b                  bool
		m                  map[string]uint64
		gu                 uuid.UUID
		i8                 int8
		u64                uint64
		u128               big.Int
		f64                float64
		tup                map[string]any
	)
	err = conn.QueryRow(ctx(t), "SELECT * FROM types").Scan(&lc, &lcn, &dec, &d64, &dt, &d32, &d, &n, &arr, &arrarr, &e8, &e16, &b, &m, &gu, &fs, &i8, &u64, &u128, &f64, &tup, &s)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range []any{lc, lcn, dec, d64, dt, d32, d, n, arr, arrarr, e8, e16, b, m, gu, fs, i8, u64, &u128, f64, tup, s} {
		want := row[i]
		if w, ok := want.(time.Time); ok {
			if !w.Equal(got.(time.Time)) {
				t.Errorf("column %d: got %v, want %v", i, got, want)
			}
			continue
		}
		if w, ok := want.(decimal.Decimal); ok {
			if !w.Equal(got.(decimal.Decimal)) {
				t.Errorf("column %d: got %v, want %v", i, got, want)
			}
			continue
		}
		if fmt.Sprint(got) != fmt.Sprint(want) && !reflect.DeepEqual(got, want) {
			t.Errorf("column %d: got %#v, want %#v", i, got, want)
		}
	}
}

func testCompression(t *testing.T, dsn string) {
	for _, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD, clickhouse.CompressionGZIP, clickhouse.CompressionDeflate, clickhouse.CompressionBrotli} {
		for _, coded := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s coded=%d", method, coded), func(t *testing.T) {
				conn := open(t, dsn, func(o *clickhouse.Options) {
					o.Compression = &clickhouse.Compression{Method: method, Level: 3}
					if coded == 1 {
						o.Settings = clickhouse.Settings{"enable_http_compression": 1}
					}
				})
				exec(t, conn, "CREATE TABLE IF NOT EXISTS packed (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
				exec(t, conn, "TRUNCATE TABLE packed")
				batch, err := conn.PrepareBatch(ctx(t), "INSERT INTO packed (a, s)")
				if err != nil {
					t.Fatal(err)
				}
				const rows = 100_000 // several frames
				for i := range uint64(rows) {
					if err := batch.Append(i, fmt.Sprintf("row %d", i)); err != nil {
						t.Fatal(err)
					}
				}
				if err := batch.Send(); err != nil {
					t.Fatal(err)
				}
				got, err := conn.Query(ctx(t), "SELECT a, s FROM packed ORDER BY a")
				if err != nil {
					t.Fatal(err)
				}
				defer got.Close()
				n := uint64(0)
				for ; got.Next(); n++ {
					var a uint64
					var s string
					if err := got.Scan(&a, &s); err != nil {
						t.Fatal(err)
					}
					if a != n || s != fmt.Sprintf("row %d", n) {
						t.Fatalf("row %d: got %d %q", n, a, s)
					}
				}
				if err := got.Err(); err != nil || n != rows {
					t.Fatalf("%d rows, error %v", n, err)
				}
				if n := scalar[uint64](t, conn, "SELECT count() FROM packed WHERE a < 0"); n != 0 {
					t.Fatalf("got %d", n)
				}
				var ex *clickhouse.Exception
				if err := conn.Exec(ctx(t), "SELECT nosuch"); !errors.As(err, &ex) || ex.Code != 47 {
					t.Fatalf("got %v", err)
				}
				if err := conn.QueryRow(ctx(t), "SELECT nosuch").Err(); !errors.As(err, &ex) || ex.Code != 47 {
					t.Fatalf("got %v", err)
				}
			})
		}
	}
}

func testParameters(t *testing.T, dsn string) {
	conn := open(t, dsn)
	hostile := "it's a \\ \"test\"; DROP TABLE x -- 中\n\t"
	if got := scalar[string](t, conn, "SELECT {x:String}", clickhouse.Named("x", hostile)); got != hostile {
		t.Errorf("got %q", got)
	}
	if got := scalar[string](t, conn, "SELECT ?", hostile); got != hostile {
		t.Errorf("got %q", got)
	}
	if got := scalar[[]string](t, conn, "SELECT {x:Array(String)}", clickhouse.Named("x", []string{"a'b", "中"})); !reflect.DeepEqual(got, []string{"a'b", "中"}) {
		t.Errorf("got %q", got)
	}
	day := time.Date(2026, 3, 2, 1, 2, 3, 0, time.UTC)
	if got := scalar[uint64](t, conn, "SELECT toUInt64(?) + ?", day, 1); got != uint64(day.Unix())+1 {
		t.Errorf("got %d", got)
	}
	exec(t, conn, "CREATE TABLE params (a UInt64, s String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY a")
	exec(t, conn, "INSERT INTO params VALUES (?, ?, ?)", 1, hostile, day)
	exec(t, conn, "INSERT INTO params VALUES ({a:UInt64}, {s:String}, now())", clickhouse.Named("a", 2), clickhouse.Named("s", "x"))
	if got := scalar[uint64](t, conn, "SELECT count() FROM params WHERE s = {s:String}", clickhouse.Named("s", hostile)); got != 1 {
		t.Errorf("got %d", got)
	}
	c := clickhouse.Context(ctx(t), clickhouse.WithSettings(clickhouse.Settings{"max_threads": 1, "max_block_size": 1000}), clickhouse.WithQueryID("my-query"))
	var v, id string
	if err := conn.QueryRow(c, "SELECT toString(getSetting('max_block_size')), getSetting('log_comment')").Scan(&v, &id); err != nil || v != "1000" {
		t.Errorf("got %q, error %v", v, err)
	}
	c = clickhouse.Context(ctx(t), clickhouse.WithSettings(clickhouse.Settings{"nosuch": 1}))
	var ex *clickhouse.Exception
	if err := conn.QueryRow(c, "SELECT 1").Err(); !errors.As(err, &ex) || ex.Code != 115 {
		t.Errorf("got %v", err)
	}
	c = clickhouse.Context(ctx(t), clickhouse.WithSettings(clickhouse.Settings{"max_threads": "many"}))
	if err := conn.QueryRow(c, "SELECT 1").Err(); !errors.As(err, &ex) || ex.Code != 36 {
		t.Errorf("got %v", err)
	}
}

func testExceptions(t *testing.T, dsn string) {
	conn := open(t, dsn)
	for _, c := range []struct {
		sql  string
		code int32
	}{
		{"SELECT * FROM nosuch", 60},
		{"SELECT * FROM nosuch.t", 81},
		{"SELEC 1", 62},
		{"SELECT 1; SELECT 2", 62},
		{"SELECT 'abc", 62},
		{"SELECT throwIf(number = 3) FROM numbers(10)", 395},
		{"SELECT toUInt8('x')", 6},
		{"INSERT INTO nosuch VALUES (1)", 60},
		{"CREATE TABLE t (a Nosuch) ENGINE = Memory", 50},
		{"", 62},
	} {
		var ex *clickhouse.Exception
		if err := conn.Exec(ctx(t), c.sql); !errors.As(err, &ex) || ex.Code != c.code {
			t.Errorf("%s: got %v, want code %d", c.sql, err, c.code)
		}
	}
	// After 20 blocks of rows the status has long been sent.
	rows, err := conn.Query(ctx(t), "SELECT throwIf(number = 1999999), number FROM numbers(2000000) SETTINGS max_block_size = 100000, max_threads = 1")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for rows.Next() {
		n++
	}
	var ex *clickhouse.Exception
	if err := rows.Err(); !errors.As(err, &ex) || ex.Code != 395 || n == 0 {
		t.Errorf("after %d rows: %v", n, err)
	}
	if err := rows.Close(); err != nil {
		t.Log(err)
	}
	if got := scalar[uint8](t, conn, "SELECT 1"); got != 1 {
		t.Errorf("got %d", got)
	}
}

func testEngines(t *testing.T, dsn string) {
	conn := open(t, dsn)
	exec(t, conn, "CREATE TABLE latest (k String, v UInt64, ver UInt32) ENGINE = ReplacingMergeTree(ver) ORDER BY k")
	exec(t, conn, "INSERT INTO latest VALUES ('a', 1, 1)")
	exec(t, conn, "INSERT INTO latest VALUES ('a', 2, 2), ('b', 1, 1)")
	if got := scalar[uint64](t, conn, "SELECT sum(v) FROM latest FINAL"); got != 3 {
		t.Errorf("FINAL: got %d", got)
	}

	exec(t, conn, `CREATE TABLE log (topic LowCardinality(String), partition UInt16, offset Int64, id String, INDEX ids id TYPE bloom_filter(0.01) GRANULARITY 1,
		PROJECTION positions (SELECT topic, partition, max(offset), count() GROUP BY topic, partition))
		ENGINE = MergeTree ORDER BY id SETTINGS index_granularity = 256, non_replicated_deduplication_window = 100`)
	insert := func(token string) {
		t.Helper()
		c := clickhouse.Context(ctx(t), clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": token}))
		b, err := conn.PrepareBatch(c, "INSERT INTO log")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5000 {
			if err := b.Append("credit.tax", uint16(i%4), int64(i), fmt.Sprintf("%s-%d", token, i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Send(); err != nil {
			t.Fatal(err)
		}
	}
	insert("one")
	insert("one")
	insert("two")
	if got := scalar[uint64](t, conn, "SELECT count() FROM log"); got != 10000 {
		t.Errorf("deduplication: got %d rows", got)
	}
	var top int64
	var n uint64
	if err := conn.QueryRow(ctx(t), "SELECT max(offset), count() FROM log WHERE topic = 'credit.tax' AND partition = 3 SETTINGS force_optimize_projection = 1").Scan(&top, &n); err != nil || top != 4999 || n != 2500 {
		t.Errorf("projection: got %d, %d, error %v", top, n, err)
	}
	if got := scalar[uint64](t, conn, "SELECT count() FROM log WHERE id = 'two-77' SETTINGS force_data_skipping_indices = 'ids'"); got != 1 {
		t.Errorf("skip index: got %d", got)
	}
	exec(t, conn, "ALTER TABLE log DELETE WHERE id = 'two-77' SETTINGS mutations_sync = 1")
	exec(t, conn, "DELETE FROM latest WHERE k = 'nosuch'")
	exec(t, conn, "ALTER TABLE log UPDATE offset = 0 WHERE id = 'two-78' SETTINGS mutations_sync = 1")
	if got := scalar[int64](t, conn, "SELECT sum(offset) FROM log WHERE id IN ('two-77', 'two-78')"); got != 0 {
		t.Errorf("mutation: got %d", got)
	}
	exec(t, conn, "OPTIMIZE TABLE latest FINAL")
	exec(t, conn, "CREATE MATERIALIZED VIEW sums ENGINE = SummingMergeTree ORDER BY topic AS SELECT topic, count() AS n FROM log GROUP BY topic")
	insert("three")
	if got := scalar[uint64](t, conn, "SELECT sum(n) FROM sums"); got != 5000 {
		t.Errorf("view: got %d", got)
	}
}
