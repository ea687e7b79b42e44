package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credithub/deploy/testing/golden"
)

func load(t *testing.T, text string, env map[string]string) (*Config, string) {
	t.Helper()
	file := ""
	if text != "" {
		file = filepath.Join(t.TempDir(), "hub.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(file, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		return c, err.Error()
	}
	return c, ""
}

// Every fault is named at once, with file, line and key.
func TestFaultsAreNamedWithTheirLines(t *testing.T) {
	_, got := load(t, `logLevel: loud
kafka:
  brokers: a:9092
  tsl: true
  partitions: 0
  user:
oidc:
  issuer: https://id.example
  roles: {x: chef}
quota: {lookups: 3}
trustedProxies: [10.0.0.0/8, nonsense, [1]]
quotas: {window: soon, lookups: many}
policy:
  overlays: [nowhere]
units:
  SAMR: {nameZh: x, period: {registration: 24}}
sources:
  - {unit: SAMR, domains: [registration], since: 2026-01-01, decidedBy: d, decision: d}
  - {unit: NOPE, domain: [x]}
`, nil)
	for _, want := range []string{
		"hub.yaml:1: logLevel: is none of debug", "hub.yaml:3: kafka.brokers: is no list", "hub.yaml:4: kafka.tsl: unknown key; is kafka.tls meant?",
		"hub.yaml:5: kafka.partitions: is no whole number", "hub.yaml:6: kafka.user: has no value", `hub.yaml:9: oidc.roles.x: "chef" is no role`,
		"hub.yaml:10: quota: unknown key; is quotas meant?", `hub.yaml:11: trustedProxies: "nonsense"`, "hub.yaml:11: trustedProxies: is no text",
		"hub.yaml:12: quotas.window: is no time", "hub.yaml:12: quotas.lookups: is no whole number",
		"nowhere is not there", `hub.yaml:16: units.SAMR: unknown field "period"`, `hub.yaml:19: sources[1]: unknown field "domain"`, "hub.yaml:8: oidc.audience: is needed",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not named: %s", want)
		}
	}
	for text, want := range map[string]string{
		"listen: a\nlisten: b\n":       "hub.yaml:2",
		"[1, 2]\n":                     "hub.yaml:1: is no mapping",
		"a: [\n":                       "hub.yaml:1",
		"listen: a\n---\nlisten: b\n":  "a second document",
		"kafka: yes\n":                 "hub.yaml:1: kafka: is no mapping",
		"sources: {unit: SAMR}\n":      "sources: is no list",
		"listen: {a: b}\n":             "hub.yaml:1: listen: is no single value",
		"kafka: {sasl: PLAIN}\n":       "kafka.user: is needed",
		"quotas: {perDay: 5}\n":        "quotas.perDay: is less",
		"kafka: {cert: /dev/null}\n":   "goes with kafka.key",
		"policy: {overlays: policy}\n": "is no list",
	} {
		if _, got := load(t, text, nil); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	text := "listen: a:1\nkafka:\n  brokers: [x:1]\n  password: geheim\nquotas: {window: 5m}\ntrustedProxies: [10.1.2.3, '2001:db8::/32']\n"
	c, faults := load(t, text, map[string]string{"CREDITHUB_LISTEN": "b:2", "CREDITHUB_KAFKA": "y:1, z:2", "CREDITHUB_OIDC_ROLES": "a=officer,b=admin"})
	if faults != "" {
		t.Fatal(faults)
	}
	if c.Text("listen") != "b:2" || c.Value("listen").From != "CREDITHUB_LISTEN" || strings.Join(c.Value("kafka.brokers").List, " ") != "y:1 z:2" {
		t.Errorf("%+v", c.values)
	}
	if c.Duration("quotas.window") != 5*time.Minute || c.Number("quotas.lookups") != 60 || c.Names("oidc.roles")["b"] != "admin" {
		t.Errorf("%+v", c.values)
	}
	if n := c.Networks("trustedProxies"); len(n) != 2 || n[0].String() != "10.1.2.3/32" || n[1].String() != "2001:db8::/32" {
		t.Errorf("%v", n)
	}
	if v, ok := c.Flag("listen", "up"); !ok || v != "b:2" {
		t.Errorf("%q %t", v, ok)
	}
	if _, ok := c.Flag("listen", "broker"); ok {
		t.Error("the address of the site became that of the broker")
	}
	if _, ok := c.Flag("cluster", "up"); ok {
		t.Error("a flag that nobody set is set")
	}
	if _, faults = load(t, text, map[string]string{"CREDITHUB_KAFKA_TLS": "maybe", "CREDITHUB_SOURCES": "x"}); !strings.Contains(faults, "CREDITHUB_KAFKA_TLS: kafka.tls") || !strings.Contains(faults, "CREDITHUB_SOURCES") {
		t.Error(faults)
	}
}

func TestShowHidesSecrets(t *testing.T) {
	c, faults := load(t, "kafka: {password: geheim, user: hub}\nclickhouse: {url: 'https://hub:geheim@c:8443/x'}\nsources: []\n", nil)
	if faults != "" {
		t.Fatal(faults)
	}
	var b bytes.Buffer
	if err := c.Show(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "geheim") || !strings.Contains(b.String(), "kafka.user:          hub  # hub.yaml:1") || !strings.Contains(b.String(), "10m  # default") {
		t.Error(b.String())
	}
	if l := c.Local(); !l.Listed || len(l.Sources) != 0 {
		t.Error("an empty list of sources is a list")
	}
}

func TestPathsLieBesideTheFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "policy"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "hub.yaml")
	if err := os.WriteFile(file, []byte("data: var\npolicy: {overlays: [policy]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file, func(string) (string, bool) { return "", false })
	if err != nil || c.Text("data") != filepath.Join(dir, "var") || len(c.Local().Overlays) != 1 || c.Local().Overlays[0].Name != "policy" {
		t.Errorf("%v %+v", err, c)
	}
}

// The documented file is made of the table of keys, changes nothing as it stands,
// and is sound when its comments are taken away.
func TestTheDocumentedFile(t *testing.T) {
	raw := document()
	golden.Compare(t, "../../docs/hub.yaml", raw)
	c, faults := load(t, raw, nil)
	if faults != "" || len(c.values) > 0 {
		t.Errorf("as it stands: %s %v", faults, c.values)
	}
	var open strings.Builder
	for line := range strings.SplitSeq(raw, "\n") {
		line = strings.TrimPrefix(line, "# ")
		if !strings.HasPrefix(strings.TrimSpace(line), "#") && strings.Contains(line, ":") && !strings.Contains(line, "…") && !strings.HasSuffix(strings.Fields(line)[0], ",") {
			open.WriteString(line + "\n")
		}
	}
	text := open.String()
	text = text[strings.Index(text, "logLevel:"):]
	c, faults = load(t, strings.NewReplacer("overlays: [policy]", "overlays: []", "clickhouse:\n", "").Replace(text), nil)
	if faults != "" {
		t.Fatalf("with its comments taken away: %s\n%s", faults, text)
	}
	if l := c.Local(); len(l.Sources) != 1 || len(l.Units) != 2 || c.Names("oidc.units")["税务局"] != "TAX" {
		t.Errorf("%+v", l)
	}
}
