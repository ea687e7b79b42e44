package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"credithub/deploy/platform/node"
	"credithub/deploy/platform/random"
)

// Password returns the password that the engine of a data directory takes,
// making it (256 random bits, file mode 0600) the first time.
func Password(dataDir string) (string, error) {
	path := filepath.Join(dataDir, "password")
	b, err := os.ReadFile(path)
	if err == nil {
		if s := strings.TrimSpace(string(b)); len(s) >= 16 {
			return s, nil
		}
		return "", fmt.Errorf("engine: password file %s is damaged; remove it to make a new one", path)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("engine: password: %w", err)
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return "", fmt.Errorf("engine: password: %w", err)
	}
	// Of two makers at once the first wins, and both read the same.
	if err := node.CreateFile(path, []byte(random.Hex(32)+"\n")); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("engine: password: %w", err)
	}
	return Password(dataDir)
}

// URL is what clients of an engine are configured with:
// http://user:password@host:port/database.
func URL(addr, password string) string {
	u := url.URL{Scheme: "http", User: url.UserPassword(User, password), Host: addr, Path: "/" + Database}
	return u.String()
}

// Ping returns nil when an engine answers at addr (host:port).
func Ping(ctx context.Context, addr string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/ping", nil)
	if err != nil {
		return fmt.Errorf("engine: ping: %w", err)
	}
	req.Close = true
	resp, err := (&http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return fmt.Errorf("engine: ping: %w", err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(io.LimitReader(resp.Body, 16)); err != nil || string(b) != "Ok.\n" {
		return fmt.Errorf("engine: ping: unexpected answer (status %d)", resp.StatusCode)
	}
	return nil
}
