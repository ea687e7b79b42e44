package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"

	"credithub/deploy/embedded"
	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/sleep"
	"credithub/deploy/platform/supervise"
)

type upCmd struct {
	connectFlags
	oidcFlags
	Listen      string `help:"Address of everything over HTTP." default:"127.0.0.1:8080"`
	KafkaListen string `help:"Address of the embedded broker; a free port without it." placeholder:"HOST:PORT"`
	Demo        bool   `help:"Load a demonstration set and print tokens."`
	Partitions  int    `help:"Partitions of topics that arrive in bulk." default:"4"`
}

// engineNice is the niceness of the engine, which does the bulk work, so that
// checks and decisions go first. Ingest has none: it carries decisions too.
const engineNice = 10

// childLog bounds the log file of a child, in bytes.
const childLog = 8 << 20

// running is a hub that up has started.
type running struct {
	cmd       *upCmd
	watched   *supervise.Metrics
	hub       *hub
	children  []*supervise.Process
	ownBroker bool
	ingest    *supervise.Process
	query     *queryPart
	demo      atomic.Pointer[string] // why the demonstration set is not there yet
}

// Run is the whole hub.
func (c *upCmd) Run(ctx context.Context) error {
	release, err := node.Lock(c.Data, 0)
	if err != nil {
		return err
	}
	defer release()
	if err := c.heldKey(); err != nil {
		return fmt.Errorf("up: %w", err)
	}
	if _, err := loadPolicy(c.conf); err != nil { // before anything is started
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("up: %w", err)
	}
	defer l.Close()
	c.reg = metrics.New()
	r := &running{cmd: c, watched: supervise.NewMetrics(c.reg)}
	defer r.stop()
	if err := r.start(ctx); err != nil {
		return err
	}
	defer r.hub.close()
	if err := r.hub.unbroken(ctx); err != nil {
		return fmt.Errorf("up: %w", err)
	}
	return r.serve(ctx, l)
}

// start brings up what the hub stands on, up to a migrated ClickHouse.
func (r *running) start(ctx context.Context) error {
	c := r.cmd
	g, child := errgroup.WithContext(ctx)
	var broker, engine *supervise.Process
	if len(c.Kafka) == 0 {
		g.Go(func() (err error) { broker, err = r.child(ctx, child, r.brokerChild()); return })
	}
	if c.Clickhouse == "" {
		g.Go(func() (err error) {
			if _, err = embedded.EnsureEngine(child, progress()); err != nil {
				return err
			}
			engine, err = r.child(ctx, child, embedded.EngineChild("127.0.0.1:0", "engine", "--data", c.Data, "--nice", fmt.Sprint(engineNice)))
			return
		})
	}
	err := g.Wait()
	for _, p := range []*supervise.Process{broker, engine} {
		if p != nil {
			r.children = append(r.children, p)
		}
	}
	if err != nil {
		return err
	}
	if broker != nil {
		c.Kafka, r.ownBroker = []string{broker.Addr()}, true
	}
	if engine != nil {
		if c.Clickhouse, err = embedded.EngineURL(engine.Addr(), engineDir(c.Data)); err != nil {
			return err
		}
	}
	if r.hub, err = c.connect(); err != nil {
		return err
	}
	changed, err := r.hub.migrate(ctx, c.Partitions, c.Cluster)
	if len(changed) > 0 {
		r.hub.log.Info("migrated", "changes", len(changed))
	}
	return err
}

func (r *running) brokerChild() supervise.Child {
	listen := r.cmd.KafkaListen
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	return embedded.BrokerChild(listen, "broker", "--data", r.cmd.Data)
}

// child starts a child that lives as long as life; early ends the start when
// another part has failed.
func (r *running) child(life, early context.Context, ch supervise.Child) (*supervise.Process, error) {
	logs := filepath.Join(r.cmd.Data, "logs")
	f, err := supervise.OpenLog(logs, ch.Name, childLog)
	if err != nil {
		return nil, err
	}
	ch.Log, ch.Metrics = f, r.watched
	type started struct {
		p   *supervise.Process
		err error
	}
	done := make(chan started, 1)
	go func() {
		p, err := supervise.Start(life, ch)
		done <- started{p, err}
	}()
	select {
	case s := <-done:
		return s.p, s.err
	case <-early.Done():
		go func() {
			if s := <-done; s.p != nil {
				s.p.Stop()
			}
		}()
		return nil, early.Err()
	}
}

// serve answers until ctx ends.
func (r *running) serve(ctx context.Context, l net.Listener) error {
	c := r.cmd
	verifier, err := r.hub.verifier(ctx, &c.oidcFlags)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	s, err := r.hub.audit(ctx, g, "up")
	if err != nil {
		return err
	}
	defer s.Close()
	if r.query, err = r.hub.query(verifier, s, l, c.Demo); err != nil {
		return err
	}
	gw, err := r.hub.gateway(verifier, s, l)
	if err != nil {
		return err
	}
	if r.ingest, err = r.startIngest(ctx); err != nil {
		return err
	}
	r.children = append(r.children, r.ingest)
	mux := http.NewServeMux()
	ready, err := r.hub.stored(ctx, g, r.ready)
	if err != nil {
		return err
	}
	health(mux, prometheus.Gatherers{r.hub.reg, scraped{r.ingest.Addr()}}, r.hub.grounded(ctx, g, ready))
	r.query.handle(mux)
	mux.Handle("/v1/", dressed(gw))
	url := "http://" + l.Addr().String()
	access, err := r.kafkaAccess()
	if err != nil {
		return err
	}
	err = node.WriteEndpoints(c.Data, node.Endpoints{HTTP: url, Kafka: c.Kafka[0], ClickHouse: c.endpointURL(), KafkaAccess: access})
	if err != nil {
		return err
	}
	defer node.RemoveEndpoints(c.Data)
	if c.Demo {
		loading := "the demonstration set is being loaded"
		r.demo.Store(&loading)
	}
	g.Go(func() error { return r.query.index.Run(ctx) })
	g.Go(func() error { return r.hub.serve(ctx, l, mux, r.query.graph) })
	g.Go(func() error { return r.welcome(ctx, url) })
	return g.Wait()
}

// endpointURL is the URL of ClickHouse with its password: endpoints.json can be
// read by its owner only.
func (c *upCmd) endpointURL() string { return c.Clickhouse }

// startIngest runs ingest as a process of its own, so that a bulk load neither
// delays checks nor shares their memory.
func (r *running) startIngest(ctx context.Context) (*supervise.Process, error) {
	ch := supervise.Child{
		Name: "ingest", Listen: "127.0.0.1:0",
		Args: []string{"ingest", "--data", r.cmd.Data, "--listen", "127.0.0.1:0", "--no-gateway", "--no-ground"},
		Env:  r.cmd.environ(),
		Ready: func(ctx context.Context, addr string) error {
			if reasons := readyAt(ctx, addr); len(reasons) > 0 {
				return errors.New(reasons[0])
			}
			return nil
		},
	}
	return r.child(ctx, ctx, ch)
}

// ready is true when everything is: children up, consumers assigned, index
// caught up, demonstration set loaded.
func (r *running) ready(ctx context.Context) []string {
	var reasons []string
	for _, p := range r.children {
		if err := p.Ready(); err != nil {
			reasons = append(reasons, err.Error())
		}
	}
	if r.ingest.Ready() == nil {
		reasons = append(reasons, readyAt(ctx, r.ingest.Addr())...)
	}
	reasons = append(reasons, r.query.ready(ctx)...)
	if why := r.demo.Load(); why != nil {
		reasons = append(reasons, *why)
	}
	return reasons
}

func (r *running) stop() {
	for i := len(r.children) - 1; i >= 0; i-- { // ingest first, then what it stands on
		r.children[i].Stop()
	}
}

// welcome waits until the parts are ready, loads the demonstration set when
// asked, and prints how to go on.
func (r *running) welcome(ctx context.Context, url string) error {
	for ctx.Err() == nil && len(r.query.ready(ctx)) > 0 {
		sleep.For(ctx, 20*time.Millisecond)
	}
	if ctx.Err() != nil {
		return nil
	}
	if r.cmd.Demo {
		if err := r.loadDemo(ctx, url); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("demonstration set: %w", err)
		}
		r.demo.Store(nil)
	}
	fmt.Printf("\ncredithub is ready\n  site and API  %s\n  GraphQL       %s/graphql\n  Kafka         %s\n  data          %s\n", url, url, r.cmd.Kafka[0], r.cmd.Data)
	if r.cmd.Demo {
		return r.printTokens(url)
	}
	return nil
}

// progress shows the steps of an installation.
func progress() func(step string, done float64) {
	var bar *progressbar.ProgressBar
	var last string
	return func(step string, done float64) {
		if step != last {
			last = step
			if bar != nil {
				_ = bar.Finish()
			}
			bar = progressbar.NewOptions(100, progressbar.OptionSetDescription(step), progressbar.OptionSetWriter(os.Stderr),
				progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionOnCompletion(func() { fmt.Fprintln(os.Stderr) }))
		}
		_ = bar.Set(int(done * 100))
	}
}
