package restrict

import (
	"context"
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/ddl"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// factRow is the highest version of a record met so far under a code.
type factRow struct {
	unit, id string
	version  uint32
	stands   bool
	kind     string
	on       civil.Date
	data     []byte // of records that can be a fact
}

// factRows folds the records of one domain: of each record under each code the
// highest version.
type factRows struct {
	code, unit, id, kind, data proto.ColStr
	version                    proto.ColUInt32
	op, status                 proto.ColInt8
	on                         proto.ColInt32

	place map[string]int // by code, unit and id
	rows  map[string][]factRow
}

func (g *factRows) into() proto.Results {
	return proto.Results{{Data: &g.code}, {Data: &g.unit}, {Data: &g.id}, {Data: &g.version}, {Data: &g.op}, {Data: &g.status},
		{Data: &g.kind}, {Data: &g.on}, {Data: &g.data}}
}

func (g *factRows) reset() { g.place, g.rows = map[string]int{}, map[string][]factRow{} }

func (g *factRows) take(rows int) error {
	var key []byte
	for i := range rows {
		code := g.code.RowBytes(i)
		key = append(append(append(key[:0], code...), 0), g.unit.RowBytes(i)...)
		key = append(append(key, 0), g.id.RowBytes(i)...)
		of := g.rows[string(code)]
		n, met := g.place[string(key)]
		if !met {
			n = len(of)
			g.place[string(key)] = n
			of = append(of, factRow{unit: g.unit.Row(i), id: g.id.Row(i)})
			g.rows[string(code)] = of
		}
		r := &of[n]
		if g.version[i] < r.version {
			continue
		}
		r.version, r.stands = g.version[i], g.status[i] == statusAccepted && g.op[i] == opUpsert
		if r.data = nil; r.stands && len(g.data.RowBytes(i)) > 0 {
			r.kind, r.on, r.data = g.kind.Row(i), column.LoadDay(g.on[i]), slices.Clone(g.data.RowBytes(i))
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
			x := FactRecord{Unit: r.unit, RecordID: r.id, Version: r.version}
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
		cond := "domain = " + quote(d.String()) + " AND uscc != '' AND status IN ('ACCEPTED', 'MOVED') AND " + upTo
		query := "SELECT uscc, CAST(unit, 'String'), record_id, version, toInt8(op), toInt8(status), CAST(kind, 'String'), " +
			"toInt32(occurred_on), if(" + p.Sieve(d) + ", data, '') FROM " + ddl.Records + " WHERE " + cond
		err := c.byRange(ctx, ddl.Records, cond, query, func() gatherer { return new(factRows) }, func(g gatherer) error {
			return g.(*factRows).emit(p, d, f)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
