package restrict

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/deploy/platform/clickhouse"
	"credithub/query/restrict/memory"
	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/record"
)

// filled is an index that knows n subjects of which each has an entry, and n
// more that have none.
func filled(b *testing.B, n int) (*Index, []string) {
	b.Helper()
	x, err := Open(Config{Policy: testPolicy(b), Snapshot: newWorld(), Log: newWorld(), Logger: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	codes := testCodes(b, 2*n, 9)
	st := newState(x.policy, x.now)
	for i, c := range codes {
		st.subjects.Set(c, Known)
		if i < n {
			e := realistic(i, c, false)
			st.put(c, e.ID, e)
		}
	}
	st.entries.Tidy()
	x.publish(st)
	return x, codes
}

// BenchmarkCheck asks for subjects at random; half of them are restricted. 10⁷
// needs 3 GB, so it comes by CREDITHUB_BENCH_MAX only.
func BenchmarkCheck(b *testing.B) {
	most := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("CREDITHUB_BENCH_MAX")); err == nil {
		most = n
	}
	for n := 10_000; n <= most; n *= 10 {
		x, codes := filled(b, n)
		m := x.policy.Matter("SIMPLE_DEREGISTRATION")
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportMetric(x.cur.Load().entries.Size().PerCode(), "B/subject")
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				var d Decision
				for i := uint64(1); pb.Next(); i++ {
					x.CheckInto(&d, codes[i*0x9E3779B97F4A7C15%uint64(len(codes))], m, noon, math.MaxInt)
				}
			})
		})
		b.Run(fmt.Sprintf("%d/lookup", n), func(b *testing.B) {
			st := x.cur.Load()
			for i := uint64(1); b.Loop(); i++ {
				st.entries.Of(memory.KeyOf(codes[i*0x9E3779B97F4A7C15%uint64(len(codes))]))
			}
		})
	}
}

// BenchmarkApply replaces entries of 10⁶ subjects.
func BenchmarkApply(b *testing.B) {
	x, codes := filled(b, 1_000_000)
	st := x.cur.Load()
	e := realistic(7, codes[7], false)
	b.ReportAllocs()
	for i := uint64(1); b.Loop(); i++ {
		c := codes[i*0x9E3779B97F4A7C15%uint64(len(codes)/2)]
		st.put(c, e.ID, e)
	}
}

// BenchmarkColdStart reads a snapshot of as many subjects with an entry each
// from the engine, CREDITHUB_BENCH_MAX or 10⁵. The design's limit is 20 s at 10⁷.
func BenchmarkColdStart(b *testing.B) {
	n := 100_000
	if v, err := strconv.Atoi(os.Getenv("CREDITHUB_BENCH_MAX")); err == nil {
		n = v
	}
	db := freshTables(b)
	store(b, db, testCodes(b, n, 13))
	x, err := Open(Config{Policy: testPolicy(b), Snapshot: ClickHouse(db), Log: newWorld(), Logger: quiet()})
	if err != nil {
		b.Fatal(err)
	}
	snap := ClickHouse(db)
	b.ResetTimer()
	for b.Loop() {
		h, err := snap.Head(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		st := newState(x.policy, x.now)
		if err := x.fill(context.Background(), st, &h); err != nil {
			b.Fatal(err)
		}
		if known, entries := st.subjects.Known(), st.entries.Len(); known != n || entries != n {
			b.Fatalf("%d subjects known, %d entries", known, entries)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "subjects/s")
}

// store inserts a registration and an entry of each code.
func store(b *testing.B, db plainHTTP, codes []string) {
	b.Helper()
	conn, err := clickhouse.Open(clickhouse.Config{URL: db.url.String()})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	insert := func(table string, in proto.Input) {
		if err := conn.Insert(b.Context(), table, in, clickhouse.InsertOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	const block = 50_000
	for from := 0; from < len(codes); from += block {
		var uscc, unit, domain, id, data, topic proto.ColStr
		var eid, cause, doc, by, lists, state proto.ColStr
		var offset proto.ColInt64
		var version proto.ColUInt32
		var op, status proto.ColInt8
		var seq proto.ColUInt64
		var dates [4]proto.ColDate32
		var none proto.ColDate32
		for i := from; i < min(from+block, len(codes)); i++ {
			uscc.Append(codes[i])
			unit.Append("SAMR")
			domain.Append("registration")
			id.Append(fmt.Sprintf("R-%08d", i))
			data.Append(fmt.Sprintf(`{"name":"武汉示例%08d科技有限公司","status":"1","establishedOn":"2020-01-01","domicile":"湖北省武汉市东湖新技术开发区光谷大道77号"}`, i))
			topic.Append(record.Registration.Topic())
			offset.Append(int64(i))
			version.Append(1)
			op.Append(1)
			status.Append(1)
			e := realistic(i, codes[i], false)
			eid.Append(e.ID)
			cause.Append(e.Cause)
			doc.Append(e.DocumentNo)
			by.Append(e.DecidedBy)
			lists.Append(e.List.String())
			state.Append(list.InForce.String())
			seq.Append(uint64(i) * feed.SeqPerRecord)
			for j, d := range []civil.Date{e.DecidedOn, e.ServedOn, e.Since, e.Until} {
				dates[j] = append(dates[j], proto.ToDate32(d.Time()))
			}
			none = append(none, proto.ToDate32(column.NoDay.Time()))
		}
		insert("entries", proto.Input{{Name: "entry_id", Data: eid}, {Name: "seq", Data: seq}, {Name: "uscc", Data: uscc}, {Name: "list", Data: lists},
			{Name: "state", Data: state}, {Name: "cause", Data: cause}, {Name: "document_no", Data: doc}, {Name: "decided_by", Data: by},
			{Name: "decided_on", Data: dates[0]}, {Name: "served_on", Data: dates[1]}, {Name: "since", Data: dates[2]}, {Name: "until", Data: dates[3]},
			{Name: "exited_on", Data: none}})
		insert("records", proto.Input{{Name: "uscc", Data: uscc}, {Name: "domain", Data: domain}, {Name: "unit", Data: unit}, {Name: "record_id", Data: id},
			{Name: "version", Data: version}, {Name: "op", Data: op}, {Name: "status", Data: status}, {Name: "data", Data: data},
			{Name: "topic", Data: topic}, {Name: "offset", Data: offset}})
	}
	db.rows(b, row{code: codes[0], unit: "SAMR", id: "D", op: "upsert", status: "ACCEPTED", version: 1, domain: record.Decision, offset: int64(len(codes))})
}
