package clickhouse

import (
	"context"
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
	res, err := db.send(ctx, db.url(url.Values{}), strings.NewReader(query+" FORMAT Native"))
	if err != nil {
		return nil, fmt.Errorf("clickhouse: stream: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		return nil, fmt.Errorf("clickhouse: stream: %w", answer(res))
	}
	return res.Body, nil
}
