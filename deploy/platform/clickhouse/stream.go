package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Stream runs a SELECT and gives its answer in FORMAT Native (revision 0) as it
// comes; it adds the format to the query itself. Whoever reads it decodes columns
// straight from the socket, and must tell a whole answer from a broken one:
// clickhouse-go's rows take an answer that ends between two fields for a whole
// one. The caller bounds it by ctx and closes the body.
func (db *DB) Stream(ctx context.Context, query string) (io.ReadCloser, error) {
	u := url.URL{Scheme: db.at.scheme, Host: db.at.addr, Path: "/", RawQuery: url.Values{"database": {db.at.base}}.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(query+" FORMAT Native"))
	if err != nil {
		return nil, errors.New("clickhouse: request can't be made")
	}
	req.Header.Set("X-ClickHouse-User", db.at.user)
	req.Header.Set("X-ClickHouse-Key", db.at.password)
	res, err := db.http.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // the text of a url.Error has the whole statement
		}
		return nil, fmt.Errorf("clickhouse: stream: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		return nil, fmt.Errorf("clickhouse: stream: %w", answer(res))
	}
	return res.Body, nil
}
