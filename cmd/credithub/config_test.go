package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"credithub/deploy/platform/config"
)

// parse is the command line with a configuration file.
func parse(t *testing.T, text string, args ...string) (*cli, *fromFile) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hub.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var c cli
	f := &fromFile{conf: &config.Config{}}
	k, err := kong.New(&c, kong.Vars{"data": t.TempDir(), "version": "test"}, kong.Resolvers(f), kong.Bind(f, f.conf))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(append(args, "--config", file)); err != nil {
		t.Fatal(err)
	}
	return &c, f
}

// Flags win over the environment, that over the file, that over defaults.
func TestFlagsEnvironmentFile(t *testing.T) {
	t.Setenv("CREDITHUB_OIDC_AUDIENCE", "env")
	t.Setenv("CREDITHUB_KAFKA_USER", "env")
	c, f := parse(t, "listen: 127.0.0.1:1\nkafka:\n  brokers: ['a:1', 'b:2']\n  tls: true\n  user: file\n  partitions: 7\noidc: {issuer: 'https://id', audience: file, roleClaim: a.b}\ndata: /tmp\n",
		"up", "--kafka-user=flag")
	if f.err != nil {
		t.Fatal(f.err)
	}
	u := &c.Up
	if u.Listen != "127.0.0.1:1" || strings.Join(u.Kafka, " ") != "a:1 b:2" || !u.KafkaTLS || u.Partitions != 7 || u.OIDCRoleClaim != "a.b" || u.OIDCUnitClaim != "unit" || u.Data != "/tmp" {
		t.Errorf("of the file: %+v", u)
	}
	if u.OIDCAudience != "env" || u.KafkaUser != "flag" || u.conf != f.conf {
		t.Errorf("over the file: %q %q", u.OIDCAudience, u.KafkaUser)
	}
	if c, _ := parse(t, "listen: 127.0.0.1:1\n", "broker"); c.Broker.Serve.Listen != "127.0.0.1:9092" {
		t.Errorf("the broker listens on %s", c.Broker.Serve.Listen)
	}
}

func TestConfigCheck(t *testing.T) {
	_, f := parse(t, "sources:\n  - {unit: SAMR, domains: [registration], since: 2026-01-01, decidedBy: 市数据局, decision: 3号}\n", "config", "check")
	if err := (&configCheckCmd{}).Run(f.conf, f); err != nil {
		t.Error(err)
	}
	var code exitError
	for _, text := range []string{
		"lisen: x\n", "units: {NEW: {nameZh: 新}}\n", "oidc: {issuer: 'https://id', audience: a, units: {x: NOPE}}\n",
		"sources: [{unit: MOF, domains: [tax], since: 2026-01-01, decidedBy: a, decision: b}]\n",
	} {
		_, f := parse(t, text, "config", "check")
		if err := (&configCheckCmd{}).Run(f.conf, f); !errors.As(err, &code) || code != 1 {
			t.Errorf("%q: %v", text, err)
		}
	}
}
