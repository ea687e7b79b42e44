package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/testing/probe"
	"credithub/schema/fault"
	"credithub/schema/uscc"
)

// CheckConfig says how to measure checks.
type CheckConfig struct {
	Subjects    int           // known subjects
	Restricted  float64       // share of them on L09
	Connections []int         // one figure each
	Run         time.Duration // measured time of each figure
	Batch       int           // subjects of one call of checks
}

const (
	checkMatter = "GOVERNMENT_PROCUREMENT"
	checkQuery  = `query($u:ID!,$m:ID!){check(uscc:$u,matter:$m){outcome obligation receipt hits{obligation measure{code} entry{id documentNo}}}}`
	batchQuery  = `query($u:[ID!]!,$m:ID!){checks(usccs:$u,matter:$m){uscc outcome obligation}}`
)

// Check measures check at each number of connections and checks in batches.
// Every answer is compared with what was pushed.
func Check(ctx context.Context, cfg CheckConfig, out io.Writer) error {
	h, err := filled(ctx, cfg)
	if err != nil {
		return err
	}
	defer h.Stop()
	codes, listed := h.codes, h.listed
	l := h.officer
	for _, conns := range cfg.Connections {
		l.conns = conns
		l.body = func(r *rand.Rand) ([]byte, int) {
			i := r.IntN(len(codes))
			return fmt.Appendf(nil, `{"query":%q,"variables":{"u":%q,"m":%q}}`, checkQuery, codes[i], checkMatter), i
		}
		l.verify = func(i int, answer []byte) error {
			if bytes.Contains(answer, []byte(`"obligation":"REJECT"`)) != listed[i] {
				return fmt.Errorf("bench: wrong answer for %s (listed %t): %s", codes[i], listed[i], answer)
			}
			return nil
		}
		if err := report(ctx, l, "check", "requests/s", 1, map[string]any{"subjects": len(codes)}, out); err != nil {
			return err
		}
	}
	if cfg.Batch == 0 {
		return nil
	}
	l.conns = 2
	l.body = func(r *rand.Rand) ([]byte, int) {
		from := r.IntN(len(codes) - cfg.Batch)
		list, _ := json.Marshal(codes[from : from+cfg.Batch])
		return fmt.Appendf(nil, `{"query":%q,"variables":{"u":%s,"m":%q}}`, batchQuery, list, checkMatter), from
	}
	l.verify = func(from int, answer []byte) error {
		want := 0
		for i := from; i < from+cfg.Batch; i++ {
			if listed[i] {
				want++
			}
		}
		if got := bytes.Count(answer, []byte(`"REJECT"`)); got != want {
			return fmt.Errorf("bench: checks from %d: %d restricted, want %d", from, got, want)
		}
		return nil
	}
	return report(ctx, l, "checks", "subjects/s", cfg.Batch, map[string]any{"batch": cfg.Batch}, out)
}

// report runs the loader, then the bare handler with answers of the same length,
// and prints rates times per.
func report(ctx context.Context, l loader, name, unit string, per int, more map[string]any, out io.Writer) error {
	got, err := l.do(ctx)
	if err != nil {
		return err
	}
	limit, err := bareLimit(ctx, l, got.bytes)
	if err != nil {
		return err
	}
	more["connections"] = l.conns
	more["p50_ms"], more["p99_ms"] = ms(percentile(got.latency, 0.5)), ms(percentile(got.latency, 0.99))
	more["limit_p50_ms"], more["limit_p99_ms"] = ms(percentile(limit.latency, 0.5)), ms(percentile(limit.latency, 0.99))
	return Result{Bench: name, Figure: got.rate() * float64(per), Unit: unit, Limit: limit.rate() * float64(per), More: more}.Print(out)
}

// filledHub is a hub that knows subjects.
type filledHub struct {
	*probe.Hub
	codes   []string
	listed  []bool // those on L09
	officer loader // of GraphQL by an officer
}

// filled starts a hub and fills it.
func filled(ctx context.Context, cfg CheckConfig) (_ *filledHub, err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &filledHub{}
	if h.Hub, err = probe.Start(ctx, exe, ""); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			h.Stop()
		}
	}()
	if h.codes, h.listed, err = fill(ctx, h.Hub, cfg); err != nil {
		return nil, err
	}
	token, err := h.Token("officer", "SAMR")
	if err != nil {
		return nil, err
	}
	h.officer = loader{addr: h.Addr, path: "/graphql", header: "Authorization: Bearer " + token + "\r\n", warm: time.Second, run: cfg.Run}
	return h, nil
}

// fill pushes subjects, a share of them on L09, and waits until they are known.
func fill(ctx context.Context, h *probe.Hub, cfg CheckConfig) ([]string, []bool, error) {
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	codes, listed := make([]string, cfg.Subjects), make([]bool, cfg.Subjects)
	seen := make(map[string]bool, cfg.Subjects) // a million draws of these codes hold hundreds of pairs
	var last client.Batch
	const batch = 20_000
	began := time.Now()
	for at := 0; at < cfg.Subjects; at += batch {
		var reg, dec bytes.Buffer
		for i := at; i < min(at+batch, cfg.Subjects); i++ {
			for codes[i] == "" || seen[codes[i]] {
				codes[i] = uscc.Random(rng, "420100", "91")
			}
			seen[codes[i]] = true
			listed[i] = rng.Float64() < cfg.Restricted
			registrationRow(&reg, codes[i], i)
			if listed[i] {
				decisionRow(&dec, codes[i], i)
			}
		}
		var err error
		if last, err = h.Push(ctx, "SAMR", "", reg.Bytes()); err != nil {
			return nil, nil, err
		}
		if err := known(ctx, h, codes[at], last.Receipt); err != nil {
			return nil, nil, err
		}
		if dec.Len() > 0 {
			if last, err = h.Push(ctx, "MOF", "", dec.Bytes()); err != nil {
				return nil, nil, err
			}
			if err := known(ctx, h, codes[at], last.Receipt); err != nil {
				return nil, nil, err
			}
		}
	}
	fmt.Fprintf(os.Stderr, "bench: %d subjects pushed and known in %s\n", cfg.Subjects, time.Since(began).Round(time.Millisecond))
	return codes, listed, nil
}

func registrationRow(b *bytes.Buffer, code string, i int) {
	fmt.Fprintf(b, `{"domain":"registration","kind":"registration","recordId":"R-%s","version":1,"op":"upsert","uscc":%q,"occurredOn":"2024-01-02","data":{"name":"压测%d有限公司","status":"1","establishedOn":"2020-01-02","division":"420100"}}`+"\n", code, code, i)
}

func decisionRow(b *bytes.Buffer, code string, i int) {
	fmt.Fprintf(b, `{"domain":"decision","kind":"entry","recordId":"E-L09-%s","version":1,"op":"upsert","uscc":%q,"occurredOn":"2026-03-02","data":{"entryId":"E-L09-%s","list":"L09","event":"IN_FORCE","cause":"1","documentNo":"示例决字〔2026〕%d号","decidedOn":"2026-03-02","servedOn":"2026-03-04","effectiveFrom":"2026-03-04"}}`+"\n", code, code, code, i%10000)
}

// known waits until a check reflects the receipt.
func known(ctx context.Context, h *probe.Hub, code, receipt string) error {
	token, err := h.Token("officer", "SAMR")
	if err != nil {
		return err
	}
	for range 60 {
		err := client.At("http://"+h.Addr, token).Query(ctx, `query($u:ID!,$m:ID!,$a:String){check(uscc:$u,matter:$m,after:$a){obligation}}`, map[string]any{"u": code, "m": checkMatter, "a": receipt}, nil)
		if client.Code(err) != string(fault.NotCaughtUp) {
			return err // nil when it is known
		}
	}
	return fmt.Errorf("bench: %s never caught up", h.Addr)
}
