package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/deploy/testing/embedtest"
)

// BenchmarkInsertNative posts blocks of 50,000 rows of 12 columns.
func BenchmarkInsertNative(b *testing.B) {
	p := embedtest.StartEngine(b, embedtest.EngineOptions{})
	conn := open(b, p.URL)
	exec(b, conn, `CREATE TABLE records (uscc String, domain LowCardinality(String), kind LowCardinality(String), unit LowCardinality(String), record_id String, version UInt32,
		recorded_at DateTime64(3, 'UTC'), data String, hash UInt64, topic LowCardinality(String), partition UInt16, offset Int64,
		PROJECTION positions (SELECT topic, partition, max(offset), count() GROUP BY topic, partition)) ENGINE = MergeTree ORDER BY (uscc, domain, unit, record_id, version, offset) SETTINGS index_granularity = 256`)
	const rows = 50_000
	var (
		uscc, id, data            proto.ColStr
		domain, kind, unit, topic = new(proto.ColStr).LowCardinality(), new(proto.ColStr).LowCardinality(), new(proto.ColStr).LowCardinality(), new(proto.ColStr).LowCardinality()
		version                   proto.ColUInt32
		at                        proto.ColInt64
		hash                      proto.ColUInt64
		part                      proto.ColUInt16
		offset                    proto.ColInt64
	)
	text := bytes.Repeat([]byte(`{"name":"x","scope":"y"},`), 12)
	for i := range rows {
		uscc.Append(fmt.Sprintf("91420100MA%08d", i*7919%rows))
		id.Append(fmt.Sprintf("R-%d", i))
		data.AppendBytes(text)
		domain.Append("tax")
		kind.Append("grade")
		unit.Append("TAX")
		topic.Append("credit.tax")
		version.Append(1)
		at.Append(1.7e12)
		hash.Append(uint64(i) * 0x9E3779B97F4A7C15)
		part.Append(uint16(i % 4))
		offset.Append(int64(i))
	}
	in := proto.Input{
		{Name: "uscc", Data: &uscc}, {Name: "domain", Data: domain}, {Name: "kind", Data: kind}, {Name: "unit", Data: unit}, {Name: "record_id", Data: &id}, {Name: "version", Data: &version},
		{Name: "recorded_at", Data: proto.Alias(&at, "DateTime64(3, 'UTC')")}, {Name: "data", Data: &data}, {Name: "hash", Data: &hash}, {Name: "topic", Data: topic}, {Name: "partition", Data: &part}, {Name: "offset", Data: &offset},
	}
	var buf proto.Buffer
	if err := (proto.Block{Rows: rows, Columns: len(in)}).EncodeRawBlock(&buf, 0, in); err != nil {
		b.Fatal(err)
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		b.Fatal(err)
	}
	u.Path, u.RawQuery = "/", url.Values{"query": {"INSERT INTO records FORMAT Native"}}.Encode()
	b.SetBytes(int64(len(buf.Buf)))
	for b.Loop() {
		resp, err := http.Post(u.String(), "application/octet-stream", bytes.NewReader(buf.Buf))
		if err != nil {
			b.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Fatalf("%s", body)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(p.RSS())/1e6, "engine-MB")
	if n := scalar[uint64](b, conn, "SELECT count() FROM records"); n != uint64(rows*b.N) {
		b.Fatalf("%d rows", n)
	}
}

// BenchmarkSelect asks for one row by its key.
func BenchmarkSelect(b *testing.B) {
	p := embedtest.StartEngine(b, embedtest.EngineOptions{})
	conn := open(b, p.URL)
	exec(b, conn, "CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a SETTINGS index_granularity = 256")
	exec(b, conn, "INSERT INTO t SELECT number, toString(number) FROM numbers(1000000)")
	for i := uint64(0); b.Loop(); i++ {
		if s := scalar[string](b, conn, "SELECT s FROM t WHERE a = ?", i%1000000); s != fmt.Sprint(i%1000000) {
			b.Fatal(s)
		}
	}
	b.ReportMetric(float64(p.RSS())/1e6, "engine-MB")
}
