package store

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Named asks for the codes under which entries have named a person.
type Named struct {
	Person string // key
	AsOf   time.Time
	Limit  int
}

// SQL implements Statement.
func (q *Named) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT DISTINCT uscc FROM {db}.entries WHERE position(persons, ?) > 0", q.Person)
	t.known(q.AsOf)
	t.add(" ORDER BY uscc LIMIT ?", q.Limit)
	return t.done()
}

// Named reads them.
func (s *Store) Named(ctx context.Context, q *Named) (codes []string, err error) {
	err = s.read(ctx, q, func(rows driver.Rows) error {
		var code string
		if err := rows.Scan(&code); err != nil {
			return err
		}
		codes = append(codes, code)
		return nil
	})
	return codes, err
}
