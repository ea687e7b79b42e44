package view

import (
	"context"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/schema/access"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
)

// EntryQuery asks for entries of lists.
type EntryQuery struct {
	List  string     // "": all lists
	USCC  string     // "": all codes
	State list.State // NoState: all states
	First int
	After string
}

// ListEntries gives a page of the entries that the caller may see today, by code
// and number.
func (w *Viewer) ListEntries(ctx context.Context, q EntryQuery) (*Page[Entry], error) {
	if err := CheckFirst(q.First); err != nil {
		return nil, err
	}
	f := w.filter()
	if q.List != "" {
		if _, ok := list.ParseCode(q.List); !ok {
			return nil, fault.New(fault.BadInput, "list: unknown list")
		}
		f.List = q.List
	}
	if q.USCC != "" {
		if err := CheckCode("uscc", q.USCC); err != nil {
			return nil, err
		}
		f.USCC = w.asked(q.USCC)
		w.saw(q.USCC)
	}
	f.State = q.State.String()
	keys, err := parseCursor(q.After, "entries", 2)
	if err != nil {
		return nil, err
	}
	sq := &store.ListEntries{EntryFilter: f, Limit: q.First + 1}
	if keys != nil {
		sq.AfterUSCC, sq.AfterID = keys[0], keys[1]
	}
	p := &Page[Entry]{HasPrevious: keys != nil, Total: func(ctx context.Context) (int, error) { return w.countEntries(ctx, f) }}
	for {
		got, err := w.views.Store.ListEntries(ctx, sq)
		if err != nil {
			return nil, err
		}
		for _, e := range got {
			if !w.visible(&e, f.Day) || w.asked(e.USCC) == nobody {
				continue
			}
			if len(p.Items) == q.First {
				p.HasNext = true
				return p, nil
			}
			w.saw(e.USCC)
			p.Items = append(p.Items, OnDay(e, f.Day))
			p.Cursors = append(p.Cursors, cursor("entries", e.USCC, e.ID))
		}
		if len(got) < sq.Limit {
			return p, nil
		}
		last := &got[len(got)-1] // some were not for the caller: read on
		sq.AfterUSCC, sq.AfterID = last.USCC, last.ID
	}
}

// countEntries counts what the pages bring: for the public without what stands
// under codes that are identity numbers.
func (w *Viewer) countEntries(ctx context.Context, f store.EntryFilter) (int, error) {
	n, err := w.views.Store.CountEntries(ctx, &store.CountEntries{EntryFilter: f})
	if err != nil || n == 0 || !w.p.Anonymous() {
		return n, err
	}
	hidden, err := w.views.Store.LooksPersonal(ctx, &store.LooksPersonal{EntryFilter: f})
	for code, some := range hidden {
		if w.asked(code) == nobody {
			n -= some
		}
	}
	return n, err
}

// filter puts access.EntryVisible into the terms of a read, so that pages come
// out full and counts exact. What it lets through is looked at once more.
func (w *Viewer) filter() store.EntryFilter {
	f := store.EntryFilter{Day: w.day(When{}), Unit: w.p.Unit}
	if w.p.Anonymous() {
		f.Unit = ""
	}
	everyState, everyList := true, true
	for s := list.PreNotice; s <= list.Exited; s++ {
		published, other := access.EntryVisible(w.p, s, "", true), access.EntryVisible(w.p, s, "", false)
		if published {
			f.States = append(f.States, s.String())
		}
		everyState = everyState && published
		everyList = everyList && published == other
	}
	if everyState && everyList {
		f.States, f.Unit = nil, ""
		return f
	}
	if everyList {
		return f
	}
	for _, x := range w.views.Policy.Withheld(f.Day) {
		if x.Cause == nil {
			f.Withheld = append(f.Withheld, store.Withheld{List: x.List.String(), Except: x.Known, From: civil.NoDate, To: civil.NoDate, Before: civil.NoDate})
			continue
		}
		f.Withheld = append(f.Withheld, store.Withheld{List: x.List.String(), Causes: []string{x.Cause.Code, x.Cause.NameZh},
			From: x.Cause.From, To: x.Cause.To, Before: x.Before})
	}
	f.Lists = []string{}
	for _, l := range w.views.Policy.Lists {
		if l.Public {
			f.Lists = append(f.Lists, l.Code.String())
		}
	}
	return f
}

// Sources lists what each unit of the policy reports.
func (w *Viewer) Sources() []restrict.SourceState {
	return w.views.Index.Sources(w.now)
}

// Counts gives the rows of a source so far. It reads once for all.
func (w *Viewer) Counts(ctx context.Context, src policy.Source) (store.Counts, error) {
	if w.counts == nil {
		got, err := w.views.Store.Sources(ctx)
		if err != nil {
			return store.Counts{}, err
		}
		w.counts = got
	}
	return w.counts[src], nil
}
