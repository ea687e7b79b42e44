package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"credithub/deploy/embedded"
	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/client"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/supervise"
)

// bulkNice is the niceness of the engine, as up starts it, and of who floods the hub.
const bulkNice = 10

// stage is a hub in parts on a directory of its own: broker and engine are there
// and migrated, the other parts are started by the measurement.
type stage struct {
	dir      string
	profiles string // directory for CPU profiles of the parts; "" for none
	kafka    string // broker, host:port
	url      string // ClickHouse with user and password

	broker, engine *supervise.Process
	children       []*supervise.Process
	client         *kafka.Client
	db             *clickhouse.DB
}

// newStage starts broker and engine as `credithub up` does.
func newStage(ctx context.Context, profiles string) (_ *stage, err error) {
	s := &stage{profiles: profiles}
	if s.dir, err = os.MkdirTemp("", "credithub-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if _, err := embedded.EnsureEngine(ctx, nil); err != nil {
		return nil, err
	}
	g, early := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		s.broker, err = s.supervise(early, embedded.BrokerChild("127.0.0.1:0", "broker", "--data", s.dir))
		return err
	})
	g.Go(func() (err error) {
		s.engine, err = s.supervise(early, embedded.EngineChild("127.0.0.1:0", "engine", "--data", s.dir, "--nice", fmt.Sprint(bulkNice)))
		return err
	})
	err = g.Wait()
	for _, p := range []*supervise.Process{s.broker, s.engine} {
		if p != nil {
			s.children = append(s.children, p)
		}
	}
	if err != nil {
		return nil, err
	}
	s.kafka = s.broker.Addr()
	if s.url, err = embedded.EngineURL(s.engine.Addr(), filepath.Join(s.dir, "engine")); err != nil {
		return nil, err
	}
	if _, err := s.command(ctx, "migrate", "--data", s.dir); err != nil {
		return nil, err
	}
	if s.client, err = brokerClient(s.dir, s.kafka); err != nil {
		return nil, err
	}
	s.db, err = clickhouse.Open(clickhouse.Config{URL: s.url})
	return s, err
}

// brokerClient enters the broker of a data directory as the hub's own parts do.
func brokerClient(data string, addrs ...string) (*kafka.Client, error) {
	users, err := embedded.OpenBrokerUsers(data)
	if err != nil {
		return nil, err
	}
	password, err := users.Password(embedded.BrokerHubUser)
	if err != nil {
		return nil, err
	}
	return kafka.New(kafka.Config{Brokers: addrs,
		SASL: kafka.SASL{Mechanism: embedded.BrokerMechanism, User: embedded.BrokerHubUser, Password: password}})
}

// env tells a part where the others are.
func (s *stage) env() []string {
	return []string{"CREDITHUB_KAFKA=" + s.kafka, "CREDITHUB_CLICKHOUSE=" + s.url, "CREDITHUB_RATE_LIMIT=off"}
}

// command runs one of this program's commands to its end.
func (s *stage) command(ctx context.Context, args ...string) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append(os.Environ(), s.env()...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("bench: %s: %w: %s", args[0], err, complaints.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// start starts a part that listens on a free port. Unless wait is set it is not
// waited for.
func (s *stage) start(ctx context.Context, wait bool, name string, args ...string) (*supervise.Process, error) {
	c := supervise.Child{Name: name, Listen: "127.0.0.1:0", Env: s.env(),
		Args: append([]string{strings.TrimRight(name, "0123456789"), "--data", s.dir, "--listen", "127.0.0.1:0"}, args...)}
	if wait {
		c.Ready = client.Serves
	}
	p, err := s.supervise(ctx, c)
	if p != nil {
		s.children = append(s.children, p)
	}
	return p, err
}

func (s *stage) supervise(ctx context.Context, c supervise.Child) (*supervise.Process, error) {
	log, err := supervise.OpenLog(filepath.Join(s.dir, "logs"), c.Name, 8<<20)
	if err != nil {
		return nil, err
	}
	c.Log = log
	if s.profiles != "" {
		c.Args = append([]string{"bench", "child", filepath.Join(s.profiles, c.Name+".cpu"), "--"}, c.Args...)
	}
	return supervise.Start(context.WithoutCancel(ctx), c)
}

// token asks the development issuer of the data directory.
func (s *stage) token(ctx context.Context, role, unit string) (string, error) {
	return s.command(ctx, "token", "--role", role, "--unit", unit, "--data", s.dir)
}

// count is the number of stored rows of table records, of one domain when named.
func (s *stage) count(ctx context.Context, domain string) (n uint64, err error) {
	query, args := "SELECT count() FROM records", []any(nil)
	if domain != "" {
		query, args = query+" WHERE domain = ?", []any{domain}
	}
	err = s.db.Conn().QueryRow(ctx, query, args...).Scan(&n)
	return n, err
}

// stop ends the parts, the last one first, and removes everything.
func (s *stage) stop() {
	if s.client != nil {
		_ = s.client.Close()
	}
	if s.db != nil {
		_ = s.db.Close()
	}
	for i := len(s.children) - 1; i >= 0; i-- {
		s.children[i].Stop()
	}
	if os.Getenv("CREDITHUB_BENCH_KEEP") == "" {
		_ = os.RemoveAll(s.dir)
	}
}
