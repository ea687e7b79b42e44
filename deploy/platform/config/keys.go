// Package config is the hub's one configuration file, hub.yaml: a table of keys
// with their types, defaults and meaning, a strict reader that names every fault
// with file, line and key at once, and the rule by which the environment overrides
// it (CREDITHUB_ and the key in capitals: kafka.tls is CREDITHUB_KAFKA_TLS). Flags
// win over both.
//
// It promises that nothing it doesn't know is skipped in silence, and that it never
// shows a secret. It opens no connection.
package config

import (
	"strings"
	"unicode"
)

// Kind is the type of a key's value.
type Kind uint8

// Kinds.
const (
	Text     Kind = iota
	Bool          // true or false
	Number        // a whole number above zero
	Duration      // 10m, 24h
	Path          // of a file or directory; a relative one is beside the file
	Texts         // a list
	Paths         // a list of paths
	Networks      // a list of addresses or networks: 10.0.0.0/8
	Names         // a mapping of names to names
	Rows          // rows of their own form: units and sources
)

// Key is one key of the file.
type Key struct {
	Path    string
	Kind    Kind
	Default string
	Doc     string
	OneOf   []string
	Secret  bool     // never shown
	Flag    string   // the flag that it sets
	Of      []string // commands whose flag it sets; empty: all that have it
	Also    string   // an older name in the environment
	Example string   // more than its default, for the documented file
}

// Keys are all keys, in the order of the documented file.
var Keys = []Key{
	{Path: "logLevel", Default: "info", OneOf: []string{"debug", "info", "warn", "error"}, Flag: "log-level", Doc: "Least level that is logged."},
	{Path: "data", Kind: Path, Flag: "data", Doc: "Data directory; without it that of the user."},
	{Path: "minFree", Kind: Number, Default: "256", Flag: "min-free", Doc: "MiB that are kept free on the disks of the data directory; with less no records are taken."},
	{Path: "listen", Default: "127.0.0.1:8080", Flag: "listen", Of: []string{"up", "query"}, Doc: "Address of the site and of GraphQL."},

	{Path: "kafka.brokers", Kind: Texts, Flag: "kafka", Also: "CREDITHUB_KAFKA", Doc: "Brokers; without them up starts its own.", Example: "[kafka-1:9092, kafka-2:9092]"},
	{Path: "kafka.tls", Kind: Bool, Default: "false", Flag: "kafka-tls", Doc: "TLS to the brokers."},
	{Path: "kafka.ca", Kind: Path, Flag: "kafka-ca", Doc: "Authorities of their certificates, PEM."},
	{Path: "kafka.cert", Kind: Path, Flag: "kafka-cert", Doc: "Client certificate, PEM."},
	{Path: "kafka.key", Kind: Path, Flag: "kafka-key", Doc: "Key of the client certificate, PEM."},
	{Path: "kafka.sasl", Flag: "kafka-sasl", OneOf: []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "NONE"}, Doc: "How to sign in; without it by the secret of an embedded broker that lies in the data directory, else not at all."},
	{Path: "kafka.user", Flag: "kafka-user", Doc: "User."},
	{Path: "kafka.password", Secret: true, Doc: "Password; better by environment than in this file."},
	{Path: "kafka.listen", Flag: "kafka-listen", Doc: "Address of the embedded broker; a free port without it."},
	{Path: "kafka.partitions", Kind: Number, Default: "4", Flag: "partitions", Doc: "Partitions of topics that arrive in bulk."},

	{Path: "clickhouse.url", Flag: "clickhouse", Also: "CREDITHUB_CLICKHOUSE", Secret: true, Doc: "ClickHouse over HTTP with user and password; without it up starts its own.", Example: "https://hub:…@clickhouse:8443/credithub"},
	{Path: "clickhouse.cluster", Flag: "cluster", Also: "CREDITHUB_CLUSTER", Doc: "Name of the cluster; without it a single node."},

	{Path: "oidc.issuer", Flag: "oidc-issuer", Doc: "OpenID Connect provider (统一身份认证) whose tokens sign callers in; without it the development issuer of the data directory."},
	{Path: "oidc.audience", Flag: "oidc-audience", Doc: "Audience that tokens must be for."},
	{Path: "oidc.roleClaim", Default: "role", Flag: "oidc-role-claim", Doc: "Claim that names the role, a text or an array; dots lead into objects.", Example: "realm_access.roles"},
	{Path: "oidc.unitClaim", Default: "unit", Flag: "oidc-unit-claim", Doc: "Claim that names the unit, in the same way."},
	{Path: "oidc.roles", Kind: Names, Doc: "The provider's names of roles and ours (agency officer supervisor auditor admin). When there are any, only these count.", Example: "{credit-officer: officer, credit-agency: agency}"},
	{Path: "oidc.units", Kind: Names, Doc: "The provider's names of units and our codes, in the same way.", Example: "{市场监督管理局: SAMR, 税务局: TAX}"},

	{Path: "trustedProxies", Kind: Networks, Doc: "Proxies that may say in Forwarded or X-Forwarded-For whom they speak for.", Example: "[10.0.0.0/8, 'fd00::/8']"},
	{Path: "quotas.lookups", Kind: Number, Default: "60", Doc: "Look-ups that an address has at once when it isn't signed in: a search, a file of an enterprise, each 20 rows of a list (30 times a person searches and reads what is found); they come back within quotas.window."},
	{Path: "quotas.window", Kind: Duration, Default: "10m", Doc: "Time in which the look-ups come back."},
	{Path: "quotas.perDay", Kind: Number, Default: "300", Doc: "Look-ups of an address in a day of 24 hours."},

	{Path: "policy.overlays", Kind: Paths, Doc: "Directories with more rows of the tables: matters.yaml, measures.yaml and others, linted like the built-in ones.", Example: "[policy]"},
	{Path: "units", Kind: Rows, Doc: "Local names of units (部门) and the hours within which they report, and units of this place.", Example: `
#   SAMR: {nameZh: 某市市场监督管理局, nameEn: Market Regulation Bureau, periods: {registration: 24}}
#   CITYDATA: {nameZh: 某市数据局, nameEn: City Data Bureau, domains: [permit]}`},
	{Path: "sources", Kind: Rows, Doc: "Sources that are connected here (已接入的数据来源), since when and by whose decision, which is published. When there is this list, all others are named as not connected; without it all are.", Example: `
#   - {unit: SAMR, domains: [registration, decision], since: 2026-01-01, decidedBy: 某市数据局, decision: 某数〔2026〕3号}`},
}

// Env is the name of the variable that overrides the key.
func (k *Key) Env() string {
	var b strings.Builder
	b.WriteString("CREDITHUB_")
	for _, r := range k.Path {
		switch {
		case r == '.':
			b.WriteByte('_')
		case unicode.IsUpper(r):
			b.WriteByte('_')
			b.WriteRune(r)
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

// keyOf finds a key by its path; section tells whether keys lie below it.
func keyOf(path string) (k *Key, section bool) {
	for i := range Keys {
		if Keys[i].Path == path {
			return &Keys[i], false
		}
		section = section || strings.HasPrefix(Keys[i].Path, path+".")
	}
	return nil, section
}
