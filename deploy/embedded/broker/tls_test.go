package broker_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"credithub/deploy/embedded/broker"
)

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// The guard reads what TLS has opened.
func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	c, stop := context.WithCancel(ctx(t))
	ready := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- broker.Run(c, broker.Config{DataDir: t.TempDir(), TLS: &tls.Config{Certificates: []tls.Certificate{cert}}, Ready: func(a string) { ready <- a }})
	}()
	addr := <-ready
	tr := &kafka.Transport{TLS: &tls.Config{RootCAs: pool}}
	kc := &kafka.Client{Addr: kafka.TCP(addr), Transport: tr}
	md, err := kc.Metadata(ctx(t), &kafka.MetadataRequest{})
	if err != nil || len(md.Brokers) != 1 {
		t.Errorf("got %+v, error %v", md, err)
	}
	tc, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer tc.Close()
	if _, err := tc.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if n, err := tc.Read(make([]byte, 1)); err == nil || n > 0 {
		t.Error("garbage inside TLS was answered")
	}
	tr.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
