package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"credithub/deploy/embedded/engine"
	"credithub/deploy/embedded/install"
	"credithub/deploy/platform/child"
	"credithub/deploy/platform/node"
	"credithub/deploy/testing/embedtest"
)

// What the engine answers is for the holder of the password only, and reaches
// nothing but its own tables.
func TestSafety(t *testing.T) {
	p := embedtest.StartEngine(t, embedtest.EngineOptions{MaxExecution: 20 * time.Second})
	t.Run("password", func(t *testing.T) { testPassword(t, p.URL) })
	t.Run("statements", func(t *testing.T) { testStatements(t, p) })
	t.Run("reading", func(t *testing.T) { testReading(t, p.URL) })
	t.Run("settings", func(t *testing.T) { testSettings(t, p.URL) })
	t.Run("cancel", func(t *testing.T) { testCancel(t, p.URL) })
	t.Run("cut insert", func(t *testing.T) { testCutInsert(t, p.URL) })
	t.Run("limits", func(t *testing.T) { testLimits(t, p.URL) })
	t.Run("second process", func(t *testing.T) { testSecond(t, p.Dir) })
}

func testPassword(t *testing.T, dsn string) {
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	right, _ := u.User.Password()
	for _, user := range []*url.Userinfo{nil, url.User("default"), url.User(engine.User), url.UserPassword(engine.User, "wrong"), url.UserPassword("default", right), url.UserPassword(engine.User, right+"x")} {
		v := *u
		v.User = user
		status, code, body := ask(t, v.String(), http.MethodPost, "SELECT 1", nil)
		if status != http.StatusForbidden || code != "516" || strings.Contains(body, right) {
			t.Errorf("user %v: %d %s %s", user, status, code, body)
		}
	}
	if status, _, body := ask(t, (&url.URL{Scheme: "http", Host: u.Host}).String(), http.MethodPost, "SELECT 2", url.Values{"user": {engine.User}, "password": {right}}); status != 200 || body != "2\n" {
		t.Errorf("by parameters: %d %q", status, body)
	}
	o := options(t, dsn)
	o.Auth.Password = "wrong"
	conn, err := clickhouse.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var ex *clickhouse.Exception
	if err := conn.Ping(ctx(t)); !errors.As(err, &ex) || ex.Code != 516 {
		t.Errorf("got %v", err)
	}
}

func testStatements(t *testing.T, p *embedtest.Process) {
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("topsecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.txt")
	conn := open(t, p.URL)
	exec(t, conn, "CREATE TABLE victim (s String) ENGINE = MergeTree ORDER BY s")
	exec(t, conn, "INSERT INTO victim VALUES ('here')")
	for _, sql := range []string{
		"SELECT * FROM file('$S', LineAsString)", "SELECT file('$S')", "SELECT `file`('$S')", `SELECT "FILE"('$S')`, "SELECT/**/file/**/('$S')",
		"SELECT * APPLY(file) FROM (SELECT '$S' AS x)", "INSERT INTO victim VALUES (file('$S'))", "INSERT INTO victim FORMAT Values (file('$S'))",
		"SELECT * FROM default.`$S`", "SELECT * FROM `$S`", "CREATE VIEW stolen AS SELECT file('$S')",
		"SELECT * FROM url('http://127.0.0.1:1/', LineAsString)", "SELECT * FROM remote('127.0.0.1', system.one)", "SELECT * FROM s3('http://127.0.0.1:1/a/b', LineAsString)",
		"SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')", "SELECT * FROM executable('ls', TSV, 'a String')", "SELECT * FROM filesystem('/')",
		"SELECT 1 INTO OUTFILE '$O'", "SELECT 1 into/**/outfile '$O' FORMAT TSV SETTINGS max_threads = 1", "INSERT INTO victim FROM INFILE '$S' FORMAT LineAsString",
		"CREATE TABLE f (a String) ENGINE = File(LineAsString, '$S')", "CREATE TABLE u (a String) ENGINE = URL('http://127.0.0.1:1', TSV)", "CREATE DATABASE credithub_fs ENGINE = Filesystem('/')",
		"CREATE DICTIONARY dict (a String) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'ls' FORMAT TSV)) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(1)",
		"SYSTEM SHUTDOWN", "SYSTEM STOP MERGES", "SYSTEM FLUSH LOGS", "SYSTEM DROP MARK CACHE", "SET max_threads = 1", "USE system", "BACKUP DATABASE credithub TO File('$O')",
		"CREATE USER u", "GRANT ALL ON *.* TO default", "DROP USER default", "CREATE FUNCTION f AS x -> x", "CREATE NAMED COLLECTION n AS a = 1", "ALTER TABLE victim FREEZE", "ALTER TABLE victim FREEZE SETTINGS max_threads = 1",
		"DROP DATABASE credithub", "DROP DATABASE default", "DROP DATABASE system", "CREATE DATABASE other", "CREATE TABLE default.x (a Int8) ENGINE = Memory", "ATTACH TABLE victim", "DETACH TABLE victim",
		"SELECT demangle('_Z1fv')", "SELECT 1; DROP TABLE victim", "DROP TABLE victim; SELECT 1", "SELECT 1 FROM victim; SYSTEM SHUTDOWN", "CREATE TEMPORARY TABLE x (a Int8)",
		"SELECT catboostEvaluate('$S', 1)",
		"SELECT * FROM victim SETTINGS allow_ddl = 0, format_schema = '$S:X' FORMAT Protobuf",
	} {
		q := strings.NewReplacer("$S", secret, "$O", out).Replace(sql)
		status, code, body := ask(t, p.URL, http.MethodPost, q, nil)
		if status == http.StatusOK || code == "" || strings.Contains(body, "topsecret") {
			t.Errorf("%s: %d %s %.200q", sql, status, code, body)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written")
	}
	if entries, err := os.ReadDir(filepath.Join(p.Dir, "empty")); err != nil || len(entries) > 1 {
		t.Errorf("working directory holds %v, error %v", entries, err)
	}
	if got := scalar[string](t, conn, "SELECT groupConcat(s) FROM victim"); got != "here" {
		t.Errorf("table holds %q", got)
	}
	for _, sql := range []string{"SELECT 'file', 'INTO OUTFILE'", "SELECT 1 AS profile -- file(", "CREATE DATABASE credithub_two", "DROP DATABASE credithub_two", "SELECT number FROM numbers(3) SETTINGS max_threads = 1", "KILL QUERY WHERE 0 ASYNC", "SELECT 1;"} {
		if status, _, body := ask(t, p.URL, http.MethodPost, sql, nil); status != http.StatusOK {
			t.Errorf("%s: %d %s", sql, status, body)
		}
	}
}

func testReading(t *testing.T, dsn string) {
	for _, c := range []struct {
		method string
		params url.Values
	}{{http.MethodGet, url.Values{}}, {http.MethodPost, url.Values{"readonly": {"1"}}}} {
		if status, _, body := ask(t, dsn, c.method, "SELECT count() FROM victim", c.params); status != http.StatusOK || body != "1\n" {
			t.Errorf("%s: %d %s", c.method, status, body)
		}
		for _, sql := range []string{"INSERT INTO victim VALUES ('x')", "DROP TABLE victim", "ALTER TABLE victim DELETE WHERE 1 SETTINGS mutations_sync = 1", "KILL QUERY WHERE 1 ASYNC", "SELECT 1 SETTINGS readonly = 0"} {
			if status, code, body := ask(t, dsn, c.method, sql, c.params); status == http.StatusOK {
				t.Errorf("%s %s: %d %s %s", c.method, sql, status, code, body)
			}
		}
	}
}

func testSettings(t *testing.T, dsn string) {
	for name, value := range map[string]string{
		"nosuch": "1", "format_schema": "x", "output_format_schema": "/tmp/x", "input_format_record_errors_file_path": "/tmp/x", "path": "/tmp", "config-file": "/tmp/x",
		"allow_introspection_functions": "1", "users_config": "x", "--max_threads": "1", "max_threads": "\x00", "session_id": "s", "log_queries": "1",
	} {
		if status, code, body := ask(t, dsn, http.MethodPost, "SELECT 1", url.Values{name: {value}}); status == http.StatusOK {
			t.Errorf("%s: %d %s %s", name, status, code, body)
		}
	}
	for name, value := range map[string]string{"max_execution_time": "1000000", "max_memory_usage": "-1"} {
		want := map[string]string{"max_execution_time": "20\n", "max_memory_usage": "1073741824\n"}[name]
		if status, _, body := ask(t, dsn, http.MethodPost, "SELECT toUInt64(getSetting('"+name+"'))", url.Values{name: {value}}); status != http.StatusOK || body != want {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	for _, s := range []string{"max_memory_usage = 0", "max_execution_time = 0", "max_execution_time = 21", "format_schema = 'x'", "allow_introspection_functions = 1"} {
		if status, _, body := ask(t, dsn, http.MethodPost, "SELECT 1 SETTINGS "+s, nil); status == http.StatusOK {
			t.Errorf("%s: %d %s", s, status, body)
		}
	}
}

// processes counts the statements that run beside the one that asks.
func processes(t *testing.T, dsn string) string {
	t.Helper()
	_, _, body := ask(t, dsn, http.MethodPost, "SELECT count() - 1 FROM system.processes", nil)
	return strings.TrimSpace(body)
}

func testCancel(t *testing.T, dsn string) {
	conn := open(t, dsn)
	for _, sql := range []string{
		"SELECT count() FROM system.numbers WHERE NOT ignore(cityHash64(number))", // never gives a row
		"SELECT number FROM system.numbers",                                       // gives rows for ever
	} {
		c, cancel := context.WithCancel(ctx(t))
		done := make(chan error, 1)
		go func() {
			rows, err := conn.Query(c, sql)
			if err == nil {
				for rows.Next() {
				}
				err = rows.Err()
				rows.Close()
			}
			done <- err
		}()
		waitFor(t, "the statement to run", func() bool { return processes(t, dsn) == "1" })
		cancel()
		<-done
		waitFor(t, "the statement to be cancelled", func() bool { return processes(t, dsn) == "0" })
	}
}

func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// A client that breaks off in the middle of its data inserts nothing.
func testCutInsert(t *testing.T, dsn string) {
	conn := open(t, dsn)
	exec(t, conn, "CREATE TABLE cut (a UInt64) ENGINE = MergeTree ORDER BY a")
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path, u.RawQuery = "/", url.Values{"query": {"INSERT INTO cut FORMAT TSV"}}.Encode()
	body := bytes.Repeat([]byte("1\n"), 1<<20)
	req, err := http.NewRequestWithContext(ctx(t), http.MethodPost, u.String(), &brokenReader{bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(body)) + 10
	if resp, err := http.DefaultClient.Do(req); err == nil {
		resp.Body.Close()
		t.Errorf("got %s", resp.Status)
	}
	waitFor(t, "the insert to end", func() bool { return processes(t, dsn) == "0" })
	if n := scalar[uint64](t, conn, "SELECT count() FROM cut"); n != 0 {
		t.Errorf("%d rows", n)
	}
	if status, code, _ := ask(t, dsn, http.MethodPost, "1\nx\n", url.Values{"query": {"INSERT INTO cut FORMAT TSV"}}); status != http.StatusBadRequest || code != "27" {
		t.Errorf("bad row: %d %s", status, code)
	}
	if n := scalar[uint64](t, conn, "SELECT count() FROM cut"); n != 0 {
		t.Errorf("%d rows", n)
	}
}

type brokenReader struct{ *bytes.Reader }

func (b *brokenReader) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil {
		err = errors.New("client breaks off")
	}
	return n, err
}

func testLimits(t *testing.T, dsn string) {
	for _, c := range []struct {
		sql, code string
		params    url.Values
	}{
		{"SELECT count() FROM system.numbers", "159", url.Values{"max_execution_time": {"1"}}},
		{"SELECT uniqExact(number) FROM numbers(100000000)", "241", url.Values{"max_memory_usage": {"50000000"}}},
		{"SELECT number FROM numbers(1000)", "396", url.Values{"max_result_rows": {"10"}}},
	} {
		if status, code, body := ask(t, dsn, http.MethodPost, c.sql, c.params); status == http.StatusOK || code != c.code {
			t.Errorf("%s: %d %s %.200s", c.sql, status, code, body)
		}
	}
	if status, _, body := ask(t, dsn, http.MethodPost, "SELECT 1", nil); status != http.StatusOK || body != "1\n" {
		t.Errorf("afterwards: %d %s", status, body)
	}
}

func testSecond(t *testing.T, dir string) {
	lib, err := install.Ensure(ctx(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	err = engine.Run(ctx(t), engine.Config{DataDir: dir, Library: lib, Password: "0123456789abcdef", LockWait: 50 * time.Millisecond})
	if !errors.Is(err, node.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

func TestBusy(t *testing.T) {
	p := embedtest.StartEngine(t, embedtest.EngineOptions{MaxReads: 1, AdmitWait: 100 * time.Millisecond})
	c, cancel := context.WithCancel(ctx(t))
	defer cancel()
	conn := open(t, p.URL)
	go func() {
		for c.Err() == nil { // it may be refused itself at first
			_ = conn.Exec(c, "SELECT count() FROM system.numbers")
		}
	}()
	waitFor(t, "a refusal", func() bool {
		status, code, _ := ask(t, p.URL, http.MethodPost, "SELECT 1", nil)
		return status == http.StatusServiceUnavailable && code == "202"
	})
	if status, _, body := ask(t, p.URL, http.MethodPost, "CREATE TABLE t (a Int8) ENGINE = Memory", nil); status != http.StatusOK {
		t.Errorf("reads hold back changes: %d %s", status, body)
	}
}

func TestConfigNamesAllFaults(t *testing.T) {
	c := engine.Config{Library: "libchdb.so", Password: "short", Nice: 20, MaxReads: -1}
	err := c.Validate()
	for _, want := range []string{"data directory", "not absolute", "password", "niceness", "limit"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	c = engine.Config{DataDir: t.TempDir(), Library: "/nosuch/libchdb.so", Password: strings.Repeat("x", 16), Listen: "0.0.0.0:0"}
	if err := engine.Run(ctx(t), c); !errors.Is(err, child.ErrNotLoopback) {
		t.Errorf("got %v", err)
	}
}

func TestPasswordIsMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	got := make(chan string, 8)
	for range cap(got) {
		go func() {
			pw, err := engine.Password(dir)
			got <- fmt.Sprint(pw, err)
		}()
	}
	first := <-got
	for range cap(got) - 1 {
		if next := <-got; next != first {
			t.Errorf("%s and %s", first, next)
		}
	}
	if st, err := os.Stat(filepath.Join(dir, "password")); err != nil || st.Mode().Perm() != 0o600 || len(first) < 64 {
		t.Errorf("%v, error %v", st, err)
	}
}

// An engine at rest is small.
func TestMemoryAtRest(t *testing.T) {
	p := embedtest.StartEngine(t, embedtest.EngineOptions{TrimEvery: 100 * time.Millisecond})
	conn := open(t, p.URL)
	exec(t, conn, "CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
	exec(t, conn, "INSERT INTO t SELECT number, toString(number) FROM numbers(100000)")
	waitFor(t, "the engine to become small", func() bool { return p.RSS() < 200e6 })
	t.Logf("%d MB", p.RSS()/1e6)
	if n := scalar[uint64](t, conn, "SELECT uniqExact(s) FROM t"); n != 100000 {
		t.Errorf("got %d", n)
	}
}
