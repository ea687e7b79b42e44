package restrict

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/schema/ddl"
)

// HTTP is the Streamer of a server. Rows go from the socket into columns: a
// snapshot of 10⁷ entries read row by row through clickhouse-go would take
// longer than a start may, and clickhouse-go takes an answer that breaks off
// between two fields for a whole one.
func HTTP(c clickhouse.Config) (Streamer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, errors.New("restrict: ClickHouse address is no URL")
	}
	s := &streamer{user: "default", base: c.Database, scheme: u.Scheme, addr: u.Host}
	if u.User != nil {
		if name := u.User.Username(); name != "" {
			s.user = name
		}
		s.password, _ = u.User.Password()
	}
	if u.Port() == "" {
		s.addr = net.JoinHostPort(u.Hostname(), map[string]string{"http": "8123", "https": "8443"}[u.Scheme])
	}
	if s.base == "" {
		s.base = strings.TrimPrefix(u.Path, "/")
	}
	if s.base == "" {
		s.base = ddl.Database
	}
	dial := c.DialTimeout
	if dial <= 0 {
		dial = 2 * time.Second
	}
	s.http = &http.Client{Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dial}).DialContext,
		TLSHandshakeTimeout: dial, IdleConnTimeout: 10 * time.Second, DisableCompression: true, ReadBufferSize: 256 << 10,
	}}
	return s, nil
}

type streamer struct {
	http                               *http.Client
	scheme, addr, base, user, password string
}

// Stream sends one query. The caller bounds it by ctx.
func (s *streamer) Stream(ctx context.Context, query string) (io.ReadCloser, error) {
	u := url.URL{Scheme: s.scheme, Host: s.addr, Path: "/", RawQuery: url.Values{"database": {s.base}}.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(query+" FORMAT Native"))
	if err != nil {
		return nil, errors.New("restrict: request to ClickHouse can't be made")
	}
	req.Header.Set("X-ClickHouse-User", s.user)
	req.Header.Set("X-ClickHouse-Key", s.password)
	res, err := s.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("restrict: ask ClickHouse: %w", errors.Unwrap(err)) // without the URL
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500))
		return nil, fmt.Errorf("restrict: ClickHouse answers %d: %s", res.StatusCode, strings.TrimSpace(string(text)))
	}
	return res.Body, nil
}
