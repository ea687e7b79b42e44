package restrict

import (
	"context"
	"fmt"
	"slices"

	"github.com/ClickHouse/ch-go/proto"
	"golang.org/x/sync/errgroup"
)

// Tables are read in ranges of codes, each in no order, and the rows of a range
// are folded here: letting the server merge its parts into one order takes it
// ten times as long as the reading, and grouping there holds all groups in its
// memory at once. The ranges follow the primary key, so that none is read twice.

// rowsPerRange bounds the memory of one range: about 100 MB of entries, and as much for
// the next.
const rowsPerRange = 400_000

// gatherer holds the rows of one range.
type gatherer interface {
	into() proto.Results
	take(rows int) error // the rows in into
	reset()
}

// byRange runs a query that ends in a condition for each range of codes. While
// one range is emitted the next is read.
func (c tables) byRange(ctx context.Context, table, cond, query string, fresh func() gatherer, emit func(gatherer) error) error {
	ranges, err := c.ranges(ctx, table, cond)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	free, full := make(chan gatherer, 2), make(chan gatherer, 1)
	free <- fresh()
	free <- fresh()
	g.Go(func() error {
		defer close(full)
		for _, r := range ranges {
			var rows gatherer
			select {
			case rows = <-free:
			case <-ctx.Done():
				return ctx.Err()
			}
			rows.reset()
			if err := selectNative(ctx, c.s, query+r, rows.into(), rows.take); err != nil {
				return err
			}
			full <- rows
		}
		return nil
	})
	g.Go(func() error {
		for rows := range full {
			if err := emit(rows); err != nil {
				go drain(full)
				return err
			}
			free <- rows
		}
		return nil
	})
	return g.Wait()
}

func drain(c <-chan gatherer) {
	for range c {
	}
}

// ranges gives conditions that part the codes of a table's rows into ranges of
// about rowsPerRange. The borders are a sample; whatever they are, each row
// falls into exactly one range.
func (c tables) ranges(ctx context.Context, table, cond string) ([]string, error) {
	var n proto.ColUInt64
	total := uint64(0)
	err := selectNative(ctx, c.s, "SELECT count() FROM "+table+" WHERE "+cond, proto.Results{{Data: &n}}, func(int) error {
		total = n[0]
		return nil
	})
	if err != nil {
		return nil, err
	}
	want := int(total/rowsPerRange) + 1
	if want == 1 {
		return []string{""}, nil
	}
	const perRange = 50
	var code proto.ColStr
	var sample []string
	query := fmt.Sprintf("SELECT uscc FROM %s WHERE %s AND rand() %% %d = 0", table, cond, max(total/uint64(want*perRange), 1))
	err = selectNative(ctx, c.s, query, proto.Results{{Data: &code}}, func(rows int) error {
		for i := range rows {
			sample = append(sample, code.Row(i))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return parted(sample, want), nil
}

// parted makes conditions of a sample of codes.
func parted(sample []string, want int) []string {
	slices.Sort(sample)
	var borders []string
	for i := 1; i < want; i++ {
		if at := i * len(sample) / want; at < len(sample) {
			borders = append(borders, sample[at])
		}
	}
	borders = slices.Compact(borders)
	if len(borders) == 0 {
		return []string{""}
	}
	out := []string{" AND uscc < " + quote(borders[0])}
	for i, b := range borders {
		r := " AND uscc >= " + quote(b)
		if i+1 < len(borders) {
			r += " AND uscc < " + quote(borders[i+1])
		}
		out = append(out, r)
	}
	return out
}
