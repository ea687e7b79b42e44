package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/schema/fault"
)

// Most bounds what one read of several codes may bring. What is too much for it is
// an error, never a shorter answer.
type Most struct {
	Each int // rows of one code
	All  int // rows of all codes together
}

// Over are the codes of which nothing was read, because they hold more than Most
// allows: what is wrong with each. The smallest codes are read first, so that a
// large one takes nothing from its neighbours.
type Over map[string]error

// versions is a question for the latest versions of what some codes have.
type versions interface {
	latest(t *sqlBuilder)           // the latest version of each, all of them
	census(t *sqlBuilder)           // how many each code has, gone ones included
	asked() []string                // the codes
	about(codes []string) Statement // the same question about some of them
	what() string                   // what is counted, for errors
}

// few is the statement for the usual case, in which there are few versions: one
// read that says at once whether it is the usual case.
type few struct {
	versions
	limit int
}

// SQL implements Statement.
func (q few) SQL() (string, []any) {
	var t sqlBuilder
	q.latest(&t)
	t.add(" LIMIT ?", q.limit)
	return t.done()
}

// census counts before anything is read.
type census struct{ versions }

// SQL implements Statement.
func (q census) SQL() (string, []any) {
	var t sqlBuilder
	q.census(&t)
	return t.done()
}

// fewEach is how many rows of each code more are read without counting first.
const fewEach = 32

// perRead is about how many rows one statement brings when they were counted.
const perRead = 50_000

// gather reads all rows of a question and hands them to each, those of one code
// neither together nor in an order; a row is handed on only when everything about
// its code can be read.
func gather[T any](ctx context.Context, s *Store, q versions, most Most, scan func(driver.Rows) (T, error), each func(*T)) (Over, error) {
	codes := q.asked()
	if len(codes) == 0 {
		return nil, nil
	}
	limit := min(s.few+fewEach*len(codes), most.Each+1, most.All+1)
	var all []T
	err := s.read(ctx, few{q, limit}, func(rows driver.Rows) error {
		v, err := scan(rows)
		all = append(all, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(all) < limit {
		for i := range all {
			each(&all[i])
		}
		return nil, nil
	}
	reads, over, err := s.portion(ctx, q, most)
	if err != nil {
		return nil, err
	}
	for _, part := range reads {
		err := s.read(ctx, q.about(part), func(rows driver.Rows) error {
			v, err := scan(rows)
			if err == nil {
				each(&v)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return over, nil
}

// portion counts, and parts the codes into reads of about perRead rows and those
// that are too much.
func (s *Store) portion(ctx context.Context, q versions, most Most) (reads [][]string, over Over, err error) {
	type size struct {
		code string
		n    int
	}
	var sizes []size
	err = s.read(ctx, census{q}, func(rows driver.Rows) error {
		var code string
		var n uint64
		err := rows.Scan(&code, &n)
		sizes = append(sizes, size{code, int(n)})
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(sizes, func(a, b size) int { return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.code, b.code)) })
	over = Over{}
	total, room := 0, 0
	for _, x := range sizes {
		switch {
		case x.n > most.Each:
			over[x.code] = fault.New(fault.TooComplex, "the enterprise has more than %d %s", most.Each, q.what())
			continue
		case total+x.n > most.All:
			over[x.code] = fault.New(fault.TooComplex, "the enterprises have more than %d %s together; ask about fewer at once", most.All, q.what())
			continue
		}
		total += x.n
		if room -= x.n; len(reads) == 0 || room < 0 {
			reads, room = append(reads, nil), perRead-x.n
		}
		last := &reads[len(reads)-1]
		*last = append(*last, x.code)
	}
	return reads, over, nil
}
