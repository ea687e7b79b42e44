package view

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// Record is the current version of a record as the caller sees it.
type Record struct {
	store.Record        // without Data, see Content
	ID           string // unit/domain/number

	w   *Viewer
	raw []byte // as it is stored; nil: not read yet
	day record.Date
}

// WantContent notes that Content will be asked.
func (r *Record) WantContent() {
	if r.raw == nil {
		r.w.contents.want(r.Key())
	}
}

// Content is the record's data as the caller may see it.
func (r *Record) Content(ctx context.Context) ([]byte, error) {
	if r.raw == nil {
		var err error
		if r.raw, err = r.w.contents.get(ctx, r.Key()); err != nil {
			return nil, err
		}
	}
	data, _ := r.w.views.Access.View(r.w.p, r.Unit, r.Domain, r.Kind, r.raw, r.day)
	return data, nil
}

func (w *Viewer) loadContents(ctx context.Context, keys []store.RecordKey) (map[store.RecordKey][]byte, error) {
	return w.views.Store.Contents(ctx, &store.Contents{Keys: keys})
}

// recordsKey is one enterprise's records of a domain; "" is all domains.
type recordsKey struct {
	pastCode
	domain string
}

// hasRecords tells whether the caller sees a record.
func (e *Entity) hasRecords(ctx context.Context) (bool, error) {
	all, err := e.w.records.get(ctx, recordsKey{at(e.USCC, e.AsOf), ""})
	if err != nil {
		return false, err
	}
	day := e.w.day(e.AsOf)
	return slices.ContainsFunc(all, func(r store.Record) bool { return e.w.seesRecord(&r, day) }), nil
}

// Records gives a page of the records that the caller may see, the newest
// first.
func (e *Entity) Records(ctx context.Context, domain string, first int, after string) (*Page[Record], error) {
	if err := CheckFirst(first); err != nil {
		return nil, err
	}
	if domain != "" && record.ParseDomain(domain) == record.NoDomain {
		return nil, fault.New(fault.BadInput, "domain: unknown domain")
	}
	place, err := parsePlace(after)
	if err != nil {
		return nil, err
	}
	all, err := e.w.records.get(ctx, recordsKey{at(e.USCC, e.AsOf), domain})
	if err != nil {
		return nil, err
	}
	day := e.w.day(e.AsOf)
	var visible []store.Record
	for i := range all {
		if e.w.seesRecord(&all[i], day) {
			visible = append(visible, all[i])
		}
	}
	slices.SortFunc(visible, func(a, b store.Record) int { return placeOf(&a).compare(placeOf(&b)) })
	p := &Page[Record]{HasPrevious: place != nil, Total: func(context.Context) (int, error) { return len(visible), nil }}
	from := 0
	if place != nil {
		from, _ = slices.BinarySearchFunc(visible, place, func(r store.Record, t *position) int {
			if placeOf(&r).compare(t) <= 0 {
				return -1
			}
			return 1
		})
	}
	page := visible[from:min(len(visible), from+first)]
	p.HasNext = from+first < len(visible)
	for i := range page {
		r := page[i]
		item := Record{Record: r, ID: r.Unit + "/" + r.Domain + "/" + r.RecordID, w: e.w, raw: r.Data, day: day}
		item.Data = nil
		p.Items = append(p.Items, item)
		p.Cursors = append(p.Cursors, placeOf(&r).cursor())
	}
	return p, nil
}

// seesRecord tells whether the caller may know of a record. Records without
// data are of kinds that are visible whatever it is.
func (w *Viewer) seesRecord(r *store.Record, day record.Date) bool {
	data := r.Data
	if data == nil {
		data = []byte("{}")
	}
	if _, ok := w.views.Access.View(w.p, r.Unit, r.Domain, r.Kind, data, day); !ok {
		return false
	}
	// The public sees a penalty for the term of its class (信用修复管理办法).
	return !w.p.Anonymous() || r.Domain != record.Penalty.String() || w.views.displayed(r, day)
}

func (w *Viewer) loadRecords(ctx context.Context, keys []recordsKey) (map[recordsKey][]store.Record, error) {
	type group struct {
		asOf   int64
		domain string
	}
	groups := map[group][]string{}
	for _, k := range keys {
		g := group{k.asOf, k.domain}
		groups[g] = append(groups[g], k.code)
	}
	out := make(map[recordsKey][]store.Record, len(keys))
	for g, codes := range groups {
		var domains []string
		if g.domain != "" {
			domains = []string{g.domain}
		}
		got, err := w.views.Store.Identities(ctx, &store.Identities{
			Codes: codes, Domains: domains, AsOf: pastCode{asOf: g.asOf}.time(),
			Plain: w.views.plain[w.p.Role], Limit: w.views.MaxRecords + len(codes),
		})
		if err != nil {
			return nil, err
		}
		for c, rs := range got {
			out[recordsKey{pastCode{c, g.asOf}, g.domain}] = rs
		}
	}
	return out, nil
}

// position is where a record stands in the order of Records.
type position struct {
	at                   int64 // unix ms
	domain, unit, number string
}

func placeOf(r *store.Record) *position {
	return &position{r.RecordedAt.UnixMilli(), r.Domain, r.Unit, r.RecordID}
}

func (p *position) compare(o *position) int {
	return cmp.Or(cmp.Compare(o.at, p.at), cmp.Compare(p.domain, o.domain), cmp.Compare(p.unit, o.unit), cmp.Compare(p.number, o.number))
}

func (p *position) cursor() string {
	return cursor("records", strconv.FormatInt(p.at, 10), p.domain, p.unit, p.number)
}

func parsePlace(after string) (*position, error) {
	keys, err := parseCursor(after, "records", 4)
	if keys == nil {
		return nil, err
	}
	ms, err := strconv.ParseInt(keys[0], 10, 64)
	if err != nil || time.UnixMilli(ms).IsZero() {
		return nil, fault.New(fault.BadInput, "after: not a cursor of this list")
	}
	return &position{ms, keys[1], keys[2], keys[3]}, nil
}
