package restrict

import (
	"context"
	"slices"
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/ddl"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// factRow is the version of a record that counts of those met so far under a code.
type factRow struct {
	unit, id string
	stored.Standing
	kind string
	on   civil.Date
	data []byte // of records that can be a fact
}

// factRows folds the records of one domain: of each record under each code the
// version that counts.
type factRows struct {
	*block[stored.Record]
	record stored.Record

	place map[string]int // by code, unit and id
	rows  map[string][]factRow
}

func newFactRows() *factRows { return &factRows{block: newBlock(factColumns)} }

var factColumns = append(column.Without(subjectColumns), column.Pick(stored.Records, "kind", "occurred_on", "data")...)

func (g *factRows) into() proto.Results { return g.results }

func (g *factRows) reset() { g.place, g.rows = map[string]int{}, map[string][]factRow{} }

func (g *factRows) take(rows int) error {
	var key []byte
	for i := range rows {
		x := &g.record
		g.read(i, x)
		key = append(append(append(key[:0], x.USCC...), 0), x.Unit...)
		key = append(append(key, 0), x.RecordID...)
		of := g.rows[x.USCC]
		n, met := g.place[string(key)]
		if !met {
			n = len(of)
			g.place[string(key)] = n
			of = append(of, factRow{unit: strings.Clone(x.Unit), id: strings.Clone(x.RecordID)})
			g.rows[strings.Clone(x.USCC)] = of
		}
		r := &of[n]
		if !r.Take(x) {
			continue
		}
		if r.data = nil; r.Holds() && len(x.Data) > 0 {
			r.kind, r.on, r.data = strings.Clone(x.Kind), x.OccurredOn, slices.Clone(x.Data)
		}
	}
	return nil
}

// emit calls f with the records of each code that has a fact.
func (g *factRows) emit(p *policy.Policy, d record.Domain, f func([]byte, []FactRecord) error) error {
	for code, rows := range g.rows {
		var all []FactRecord
		any := false
		for i := range rows {
			r := &rows[i]
			if r.data == nil {
				continue
			}
			x := FactRecord{Unit: r.unit, RecordID: r.id, Version: r.Version}
			p.Read(&x.Reading, d, r.kind, policy.StoredValues(r.data, r.on))
			if x.Series || len(x.Found) > 0 {
				all, any = append(all, x), any || len(x.Found) > 0
			}
		}
		if any {
			if err := f([]byte(code), all); err != nil {
				return err
			}
		}
	}
	return nil
}

// Facts reads the domains whose records can be facts one after another, range by
// range. It comes to f with a code once a domain.
func (c tables) Facts(ctx context.Context, h *Head, p *policy.Policy, f func([]byte, []FactRecord) error) error {
	for _, d := range p.FactDomains(nil) {
		upTo := h.upTo(d)
		if upTo == "" {
			continue
		}
		cond := foldedOf(d) + " AND " + upTo
		// Data of no fact are not read.
		query := "SELECT " + newBlock(column.Without(factColumns, "data")).selected() + ", if(" + p.Sieve(d) + ", data, '') FROM " + ddl.Records + " WHERE " + cond
		err := c.byRange(ctx, ddl.Records, cond, query, func() gatherer { return newFactRows() }, func(g gatherer) error {
			return g.(*factRows).emit(p, d, f)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
