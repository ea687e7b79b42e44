package clickhouse_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/testing/embedtest"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

func open(t *testing.T) *clickhouse.DB {
	t.Helper()
	d, err := clickhouse.Open(clickhouse.Config{URL: embedtest.Engine(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestInsertedBlocksAreRead(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	if err := d.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if err := d.Conn().Exec(ctx, `CREATE TABLE t (text String, n UInt64, d Date32, at DateTime64(3,'UTC'), flag Bool,
		low LowCardinality(String), op Enum8('upsert'=1,'retract'=2)) ENGINE = MergeTree ORDER BY n
		SETTINGS non_replicated_deduplication_window = 100`); err != nil {
		t.Fatal(err)
	}
	var (
		text proto.ColStr
		n    proto.ColUInt64
		date proto.ColDate32
		at   = new(proto.ColDateTime64).WithPrecision(proto.PrecisionMilli).WithLocation(time.UTC)
		flag proto.ColBool
		low  = new(proto.ColStr).LowCardinality()
		op   proto.ColEnum8
	)
	const rows = 50_000
	for i := range rows {
		text.Append(fmt.Sprint("企业", i))
		n.Append(uint64(i))
		date.Append(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i%1000))
		at.Append(time.UnixMilli(1772400000000 + int64(i)))
		flag.Append(i%2 == 0)
		low.Append(fmt.Sprint("unit", i%7))
		op.Append(proto.Enum8(1 + i%2))
	}
	in := proto.Input{{Name: "text", Data: &text}, {Name: "n", Data: &n}, {Name: "d", Data: &date}, {Name: "at", Data: at},
		{Name: "flag", Data: &flag}, {Name: "low", Data: low}, {Name: "op", Data: proto.Wrap(&op, `'upsert'=1,'retract'=2`)}}
	for range 2 { // the second has the token of the first
		if err := d.Insert(ctx, "t", in, clickhouse.InsertOptions{Token: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	var count, parts uint64
	if err := d.Conn().QueryRow(ctx, "SELECT count() FROM t").Scan(&count); err != nil || count != rows {
		t.Fatalf("%d rows, %v", count, err)
	}
	if err := d.Conn().QueryRow(ctx, "SELECT count() FROM system.parts WHERE table = 't' AND active").Scan(&parts); err != nil || parts != 1 {
		t.Errorf("one block became %d parts, %v", parts, err)
	}
	var gotText, gotLow, gotOp string
	var gotFlag bool
	var gotDate, gotAt time.Time
	err := d.Conn().QueryRow(ctx, "SELECT text, d, at, flag, low, op FROM t WHERE n = ?", 12345).Scan(&gotText, &gotDate, &gotAt, &gotFlag, &gotLow, &gotOp)
	if err != nil {
		t.Fatal(err)
	}
	if gotText != "企业12345" || gotLow != "unit4" || gotOp != "retract" || gotFlag || gotDate.Format(time.DateOnly) != "1900-12-12" ||
		gotAt.UnixMilli() != 1772400012345 {
		t.Errorf("read %s, %s, %s, %t, %s, %s", gotText, gotLow, gotOp, gotFlag, gotDate, gotAt)
	}
	if err := d.Insert(ctx, "absent", in, clickhouse.InsertOptions{}); err == nil {
		t.Error("inserted into a table that isn't there")
	} else if code, _ := clickhouse.Code(err); code != clickhouse.CodeUnknownTable {
		t.Errorf("code %d of %v", code, err)
	}
	if err := d.Conn().Exec(ctx, "SELECT * FROM absent"); err == nil {
		t.Error("read a table that isn't there")
	} else if code, _ := clickhouse.Code(err); code != clickhouse.CodeUnknownTable {
		t.Errorf("code %d of %v", code, err)
	}
}

func TestRunningNamesInsertsUntilTheyEnd(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	if err := d.Conn().Exec(ctx, "CREATE TABLE s (n UInt64) ENGINE = MergeTree ORDER BY n"); err != nil {
		t.Fatal(err)
	}
	if ids, err := d.Running(ctx); err != nil || len(ids) != 0 {
		t.Fatalf("%v, %v", ids, err)
	}
	slow := make(chan error, 1)
	go func() {
		slow <- d.Conn().Exec(ctx, "INSERT INTO s SELECT number FROM system.numbers WHERE sleepEachRow(0.05) = 0 LIMIT 20 SETTINGS max_block_size = 1")
	}()
	seen := false
	for !seen {
		ids, err := d.Running(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen = len(ids) > 0
		select {
		case err := <-slow:
			if !seen {
				t.Fatalf("it ended unseen: %v", err)
			}
		default:
		}
	}
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := d.Settled(wait); err != nil {
		t.Fatal(err)
	}
	var count uint64
	if err := d.Conn().QueryRow(ctx, "SELECT count() FROM s").Scan(&count); err != nil || count != 20 {
		t.Fatalf("settled with %d rows, %v", count, err)
	}
	short, cancel2 := context.WithTimeout(ctx, time.Second)
	defer cancel2()
	if err := d.Settled(short); err != nil {
		t.Error(err)
	}
}
