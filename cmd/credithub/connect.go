package main

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/embedded"
	"credithub/deploy/platform/auth"
	"credithub/deploy/platform/child"
	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/config"
	"credithub/deploy/platform/disk"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/node"
	"credithub/ingest/stamp"
	"credithub/schema/access"
	"credithub/schema/feed"
	"credithub/schema/grade"
	"credithub/schema/policy"
)

// dataFlag names the data directory.
type dataFlag struct {
	Data string `help:"Data directory." default:"${data}" type:"path" env:"CREDITHUB_DATA"`
}

// connectFlags say where Kafka and ClickHouse are. Passwords come by environment,
// which the process list does not show.
type connectFlags struct {
	dataFlag
	Kafka      []string `help:"Kafka brokers, host:port." sep:"," placeholder:"HOST:PORT,…" env:"CREDITHUB_KAFKA_BROKERS,CREDITHUB_KAFKA"`
	Clickhouse string   `help:"ClickHouse over HTTP." placeholder:"URL" env:"CREDITHUB_CLICKHOUSE_URL,CREDITHUB_CLICKHOUSE"`
	Cluster    string   `help:"Name of the ClickHouse cluster; without it a single node." placeholder:"NAME" env:"CREDITHUB_CLICKHOUSE_CLUSTER,CREDITHUB_CLUSTER"`

	KafkaTLS  bool   `help:"TLS to Kafka." env:"CREDITHUB_KAFKA_TLS"`
	KafkaCA   string `help:"Authorities of Kafka's certificates, PEM." type:"path" env:"CREDITHUB_KAFKA_CA"`
	KafkaCert string `help:"Client certificate, PEM." type:"path" env:"CREDITHUB_KAFKA_CERT"`
	KafkaKey  string `help:"Key of the client certificate, PEM." type:"path" env:"CREDITHUB_KAFKA_KEY"`
	KafkaSASL string `help:"PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or NONE; without it the embedded broker of the data directory is entered by its own secret, any other without." placeholder:"MECHANISM" env:"CREDITHUB_KAFKA_SASL"`
	KafkaUser string `help:"SASL user." env:"CREDITHUB_KAFKA_USER"`

	MinFree int `help:"MiB that are kept free on the disks of the data directory; with less no records are taken." default:"256" env:"CREDITHUB_MIN_FREE"`

	conf      *config.Config
	reg       *prometheus.Registry // of this process; made by connect without one
	stampMade bool                 // this process made the secret of stamps
}

// AfterApply keeps the configuration.
func (c *connectFlags) AfterApply(conf *config.Config) error {
	c.conf = conf
	return nil
}

// environ are the variables by which another process of this program gets the
// same connections. The password of SASL is in the file or in the environment already.
func (c *connectFlags) environ() (env []string) {
	for _, v := range [][2]string{
		{"CONFIG", c.conf.File},
		{"KAFKA_BROKERS", strings.Join(c.Kafka, ",")}, {"CLICKHOUSE_URL", c.Clickhouse}, {"CLICKHOUSE_CLUSTER", c.Cluster},
		{"KAFKA_TLS", strconv.FormatBool(c.KafkaTLS)}, {"KAFKA_CA", c.KafkaCA}, {"KAFKA_CERT", c.KafkaCert},
		{"KAFKA_KEY", c.KafkaKey}, {"KAFKA_SASL", c.KafkaSASL}, {"KAFKA_USER", c.KafkaUser},
		{"MIN_FREE", strconv.Itoa(c.MinFree)},
	} {
		if v[1] != "" { // an empty path would be the working directory
			env = append(env, "CREDITHUB_"+v[0]+"="+v[1])
		}
	}
	return env
}

// oidcFlags name the provider of tokens; without one the development issuer of
// the data directory is used.
type oidcFlags struct {
	OIDCIssuer    string `name:"oidc-issuer" help:"OpenID Connect issuer URL; without it the development issuer signs and verifies." env:"CREDITHUB_OIDC_ISSUER"`
	OIDCAudience  string `name:"oidc-audience" help:"Audience that tokens must be for." env:"CREDITHUB_OIDC_AUDIENCE"`
	OIDCRoleClaim string `name:"oidc-role-claim" help:"Claim that holds the role." default:"role"`
	OIDCUnitClaim string `name:"oidc-unit-claim" help:"Claim that holds the unit code." default:"unit"`
}

func (c *connectFlags) kafkaConfig(reg prometheus.Registerer) (kafka.Config, error) {
	sasl, err := c.sasl()
	return kafka.Config{
		Brokers: c.Kafka, TLS: c.KafkaTLS, CAFile: c.KafkaCA, CertFile: c.KafkaCert, KeyFile: c.KafkaKey,
		SASL: sasl, Metrics: reg,
	}, err
}

// sasl is how Kafka is entered. The embedded broker, which listens on loopback only,
// has its users in the data directory.
func (c *connectFlags) sasl() (kafka.SASL, error) {
	switch {
	case strings.EqualFold(c.KafkaSASL, "NONE"):
		return kafka.SASL{}, nil
	case c.KafkaSASL != "" || c.KafkaUser != "" || !local(c.Kafka):
		return kafka.SASL{Mechanism: c.KafkaSASL, User: c.KafkaUser, Password: c.conf.Text("kafka.password")}, nil
	}
	if _, err := os.Stat(brokerDir(c.Data)); err != nil {
		return kafka.SASL{}, nil //nolint:nilerr // no embedded broker here
	}
	return embeddedSASL(c.Data)
}

// embeddedSASL is how the hub's own parts enter the embedded broker.
func embeddedSASL(data string) (kafka.SASL, error) {
	users, err := embedded.OpenBrokerUsers(data)
	if err != nil {
		return kafka.SASL{}, err
	}
	password, err := users.Password(embedded.BrokerHubUser)
	return kafka.SASL{Mechanism: embedded.BrokerMechanism, User: embedded.BrokerHubUser, Password: password}, err
}

// local tells whether all addresses are on this machine.
func local(addrs []string) bool {
	return !slices.ContainsFunc(addrs, func(addr string) bool { return child.Loopback(addr) != nil })
}

// clickhouseURL completes a URL without a user by the password of the embedded
// engine whose data lie in the same data directory.
func (c *connectFlags) clickhouseURL() (string, error) {
	u, err := url.Parse(c.Clickhouse)
	if err != nil || u.Host == "" {
		return "", errors.New("--clickhouse must be a URL such as http://host:8123/credithub")
	}
	if u.User != nil {
		return c.Clickhouse, nil
	}
	dir := engineDir(c.Data)
	if _, err := os.Stat(dir); err != nil {
		return c.Clickhouse, nil //nolint:nilerr // no embedded engine here: the URL stands as it is
	}
	return embedded.EngineURL(u.Host, dir)
}

func engineDir(data string) string { return filepath.Join(data, "engine") }
func brokerDir(data string) string { return filepath.Join(data, "broker") }
func auditDir(data string) string  { return filepath.Join(data, "audit") }

// hub is what the parts stand on.
type hub struct {
	data     string
	conf     *config.Config
	policy   *policy.Policy
	access   *access.Table
	grades   *grade.Rules
	kafka    *kafka.Client
	producer *kafka.Producer
	db       *clickhouse.DB
	cluster  bool // it is a cluster
	stamper  *stamp.Stamper
	room     *disk.Watch
	under    *ground // nil: somebody else looks at it

	stampMark string // fingerprint of its secret
	stampMade bool   // it was made by this process

	log *slog.Logger
	reg *prometheus.Registry
}

// connect opens what every part needs. It waits for nothing: Kafka and
// ClickHouse may come later.
func (c *connectFlags) connect() (*hub, error) {
	if len(c.Kafka) == 0 || c.Clickhouse == "" {
		return nil, errors.New("--kafka and --clickhouse are needed")
	}
	if c.reg == nil {
		c.reg = metrics.New()
	}
	h := &hub{data: c.Data, conf: c.conf, log: slog.Default(), reg: c.reg}
	h.room = disk.New(disk.Config{Dirs: []string{c.Data, brokerDir(c.Data), engineDir(c.Data), auditDir(c.Data)},
		Floor: uint64(max(c.MinFree, 1)) << 20, Log: h.log, Metrics: h.reg})
	h.room.Look()
	var err error
	if h.policy, err = loadPolicy(c.conf); err != nil {
		return nil, err
	}
	if h.access, err = access.Load(); err != nil {
		return nil, err
	}
	if h.grades, err = grade.Load(); err != nil {
		return nil, err
	}
	secret, made, err := stampKey(c.Data)
	if err != nil {
		return nil, err
	}
	h.stampMark, h.stampMade = node.Fingerprint(stampKeyName, secret), made || c.stampMade
	if h.stamper, err = stamp.New(secret); err != nil {
		return nil, err
	}
	conf, err := c.kafkaConfig(h.reg)
	if err != nil {
		return nil, err
	}
	if conf.Seal, err = feed.NewSeal(secret); err != nil {
		return nil, err
	}
	if h.kafka, err = kafka.New(conf); err != nil {
		return nil, err
	}
	h.producer = kafka.NewProducer(h.kafka, kafka.ProducerConfig{})
	at, err := c.clickhouseURL()
	if err != nil {
		return nil, err
	}
	h.cluster = c.Cluster != ""
	if h.db, err = clickhouse.Open(clickhouse.Config{URL: at, Metrics: h.reg}); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *hub) close() {
	_ = h.kafka.Close()
	_ = h.db.Close()
}

// cacheTTL bounds how long a verified token is trusted without another look.
const cacheTTL = time.Minute

func (h *hub) verifier(ctx context.Context, c *oidcFlags) (*auth.Cached, error) {
	var v auth.Verifier
	var err error
	if c.OIDCIssuer != "" {
		v, err = auth.NewOIDC(ctx, auth.OIDCConfig{Issuer: c.OIDCIssuer, Audience: c.OIDCAudience,
			Role: auth.Claim{Path: c.OIDCRoleClaim, Names: h.conf.Names("oidc.roles")},
			Unit: auth.Claim{Path: c.OIDCUnitClaim, Names: h.conf.Names("oidc.units")}, Units: knows(h.policy), Log: h.log})
	} else {
		v, err = auth.NewDevIssuer(h.data, time.Now, knows(h.policy))
	}
	if err != nil {
		return nil, err
	}
	return auth.NewCached(v, auth.CacheConfig{TTL: cacheTTL, Log: h.log, Metrics: h.reg})
}

// knows tells which units are in the tables.
func knows(p *policy.Policy) auth.Units {
	return func(code string) bool { return p.Unit(code) != nil }
}
