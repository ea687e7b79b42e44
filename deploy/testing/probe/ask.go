package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"credithub/deploy/platform/client"
)

// Select asks the ClickHouse of a data directory and gives rows of columns. A
// URL without user takes the engine's password from the directory.
func Select(ctx context.Context, dir, clickhouse, sql string) ([][]string, error) {
	u, err := signedIn(dir, clickhouse)
	if err != nil {
		return nil, err
	}
	user := u.User
	u.User, u.Path, u.RawQuery = nil, "/", "database=credithub"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(sql+" FORMAT TSV"))
	if err != nil {
		return nil, err
	}
	password, _ := user.Password()
	req.SetBasicAuth(user.Username(), password)
	r, err := client.At("", "").Send(req)
	if err != nil {
		return nil, err
	}
	if r.Status != http.StatusOK {
		return nil, fmt.Errorf("probe: clickhouse answered %d: %.500s", r.Status, r.Body)
	}
	var rows [][]string
	for line := range strings.Lines(string(r.Body)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows, nil
}

// EngineURL is the URL of the embedded engine of a data directory with user and
// password.
func EngineURL(dir, clickhouse string) (string, error) {
	u, err := signedIn(dir, clickhouse)
	if err != nil {
		return "", err
	}
	u.Path = "/credithub"
	return u.String(), nil
}

func signedIn(dir, clickhouse string) (*url.URL, error) {
	u, err := url.Parse(clickhouse)
	if err == nil && u.User == nil {
		u.User, err = engineUser(dir)
	}
	return u, err
}

// engineUser reads who may ask the embedded engine of a data directory.
func engineUser(dir string) (*url.Userinfo, error) {
	found, err := filepath.Glob(filepath.Join(dir, "*", "password"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("probe: %d password files below %s, want one of the engine", len(found), dir)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	return url.UserPassword("credithub", strings.TrimSpace(string(b))), nil
}

// Select asks the ClickHouse of a hub that runs, by what the hub wrote of its
// addresses.
func (h *Hub) Select(ctx context.Context, sql string) ([][]string, error) {
	b, err := os.ReadFile(filepath.Join(h.Dir, "endpoints.json"))
	if err != nil {
		return nil, err
	}
	var e struct{ ClickHouse string }
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, err
	}
	return Select(ctx, h.Dir, e.ClickHouse, sql)
}
