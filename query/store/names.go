package store

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Candidate is a code that bears or bore a name. Whether it still does has to be
// seen from its registration.
type Candidate struct {
	Name string // folded
	USCC string
}

// NameMatch says how a folded text is looked for.
type NameMatch uint8

// Ways of looking.
const (
	Begins   NameMatch = iota // the name begins with it
	Contains                  // the name holds it
)

// Names asks for the codes whose names match, each once under the first of its
// matching names, ordered by name and code.
type Names struct {
	Text                 string // as fold.Name gives it
	Match                NameMatch
	AfterName, AfterUSCC string
	Limit                int
}

func (q *Names) match(t *sqlBuilder) {
	if q.Match == Contains {
		t.add("position(name, ?) > 0", q.Text)
		return
	}
	t.add("startsWith(name, ?)", q.Text)
}

// SQL implements Statement.
func (q *Names) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT min(name) AS n, uscc FROM {db}.names WHERE ")
	q.match(&t)
	t.add(" GROUP BY uscc")
	if q.AfterName != "" || q.AfterUSCC != "" {
		t.add(" HAVING (n, uscc) > (?, ?)", q.AfterName, q.AfterUSCC)
	}
	t.add(" ORDER BY n, uscc LIMIT ?", q.Limit)
	return t.done()
}

// Names reads the candidates.
func (s *Store) Names(ctx context.Context, q *Names) ([]Candidate, error) {
	var out []Candidate
	err := s.read(ctx, q, func(rows driver.Rows) error {
		var c Candidate
		if err := rows.Scan(&c.Name, &c.USCC); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	})
	return out, err
}

// CountNames asks how many codes match.
type CountNames struct {
	Text  string
	Match NameMatch
}

// SQL implements Statement.
func (q *CountNames) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT uniqExact(uscc) FROM {db}.names WHERE ")
	(&Names{Text: q.Text, Match: q.Match}).match(&t)
	return t.done()
}

// CountNames reads the number of candidates.
func (s *Store) CountNames(ctx context.Context, q *CountNames) (int, error) { return s.count(ctx, q) }
