package clickhouse

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/proto"
)

// InsertOptions of one block.
type InsertOptions struct {
	Token    string            // insert_deduplication_token; "" for none
	QueryID  string            // seen in Running; "" lets the server choose
	Settings map[string]string // further settings
	Timeout  time.Duration     // 0: the configuration's
}

// Insert writes one block of columns, which all have the same number of rows,
// as one part. The columns may be used again when it returns; nothing is kept.
// No rows is no insert.
//
// An error that is ErrDoubt means that the rows may be there, now or soon; any
// other means that they are not. *Error has the server's code.
func (db *DB) Insert(ctx context.Context, table string, in proto.Input, opts InsertOptions) error {
	rows, err := prepare(in)
	if err != nil || rows == 0 {
		return err
	}
	if !identifier(table) {
		return fmt.Errorf("clickhouse: table %q is no plain name", table)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(opts.Timeout, db.cfg.InsertTimeout))
	defer cancel()
	begun := time.Now()
	sent, err := db.post(ctx, db.insertURL(table, in, opts), in, rows)
	db.count.bytes.Add(float64(sent))
	if err == nil {
		db.count.rows.Add(float64(rows))
		db.count.insert.Observe(time.Since(begun).Seconds())
		return nil
	}
	code, known := Code(err)
	switch {
	case notSent(err), known && refused[code]:
		db.count.failures.WithLabelValues(strconv.Itoa(code)).Inc()
		return fmt.Errorf("clickhouse: insert into %s: %w", table, err)
	default:
		db.count.doubts.Inc()
		return fmt.Errorf("clickhouse: insert into %s: %w: %w", table, ErrDoubt, err)
	}
}

// prepare makes columns ready and counts their rows.
func prepare(in proto.Input) (int, error) {
	if len(in) == 0 {
		return 0, errors.New("clickhouse: insert without columns")
	}
	rows := in[0].Data.Rows()
	for _, c := range in {
		if !identifier(c.Name) {
			return 0, fmt.Errorf("clickhouse: column %q is no plain name", c.Name)
		}
		if n := c.Data.Rows(); n != rows {
			return 0, fmt.Errorf("clickhouse: column %s has %d rows, %s has %d", c.Name, n, in[0].Name, rows)
		}
		if p, ok := c.Data.(proto.Preparable); ok {
			if err := p.Prepare(); err != nil {
				return 0, fmt.Errorf("clickhouse: column %s: %w", c.Name, err)
			}
		}
	}
	return rows, nil
}

func (db *DB) insertURL(table string, in proto.Input, opts InsertOptions) string {
	var q strings.Builder
	q.WriteString("INSERT INTO ")
	q.WriteString(table)
	q.WriteString(" (")
	for i, c := range in {
		if i > 0 {
			q.WriteByte(',')
		}
		q.WriteString(c.Name)
	}
	q.WriteString(") FORMAT Native")
	v := url.Values{"query": {q.String()}, "async_insert": {"0"}}
	if opts.Token != "" {
		v.Set("insert_deduplication_token", opts.Token)
	}
	if opts.QueryID != "" {
		v.Set("query_id", opts.QueryID)
	}
	for name, value := range opts.Settings {
		v.Set(name, value)
	}
	return db.url(v)
}

func (db *DB) post(ctx context.Context, to string, in proto.Input, rows int) (int64, error) {
	buf := db.buffer()
	body := &block{in: in, rows: rows, buf: buf}
	res, err := db.send(ctx, to, io.NopCloser(body))
	if err != nil {
		// The transport may still write from the columns and the buffer.
		body.stop()
		return body.written(), err
	}
	defer res.Body.Close()
	err = answer(res)
	if body.stop() {
		db.bufs.Put(buf)
	}
	return body.written(), err
}

// url is the server's address with parameters; the database comes with them.
func (db *DB) url(v url.Values) string {
	v.Set("database", db.at.base)
	u := url.URL{Scheme: db.at.scheme, Host: db.at.addr, Path: "/", RawQuery: v.Encode()}
	return u.String()
}

// send posts a body as the configured user. No error has the address or the
// statement in it.
func (db *DB) send(ctx context.Context, to string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, body)
	if err != nil {
		return nil, errors.New("clickhouse: request can't be made")
	}
	if req.ContentLength == 0 {
		req.ContentLength = -1 // unknown; net/http would read ahead to find out
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("X-ClickHouse-User", db.at.user)
	req.Header.Set("X-ClickHouse-Key", db.at.password)
	res, err := db.http.Do(req)
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // its text has the whole statement
	}
	return res, err
}

const maxAnswer = 16 << 10

// answer reads what the server says of an insert.
func answer(res *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	code, _ := strconv.Atoi(res.Header.Get("X-ClickHouse-Exception-Code"))
	if m := codeText.FindSubmatch(text); m != nil && code == 0 {
		code, _ = strconv.Atoi(string(m[1]))
	}
	if res.StatusCode == http.StatusOK && code == 0 && len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	return &Error{Code: code, Status: res.StatusCode, Text: shorten(string(text))}
}

func shorten(s string) string {
	const most = 500
	s = strings.TrimSpace(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
