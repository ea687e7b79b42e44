package view

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// Record is the current version of a record as the caller sees it.
type Record struct {
	store.Record // without Data, see Content

	w        *Viewer
	raw      []byte // as it is stored; nil: not read yet
	day      civil.Date
	occasion *Occasion
}

// ID is the record's identity as text: unit/domain/number.
func (r *Record) ID() string { return r.Unit + "/" + r.Domain + "/" + r.RecordID }

// WantContent notes that Content will be asked.
func (r *Record) WantContent() {
	if r.raw == nil {
		r.w.contents.want(r.Key())
	}
}

// Content is the record's data as the caller may see it on its occasion, and the
// fields of it that are withheld without one. Of a record that is conditional as a
// whole it is an error that says what is needed.
func (r *Record) Content(ctx context.Context) (data []byte, withheld []string, err error) {
	if r.raw == nil {
		if r.raw, err = r.w.contents.get(ctx, r.Key()); err != nil {
			return nil, nil, err
		}
	}
	data, withheld, _ = r.w.views.Access.Disclose(r.w.p, r.Unit, r.Domain, r.Kind, r.raw, r.day, r.w.opens(r.occasion, r.Domain, r.Kind))
	if data == nil {
		err = r.w.views.needed(r.Domain, r.Kind)
	}
	return data, withheld, err
}

// contentsAtOnce is how many versions one statement names: a text has its limit.
const contentsAtOnce = 500

func (w *Viewer) loadContents(ctx context.Context, keys []store.RecordKey) (map[store.RecordKey][]byte, error) {
	out := make(map[store.RecordKey][]byte, len(keys))
	for part := range slices.Chunk(keys, contentsAtOnce) {
		got, err := w.views.Store.Contents(ctx, &store.Contents{Keys: part})
		if err != nil {
			return nil, err
		}
		maps.Copy(out, got)
	}
	return out, nil
}

// recordsKey is one enterprise's records of a domain; "" is all domains.
type recordsKey struct {
	codeAt
	domain string
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
	from, err := parseRecordCursor(after)
	if err != nil {
		return nil, err
	}
	var rows []store.Record
	p := &Page[Record]{HasPrevious: from != nil, Total: func(ctx context.Context) (int, error) { return e.total(ctx, domain) }}
	var h held[[]store.Record]
	if from == nil { // whoever goes on behind one has many
		if h, err = e.held(ctx, domain); err != nil {
			return nil, err
		}
	}
	if from == nil && h.over == nil {
		rows = e.visibleRecords(h.v)
		all := len(rows)
		p.Total = func(context.Context) (int, error) { return all, nil }
	} else if rows, err = e.readRecords(ctx, domain, from, first+1); err != nil {
		return nil, err
	}
	p.HasNext = len(rows) > first
	for i := range rows[:min(len(rows), first)] {
		p.Items = append(p.Items, e.item(rows[i]))
		p.Cursors = append(p.Cursors, encodeRecordCursor(store.CursorOf(&rows[i])))
	}
	return p, nil
}

// item is a record as part of a page.
func (e *Entity) item(r store.Record) Record {
	out := Record{Record: r, w: e.w, raw: r.Data, day: e.w.day(e.When), occasion: e.When.Occasion}
	out.Data = nil
	return out
}

// visibleRecords keeps, in the order of pages, what the caller may see.
func (e *Entity) visibleRecords(all []store.Record) []store.Record {
	day := e.w.day(e.When)
	var out []store.Record
	for i := range all {
		if e.w.seesRecord(&all[i], day) {
			out = append(out, all[i])
		}
	}
	slices.SortFunc(out, func(a, b store.Record) int { return compareCursors(store.CursorOf(&a), store.CursorOf(&b)) })
	return out
}

// held gives the records that are held of the enterprise; that there are too many to
// be held is no error here.
func (e *Entity) held(ctx context.Context, domain string) (held[[]store.Record], error) {
	h, err := e.w.records.get(ctx, recordsKey{e.key(), domain})
	var f *fault.Error
	if err == nil && h.over != nil && !(errors.As(h.over, &f) && f.Kind == fault.TooComplex) {
		err = h.over
	}
	return h, err
}

// total counts what the caller may see.
func (e *Entity) total(ctx context.Context, domain string) (int, error) {
	h, err := e.held(ctx, domain)
	if err != nil {
		return 0, err
	}
	if h.over == nil {
		return len(e.visibleRecords(h.v)), nil
	}
	return e.countRecords(ctx, domain)
}

// hasRecords tells whether the caller sees a record.
func (e *Entity) hasRecords(ctx context.Context) (bool, error) {
	h, err := e.held(ctx, "")
	switch {
	case err != nil:
		return false, err
	case h.over != nil:
		rows, err := e.readRecords(ctx, "", nil, 1)
		return len(rows) > 0, err
	}
	day := e.w.day(e.When)
	return slices.ContainsFunc(h.v, func(r store.Record) bool { return e.w.seesRecord(&r, day) }), nil
}

// seesRecord tells whether the caller may know of a record. Records without
// data are of kinds that are visible whatever it is.
func (w *Viewer) seesRecord(r *store.Record, day civil.Date) bool {
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

func (w *Viewer) loadRecords(ctx context.Context, keys []recordsKey) (map[recordsKey]held[[]store.Record], error) {
	type group struct {
		when
		domain string
	}
	groups := map[group][]string{}
	for _, k := range keys {
		g := group{k.when, k.domain}
		groups[g] = append(groups[g], k.code)
	}
	out := make(map[recordsKey]held[[]store.Record], len(keys))
	for g, codes := range groups {
		q := &store.Identities{Codes: codes, AsOf: g.time(), Age: g.age, Plain: w.views.plain[w.p.Role], Most: store.Most{Each: w.views.MaxRecords, All: 10 * w.views.MaxRecords}}
		q.Domains = domains(g.domain)
		if err := w.reach(ctx, g.age, q.Domains...); err != nil {
			for _, c := range codes {
				out[recordsKey{codeAt{c, g.when}, g.domain}] = held[[]store.Record]{over: err}
			}
			continue
		}
		got, over, err := w.views.Store.Identities(ctx, q)
		if err != nil {
			return nil, err
		}
		for c, rs := range got {
			out[recordsKey{codeAt{c, g.when}, g.domain}] = held[[]store.Record]{v: rs}
		}
		for c, err := range over {
			out[recordsKey{codeAt{c, g.when}, g.domain}] = held[[]store.Record]{over: err}
		}
	}
	return out, nil
}

// compareCursors orders the records of an enterprise as pages bring them.
func compareCursors(a, b *store.RecordCursor) int {
	return cmp.Or(b.RecordedAt.Compare(a.RecordedAt), cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.RecordID, b.RecordID))
}

func encodeRecordCursor(p *store.RecordCursor) string {
	return cursor("records", strconv.FormatInt(p.RecordedAt.UnixMilli(), 10), p.Domain, p.Unit, p.RecordID)
}

func parseRecordCursor(after string) (*store.RecordCursor, error) {
	keys, err := parseCursor(after, "records", 4)
	if keys == nil {
		return nil, err
	}
	ms, err := strconv.ParseInt(keys[0], 10, 64)
	if err != nil || time.UnixMilli(ms).IsZero() {
		return nil, fault.New(fault.BadInput, "after: not a cursor of this list")
	}
	return &store.RecordCursor{RecordedAt: time.UnixMilli(ms).UTC(), Domain: keys[1], Unit: keys[2], RecordID: keys[3]}, nil
}
