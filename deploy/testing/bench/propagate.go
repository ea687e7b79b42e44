package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/sleep"
	"credithub/schema/uscc"
)

// PropagateConfig says how to measure how soon a breach restricts everywhere.
type PropagateConfig struct {
	Nodes    int // query nodes
	Trials   int
	Load     bool   // once more, while another domain is loaded at full speed
	Nice     int    // of ingest
	Profiles string // directory for CPU profiles of the parts; "" for none
}

// Propagate measures the time from the sending of a push, one decision that puts
// a known enterprise on L09, to the moment when the last of the query nodes has
// answered REJECT for it. Each node is asked in a closed loop over a connection of
// its own, from before the push on.
//
// The limit is a bare round trip through the same broker with the same client
// settings: a message of the same size is produced, acknowledged by the broker,
// and fetched by one reader that waits for it. Round trips and trials take turns.
func Propagate(ctx context.Context, cfg PropagateConfig, out io.Writer) error {
	p := &propagation{cfg: cfg, rng: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 9))}
	defer p.close()
	if err := p.start(ctx); err != nil {
		return err
	}
	idle, err := p.trials(ctx)
	if err != nil {
		return err
	}
	if err := idle.print(out, p, false, 0.50, 0.99); err != nil || !cfg.Load {
		return err
	}
	stopLoad, err := p.flood(ctx)
	if err != nil {
		return err
	}
	loaded, err := p.trials(ctx)
	if stopped := stopLoad(); err == nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	return loaded.print(out, p, true, 0.50, 0.99)
}

const (
	roundTripTopic = "bench.roundtrip"
	warmTrials     = 10               // before those that count
	trialLimit     = 20 * time.Second // of one trial
	checkPath      = "/graphql"
	pushPath       = "/v1/records"
)

// propagation is one measurement.
type propagation struct {
	cfg    PropagateConfig
	rng    *rand.Rand
	s      *stage
	push   *wire
	nodes  []*wire
	trip   *roundTrip
	serial int
	more   map[string]any // of the phase that runs
}

func (p *propagation) start(ctx context.Context) (err error) {
	if p.s, err = newStage(ctx, p.cfg.Profiles); err != nil {
		return err
	}
	topics := []kafka.Topic{{Name: roundTripTopic, Partitions: 1}}
	if err := p.s.client.EnsureTopics(ctx, topics); err != nil {
		return err
	}
	gateway, err := p.s.start(ctx, true, "ingest", "--nice", fmt.Sprint(p.cfg.Nice))
	if err != nil {
		return err
	}
	agency, err := p.s.token(ctx, "agency", "MOF")
	if err != nil {
		return err
	}
	officer, err := p.s.token(ctx, "officer", "SAMR")
	if err != nil {
		return err
	}
	if p.push, err = dial(gateway.Addr(), bearer(agency)); err != nil {
		return err
	}
	for i := range p.cfg.Nodes {
		name := fmt.Sprintf("query%d", i+1)
		q, err := p.s.start(ctx, true, name, "--node", name)
		if err != nil {
			return err
		}
		w, err := dial(q.Addr(), bearer(officer))
		if err != nil {
			return err
		}
		p.nodes = append(p.nodes, w)
	}
	p.trip, err = newRoundTrip(ctx, p.s.client)
	return err
}

func (p *propagation) close() {
	for _, w := range append(p.nodes, p.push) {
		if w != nil {
			w.c.Close()
		}
	}
	if p.trip != nil {
		p.trip.stop()
	}
	if p.s != nil {
		p.s.stop()
	}
}

// figures are the samples of one phase.
type figures struct {
	whole, answered, trip []time.Duration
}

func (f *figures) print(out io.Writer, p *propagation, load bool, percentiles ...float64) error {
	for _, q := range percentiles {
		more := map[string]any{"percentile": q, "load": load, "nodes": p.cfg.Nodes, "trials": len(f.whole),
			"push_answered_ms": ms(percentile(f.answered, q)),
			"least_ms":         ms(percentile(f.whole, 0)), "limit_least_ms": ms(percentile(f.trip, 0))}
		for k, v := range p.more {
			more[k] = v
		}
		err := Result{Bench: "propagate", Figure: ms(percentile(f.whole, q)), Unit: "ms", Limit: ms(percentile(f.trip, q)), More: more}.Print(out)
		if err != nil {
			return err
		}
	}
	return nil
}

// trials registers enterprises, then measures, with pauses of no fixed length
// between so that nothing falls into step with a timer of the hub.
func (p *propagation) trials(ctx context.Context) (*figures, error) {
	n := warmTrials + p.cfg.Trials
	codes, err := p.register(ctx, n)
	if err != nil {
		return nil, err
	}
	f := &figures{}
	for i, code := range codes {
		if !p.pause(ctx) {
			return nil, ctx.Err()
		}
		trip, err := p.trip.once(ctx)
		if err != nil {
			return nil, err
		}
		if !p.pause(ctx) {
			return nil, ctx.Err()
		}
		whole, answered, err := p.trial(ctx, code)
		if err != nil {
			return nil, fmt.Errorf("bench: trial %d: %w", i, err)
		}
		if i >= warmTrials {
			f.trip, f.whole, f.answered = append(f.trip, trip), append(f.whole, whole), append(f.answered, answered)
		}
	}
	return f, nil
}

func (p *propagation) pause(ctx context.Context) bool {
	return sleep.For(ctx, time.Duration(25+p.rng.IntN(50))*time.Millisecond)
}

// register makes n enterprises known to every node.
func (p *propagation) register(ctx context.Context, n int) ([]string, error) {
	samr, err := p.s.token(ctx, "agency", "SAMR")
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	codes := make([]string, n)
	for i := range codes {
		codes[i] = uscc.Random(p.rng, "420100", "91")
		registrationRow(&body, codes[i], i)
	}
	pushed, err := client.At("http://"+p.push.addr, samr).Push(ctx, "", "application/x-ndjson", body.Bytes())
	if err != nil {
		return nil, err
	}
	if pushed.Accepted != n {
		return nil, fmt.Errorf("bench: %d of %d registrations accepted", pushed.Accepted, n)
	}
	ask := fmt.Appendf(nil, `{"query":"query($u:ID!,$m:ID!,$a:String){check(uscc:$u,matter:$m,after:$a){obligation}}","variables":{"u":%q,"m":%q,"a":%q}}`,
		codes[0], checkMatter, pushed.Receipt)
	for _, w := range p.nodes {
		for end := time.Now().Add(2 * time.Minute); ; {
			_, answer, err := w.post(checkPath, "application/json", ask)
			if err != nil {
				return nil, err
			}
			if bytes.Contains(answer, []byte(`"obligation"`)) {
				break
			}
			if time.Now().After(end) {
				return nil, fmt.Errorf("bench: %s does not know the registrations: %.300s", w.addr, answer)
			}
		}
	}
	return codes, nil
}

// trial pushes one decision and asks all nodes until the last has answered
// REJECT. answered is when the push was.
func (p *propagation) trial(ctx context.Context, code string) (whole, answered time.Duration, err error) {
	var body bytes.Buffer
	p.serial++
	decisionRow(&body, code, p.serial)
	var asking, done sync.WaitGroup
	sent := make(chan struct{})
	seen := make([]time.Time, len(p.nodes))
	errs := make([]error, len(p.nodes))
	for i, w := range p.nodes {
		asking.Add(1)
		done.Go(func() { seen[i], errs[i] = watch(ctx, w, code, asking.Done, sent) })
	}
	asking.Wait()
	t0 := time.Now()
	close(sent)
	status, answer, err := p.push.post(pushPath, "application/x-ndjson", body.Bytes())
	answered = time.Since(t0)
	if err == nil && (status != http.StatusAccepted || !bytes.Contains(answer, []byte(`"accepted":1`))) {
		err = fmt.Errorf("push answered %d: %.300s", status, answer)
	}
	done.Wait()
	for i := range seen {
		if err == nil {
			err = errs[i]
		}
		whole = max(whole, seen[i].Sub(t0))
	}
	return whole, answered, err
}

// watch asks a node until it answers REJECT, and tells when that was. The first
// answer, which comes before the push, must be another one.
func watch(ctx context.Context, w *wire, code string, asking func(), sent <-chan struct{}) (time.Time, error) {
	ask := fmt.Appendf(nil, `{"query":%q,"variables":{"u":%q,"m":%q}}`, checkQuery, code, checkMatter)
	rejects := func() (bool, error) {
		status, answer, err := w.post(checkPath, "application/json", ask)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%s answered %d: %.300s", w.addr, status, answer)
		}
		return bytes.Contains(answer, []byte(`"obligation":"REJECT"`)), err
	}
	early, err := rejects()
	asking()
	if err != nil {
		return time.Time{}, err
	}
	if early {
		return time.Time{}, fmt.Errorf("%s rejects before the push", w.addr)
	}
	<-sent
	for end := time.Now().Add(trialLimit); time.Now().Before(end); {
		yes, err := rejects()
		if err != nil || yes {
			return time.Now(), err
		}
		if ctx.Err() != nil {
			return time.Time{}, ctx.Err()
		}
	}
	return time.Time{}, fmt.Errorf("%s never rejected", w.addr)
}

// flood starts the bulk load in a process of its own and waits until its rows are
// being stored. stop ends it, and fails when the load has not gone on all the
// while.
func (p *propagation) flood(ctx context.Context) (stop func() error, err error) {
	f, err := p.s.floodChild(ctx)
	if err != nil {
		return nil, err
	}
	before := uint64(0)
	for end := time.Now().Add(time.Minute); before < 100_000; {
		if before, err = p.s.count(ctx, floodDomain.String()); err != nil {
			return nil, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("bench: the bulk load stored %d rows in a minute", before)
		}
		if !sleep.For(ctx, 50*time.Millisecond) {
			return nil, ctx.Err()
		}
	}
	began := time.Now()
	return func() error {
		after, err := p.s.count(ctx, floodDomain.String())
		if err != nil {
			return err
		}
		if f.Restarts() > 0 || f.PID() == 0 || after == before {
			return fmt.Errorf("bench: the bulk load did not last: %d rows stored", after-before)
		}
		p.more = map[string]any{"load_stored_per_s": round(float64(after-before) / time.Since(began).Seconds())}
		fmt.Fprintf(os.Stderr, "bench: bulk load ended after %s\n", time.Since(began).Round(time.Second))
		f.Stop()
		return nil
	}, nil
}
