package restrict

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ClickHouse/ch-go/proto"
)

// Streamer runs a SELECT and gives its answer in FORMAT Native (revision 0) as
// it comes; it adds the format to the query itself.
type Streamer interface {
	Stream(ctx context.Context, query string) (io.ReadCloser, error)
}

// selectNative runs a query and calls f after each block, with its columns in
// into.
func selectNative(ctx context.Context, s Streamer, query string, into proto.Results, f func(rows int) error) error {
	body, err := s.Stream(ctx, query)
	if err != nil {
		return err
	}
	defer body.Close()
	// The decoder has a buffer of its own; behind it, count tells a clean end from
	// an answer that breaks off in a block.
	in := &tellEnd{r: body}
	r := proto.NewReader(in)
	for {
		var b proto.Block
		err := b.DecodeRawBlock(r, 0, into)
		switch {
		case err == nil:
		case in.ended && errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && b.Columns == 0:
			return nil
		default:
			return fmt.Errorf("restrict: decode answer of ClickHouse: %w", err)
		}
		if b.Rows > 0 {
			if err := f(b.Rows); err != nil {
				return err
			}
		}
	}
}

// tellEnd remembers that its reader ended without error.
type tellEnd struct {
	r     io.Reader
	ended bool
}

func (t *tellEnd) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if errors.Is(err, io.EOF) {
		t.ended = true
	}
	return n, err
}
