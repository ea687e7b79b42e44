package view

import (
	"context"
	"slices"

	"credithub/query/store"
	"credithub/schema/access"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// An enterprise can have more records than are held at once. Their pages are then read
// from a cursor on, and their number comes from the store: it counts those that may be
// shown by their kind alone; those that depend on their data are read and counted here.

// sight is what a caller may know of records by their kind alone.
type sight struct {
	every, any       []string // kinds of which he sees each record; of which he may see some
	ownEvery, ownAny []string // the same for records of his own unit
}

func sightOf(a Access, p access.Principal) (s sight) {
	for _, d := range record.Domains() {
		for _, k := range record.Kinds(d) {
			name := d.String() + "/" + k.Name
			add := func(own bool, every, some *[]string) {
				all, any := a.Sight(p, own, d.String(), k.Name)
				if all {
					*every = append(*every, name)
				}
				if any {
					*some = append(*some, name)
				}
			}
			add(false, &s.every, &s.any)
			add(true, &s.ownEvery, &s.ownAny)
		}
	}
	return s
}

// some is the sight of every record that the caller may see.
func (s *sight) some(unit string) store.Sight {
	return store.Sight{Kinds: s.any, Unit: unit, OwnKinds: s.ownAny}
}

// all is the sight of records that he sees whatever their data.
func (s *sight) all(unit string) store.Sight {
	return store.Sight{Kinds: s.every, Unit: unit, OwnKinds: s.ownEvery}
}

// open tells whether a record needs a look at its data.
func (s *sight) open(r *store.Record, unit string) bool {
	kind := r.Domain + "/" + r.Kind
	return !slices.Contains(s.every, kind) && !(unit != "" && r.Unit == unit && slices.Contains(s.ownEvery, kind))
}

// unit is the caller's unit, whose records he sees whole; the public has none.
func (w *Viewer) unit() string {
	if w.p.Anonymous() {
		return ""
	}
	return w.p.Unit
}

// Rows that one read of a page brings at first and at most, when some of them may
// turn out to be hidden.
const (
	firstLook = 200
	longLook  = 2000
)

// readRecords gives up to n records behind a cursor that the caller may see.
func (e *Entity) readRecords(ctx context.Context, domain string, after *store.RecordCursor, n int) (out []store.Record, err error) {
	w := e.w
	if err := w.reach(ctx, e.When.Age, domains(domain)...); err != nil {
		return nil, err
	}
	s := sightOf(w.views.Access, w.p)
	q := &store.RecordPage{Code: e.USCC, Domain: domain, AsOf: e.When.AsOf, Age: e.When.Age, Sight: s.some(w.unit()), After: after, Limit: n}
	if len(s.every) < len(s.any) { // some will turn out to be hidden
		q.Limit = max(n, firstLook)
	}
	for looked := 0; ; {
		rows, err := w.views.Store.RecordPage(ctx, q)
		if err != nil {
			return nil, err
		}
		if err := w.look(ctx, &s, rows); err != nil {
			return nil, err
		}
		for i := range rows {
			if w.seesRecord(&rows[i], w.day(e.When)) {
				if out = append(out, rows[i]); len(out) == n {
					return out, nil
				}
			}
		}
		if len(rows) < q.Limit {
			return out, nil
		}
		if looked += len(rows); looked > w.views.MaxEvidence {
			return nil, w.tooMany()
		}
		q.After, q.Limit = store.CursorOf(&rows[len(rows)-1]), min(8*q.Limit, longLook)
	}
}

// domains is one, or none for all.
func domains(domain string) []string {
	if domain == "" {
		return nil
	}
	return []string{domain}
}

// look reads the data of records on which it depends whether they may be shown.
func (w *Viewer) look(ctx context.Context, s *sight, rows []store.Record) error {
	var open []*store.Record
	var keys []store.RecordKey
	for i := range rows {
		if r := &rows[i]; s.open(r, w.unit()) {
			open, keys = append(open, r), append(keys, r.Key())
		}
	}
	if len(open) == 0 {
		return nil
	}
	got, err := w.loadContents(ctx, keys)
	for i, r := range open {
		r.Data = got[keys[i]]
	}
	return err
}

func (w *Viewer) tooMany() error {
	return fault.New(fault.TooComplex, "more than %d records of the enterprise would have to be looked at; name a domain", w.views.MaxEvidence)
}

// countRecords counts the records that the caller may see.
func (e *Entity) countRecords(ctx context.Context, domain string) (int, error) {
	w := e.w
	s := sightOf(w.views.Access, w.p)
	n, err := w.views.Store.CountRecords(ctx, &store.CountRecords{Code: e.USCC, Domain: domain, AsOf: e.When.AsOf, Age: e.When.Age, Sight: s.all(w.unit())})
	if err != nil {
		return 0, err
	}
	look := &store.Identities{Codes: []string{e.USCC}, AsOf: e.When.AsOf, Age: e.When.Age, Most: w.views.most(w.views.MaxEvidence)}
	for _, kind := range s.any {
		if !slices.Contains(s.every, kind) {
			look.Kinds = append(look.Kinds, kind)
		}
	}
	if len(look.Kinds) == 0 {
		return n, nil
	}
	look.Domains = domains(domain)
	day := w.day(e.When)
	over, err := w.views.Store.EachIdentity(ctx, look, func(r *store.Record) {
		if s.open(r, w.unit()) && w.seesRecord(r, day) {
			n++
		}
	})
	if err == nil && over[e.USCC] != nil {
		err = w.tooMany()
	}
	return n, err
}
