//go:build unix

package intake

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/ingest/sink"
	"credithub/schema/feed"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// BenchmarkIntake reads one tax record a round from a full log, validates it and
// stores it.
func BenchmarkIntake(b *testing.B) {
	benchmark(b, record.Tax, func(i int, c string) rec {
		return rec{unit: "TAX", domain: "tax", kind: "arrears", id: fmt.Sprintf("TAX-2026-%08d", i), version: 1, op: "upsert", uscc: c,
			on: "2026-04-01", data: map[string]any{"taxType": "增值税" + strings.Repeat("及附加", 5), "amount": "12345.67", "asOf": "2026-03-31"}}
	})
}

// BenchmarkRegistrations is the same with names and subjects.
func BenchmarkRegistrations(b *testing.B) {
	benchmark(b, record.Registration, func(i int, c string) rec {
		r := registration(fmt.Sprintf("R-%08d", i), 1, c, "武汉示例科技有限公司")
		r.data["businessScope"] = strings.Repeat("软件开发；", 12)
		return r
	})
}

// BenchmarkDecisions is the same with entries.
func BenchmarkDecisions(b *testing.B) {
	benchmark(b, record.Decision, func(i int, c string) rec {
		return decision("SAMR", fmt.Sprintf("D-%08d", i), 1, c, fmt.Sprintf("E-%08d", i), "L03", "IN_FORCE")
	})
}

func benchmark(b *testing.B, d record.Domain, f func(i int, c string) rec) {
	h := newHub(b)
	rnd := rand.New(rand.NewPCG(1, 2))
	var msgs []kafka.Message
	size := 0
	for i := range b.N {
		c := uscc.Random(rnd, "420100", "91")
		msgs = append(msgs, h.message(d.Topic(), c, f(i, c).value()))
		size += len(msgs[len(msgs)-1].Value)
		if len(msgs) == 5000 || i == b.N-1 {
			h.send(d.Topic(), msgs...)
			msgs = msgs[:0]
		}
	}
	c := h.config()
	b.ReportMetric(float64(size)/float64(b.N), "B/record")
	cpu := cpuTime()
	b.ResetTimer()
	began := time.Now()
	h.start(c)
	want := uint64(b.N)
	for {
		var n, bad uint64
		must(b, h.db.Conn().QueryRow(context.Background(), "SELECT count(), countIf(status != 'ACCEPTED') FROM records").Scan(&n, &bad))
		if bad > 0 {
			b.Fatalf("%d rows were not accepted: %q", bad, h.rows("SELECT faults FROM records WHERE status != 'ACCEPTED' LIMIT 1"))
		}
		if n == want {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(b.N), "cpu-µs/record")
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "records/s")
}

// cpuTime is the processor time of this process, without engine and broker.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkChanges tells of one changed code a round: its share of what intake does for a
// record.
func BenchmarkChanges(b *testing.B) {
	const rows = 1000
	rnd := rand.New(rand.NewPCG(1, 2))
	codes := make([][]byte, 50_000)
	for i := range codes {
		codes[i] = []byte(uscc.Random(rnd, "420100", "91"))
	}
	seal, err := feed.NewSeal(make([]byte, 32))
	must(b, err)
	l := &lane{x: &Intake{cfg: Config{Now: time.Now}}}
	subjects := make([]derive.Subject, len(codes)) // intake knows them already
	for i := range codes {
		subjects[i] = derive.NewCodes().Subject(codes[i])
	}
	var chunks []*sink.Chunk
	b.ReportAllocs()
	var p *payload
	n, cpu := 0, cpuTime()
	for b.Loop() {
		if n%rows == 0 {
			p = &payload{domain: record.Tax, first: int64(n), changed: changed{keys: make([]derive.Subject, 0, rows)}}
			chunks = append(chunks, &sink.Chunk{Payload: p})
		}
		p.changed.note(subjects[n%len(codes)], codes[n%len(codes)])
		p.through = int64(n)
		if n++; len(chunks) == 20 && n%rows == 0 {
			for _, m := range l.changesOf(chunks) {
				seal.Append(nil, feed.ChangesTopic, m.Key, m.Value)
			}
			chunks = chunks[:0]
		}
	}
	b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/float64(b.N), "cpu-ns/record")
}
