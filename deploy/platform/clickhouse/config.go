// Package clickhouse is the hub's one way to ClickHouse, over HTTP.
//
// Reads and statements go through clickhouse-go. Bulk inserts don't: a block of
// ch-go columns is sent as FORMAT Native in one plain POST, straight from the
// columns' memory to the socket, which costs a third of the processor time.
//
// It promises that an insert whose fate is not known says so (ErrDoubt): the
// caller then asks which rows are there before it sends any again, as a
// deduplication token alone was seen to lose blocks. It never repeats an insert
// by itself, and never shows SQL, addresses or passwords in its error texts
// beyond what the server answered.
package clickhouse

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/schema/ddl"
)

// Config says where ClickHouse is. Zero values take the defaults.
type Config struct {
	URL      string // http(s)://user:password@host:port/database; several hosts are a load balancer's matter
	Database string // wins over the URL's; ddl.Database when neither names one

	DialTimeout   time.Duration // 2 s
	ReadTimeout   time.Duration // of one read, clickhouse-go's too; 60 s
	InsertTimeout time.Duration // of one insert; 60 s
	MaxConns      int           // for reads; 16

	Metrics prometheus.Registerer // nil: not registered
}

func (c Config) withDefaults() Config {
	c.DialTimeout = cmp.Or(c.DialTimeout, 2*time.Second)
	c.ReadTimeout = cmp.Or(c.ReadTimeout, time.Minute)
	c.InsertTimeout = cmp.Or(c.InsertTimeout, time.Minute)
	c.MaxConns = cmp.Or(c.MaxConns, 16)
	return c
}

// endpoint is a parsed URL.
type endpoint struct {
	scheme, addr, host   string
	user, password, base string
	loopback             bool
}

// Validate tells what is wrong with the address, without its password.
func (c Config) Validate() error {
	_, err := c.parse()
	return err
}

func (c Config) parse() (endpoint, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return endpoint{}, errors.New("clickhouse: address is no URL")
	}
	p := endpoint{scheme: u.Scheme, host: u.Hostname(), base: c.Database}
	port := u.Port()
	switch u.Scheme {
	case "http":
		port = cmp.Or(port, "8123")
	case "https":
		port = cmp.Or(port, "8443")
	default:
		return endpoint{}, fmt.Errorf("clickhouse: scheme %q is neither http nor https", u.Scheme)
	}
	if p.host == "" {
		return endpoint{}, errors.New("clickhouse: address has no host")
	}
	p.addr = net.JoinHostPort(p.host, port)
	if p.base == "" && len(u.Path) > 1 {
		p.base = u.Path[1:]
	}
	p.base = cmp.Or(p.base, ddl.Database)
	if !identifier(p.base) {
		return endpoint{}, fmt.Errorf("clickhouse: database %q is no plain name", p.base)
	}
	p.user = "default"
	if u.User != nil {
		if u.User.Username() != "" {
			p.user = u.User.Username()
		}
		p.password, _ = u.User.Password()
	}
	if ip := net.ParseIP(p.host); p.host == "localhost" || ip != nil && ip.IsLoopback() {
		p.loopback = true
	}
	return p, nil
}

// identifier tells a name that needs no quotes.
func identifier(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
