package storetest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Rows are what the tables of ClickHouse hold, in any order.
type Rows struct {
	Records []stored.Message
	Entries []stored.Entry
	Names   []stored.Name
	Rejects []stored.Reject
}

// Memory is a store in memory. Any number of goroutines may read it while nobody
// changes its fields.
type Memory struct {
	Rows Rows

	Now     func() time.Time                             // time.Now when nil
	Reading func(ctx context.Context, what string) error // called before each read, which fails with its error; nil: nothing
}

// reading announces a read.
func (m *Memory) reading(ctx context.Context, what string) error {
	if m.Reading == nil {
		if err := ctx.Err(); err != nil {
			return fault.Wrap(fault.Timeout, err, "the answer took too long")
		}
		return nil
	}
	return m.Reading(ctx, what)
}

func (m *Memory) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

// known tells whether a row that was learned at an instant was known at another; the
// zero time means now.
func known(learned, at time.Time) bool {
	return at.IsZero() || learned.UnixMilli() <= at.UnixMilli()
}

// old tells whether a message is no younger than an age.
func old(m *stored.Message, age *store.Age) bool {
	return age == nil || slices.ContainsFunc(age.Through, func(p receipt.Position) bool {
		return p.Domain.Topic() == m.Topic && p.Partition == m.Partition && m.Offset <= p.Offset
	})
}

// within takes out the codes that hold more than most allows, the largest first: what
// is wrong with each. sizes are what each code holds, versions that are gone included.
func within[T any](rows map[string][]T, sizes map[string]int, most store.Most, what string) store.Over {
	codes := make([]string, 0, len(sizes))
	for code := range sizes {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(cmp.Compare(sizes[a], sizes[b]), cmp.Compare(a, b)) })
	over, total := store.Over{}, 0
	for _, code := range codes {
		switch n := sizes[code]; {
		case n > most.Each:
			over[code] = fault.New(fault.TooComplex, "the enterprise has more than %d %s", most.Each, what)
		case total+n > most.All:
			over[code] = fault.New(fault.TooComplex, "the enterprises have more than %d %s together", most.All, what)
		default:
			total += n
			continue
		}
		delete(rows, code)
	}
	return over
}

// Accepted is the row of a version of a record that was accepted, at an offset of the
// first partition of its domain.
func Accepted(r store.Record, offset int64) stored.Message {
	r.Status = stored.Accepted
	return stored.Message{Record: r, Topic: record.ParseDomain(r.Domain).Topic(), Offset: offset}
}
