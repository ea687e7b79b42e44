package kafka

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config says where Kafka is and how to get in. Zero durations and sizes take
// the defaults.
type Config struct {
	Brokers  []string // host:port, at least one
	ClientID string   // shown in the broker's logs; "credithub" when empty

	TLS      bool
	CAFile   string // PEM; the system's authorities when empty
	CertFile string // PEM, client certificate, with KeyFile
	KeyFile  string
	SASL     SASL

	DialTimeout    time.Duration // of one connection with its handshakes; 1 s
	RequestTimeout time.Duration // of one request beyond its own waiting; 5 s
	Patience       time.Duration // after which Fetch and metadata calls report trouble; 2 s
	MetadataTTL    time.Duration // greatest age of what is known of leaders; 800 ms
	MaxResponse    int           // bytes of one response; 64 MiB

	Seal    Seal                  // of topics that only the program itself writes; nil: none
	Metrics prometheus.Registerer // nil: not registered
}

// Seal proves who wrote the messages of some topics: they leave with a seal, and
// without the right one they arrive with Err. *feed.Seal does.
type Seal interface {
	Covers(topic string) bool
	Append(dst []byte, topic string, key, value []byte) []byte
	Proves(topic string, key, value, seal []byte) bool
}

// sealHeader carries the seal of a message.
const sealHeader = "seal"

// ErrUnproven marks a message without the right seal.
var ErrUnproven = errors.New("kafka: message without the hub's seal")

func (c Config) withDefaults() Config {
	c.DialTimeout = cmp.Or(c.DialTimeout, time.Second)
	c.RequestTimeout = cmp.Or(c.RequestTimeout, 5*time.Second)
	c.Patience = cmp.Or(c.Patience, 2*time.Second)
	c.MetadataTTL = cmp.Or(c.MetadataTTL, 800*time.Millisecond)
	c.MaxResponse = cmp.Or(c.MaxResponse, 64<<20)
	c.ClientID = cmp.Or(c.ClientID, "credithub")
	return c
}

// Validate names everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("kafka: no broker address"))
	}
	for _, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			errs = append(errs, fmt.Errorf("kafka: broker address %q is not host:port", b))
		}
	}
	if !c.TLS && (c.CAFile != "" || c.CertFile != "" || c.KeyFile != "") {
		errs = append(errs, errors.New("kafka: certificates are given but TLS is off"))
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		errs = append(errs, errors.New("kafka: client certificate and key belong together"))
	}
	if _, err := c.SASL.mechanism(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c Config) tls() (*tls.Config, error) {
	if !c.TLS {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("kafka: read authorities: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("kafka: no certificate in %s", c.CAFile)
		}
	}
	if c.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("kafka: client certificate: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}
