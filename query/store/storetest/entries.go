package storetest

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/stored"
)

// Entries reads the entries of some codes, the latest decided first.
func (m *Memory) Entries(ctx context.Context, q *store.Entries) (map[string][]list.Entry, store.Over, error) {
	if err := m.reading(ctx, fmt.Sprintf("entries %d", len(q.Codes))); err != nil {
		return nil, nil, err
	}
	out, sizes := map[string][]list.Entry{}, map[string]int{}
	for _, e := range m.states(q.AsOf, q.Age) {
		if !slices.Contains(q.Codes, e.USCC) {
			continue
		}
		sizes[e.USCC]++
		if stands(e) {
			out[e.USCC] = append(out[e.USCC], e.Entry)
		}
	}
	for _, es := range out {
		slices.SortFunc(es, func(a, b list.Entry) int {
			return cmp.Or(cmp.Compare(b.DecidedOn, a.DecidedOn), strings.Compare(a.ID, b.ID))
		})
	}
	return out, within(out, sizes, q.Most, "list entries"), nil
}

// states are the last states of all entries, gone ones included.
func (m *Memory) states(asOf time.Time, age *store.Age) []*stored.Entry {
	type key struct{ uscc, id string }
	place := map[key]int{}
	var out []*stored.Entry
	for i := range m.Rows.Entries {
		e := &m.Rows.Entries[i]
		if !known(e.RecordedAt, asOf) || age != nil && e.Seq >= age.EntriesBelow {
			continue
		}
		k := key{e.USCC, e.ID}
		switch at, met := place[k]; {
		case !met:
			place[k] = len(out)
			out = append(out, e)
		case e.Seq > out[at].Seq:
			out[at] = e
		}
	}
	return out
}

// stands tells whether a last state is one of an entry that may be shown at all.
func stands(e *stored.Entry) bool { return !e.Gone && e.List != 0 }

// Passes tells whether a filter lets an entry through.
func Passes(f *store.EntryFilter, e *list.Entry) bool {
	state, _ := e.At(f.Day)
	switch {
	case f.List != "" && f.List != e.List.String(), f.USCC != "" && f.USCC != e.USCC, f.State != "" && f.State != state.String():
		return false
	case f.Lists == nil && f.States == nil, f.Unit != "" && (f.Unit == e.DecidedBy || e.ToldBy(f.Unit)):
		return true
	}
	return (f.Lists == nil || slices.Contains(f.Lists, e.List.String())) && (f.States == nil || slices.Contains(f.States, state.String())) &&
		!slices.ContainsFunc(f.Withheld, func(w store.Withheld) bool { return withholds(&w, e) })
}

func withholds(w *store.Withheld, e *list.Entry) bool {
	caused := slices.Contains(w.Causes, e.Cause)
	if len(w.Causes) == 0 {
		caused = !slices.Contains(w.Except, e.Cause)
	}
	return w.List == e.List.String() && caused && (w.From == civil.NoDate || e.DecidedOn >= w.From) &&
		(w.To == civil.NoDate || e.DecidedOn <= w.To) && (w.Before == civil.NoDate || e.Since < w.Before)
}

// passing are the entries that a filter lets through, by code and number.
func (m *Memory) passing(f *store.EntryFilter) []list.Entry {
	var out []list.Entry
	for _, e := range m.states(time.Time{}, nil) {
		if stands(e) && Passes(f, &e.Entry) {
			out = append(out, e.Entry)
		}
	}
	slices.SortFunc(out, func(a, b list.Entry) int { return compareEntries(&a, b.USCC, b.ID) })
	return out
}

func compareEntries(e *list.Entry, uscc, id string) int {
	return cmp.Or(strings.Compare(e.USCC, uscc), strings.Compare(e.ID, id))
}

// ListEntries reads a page of entries.
func (m *Memory) ListEntries(ctx context.Context, q *store.ListEntries) ([]list.Entry, error) {
	if err := m.reading(ctx, "list entries"); err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(m.passing(&q.EntryFilter), func(e list.Entry) bool { return compareEntries(&e, q.AfterUSCC, q.AfterID) <= 0 })
	return out[:min(len(out), q.Limit)], nil
}

// CountEntries reads how many a filter lets through.
func (m *Memory) CountEntries(ctx context.Context, q *store.CountEntries) (int, error) {
	if err := m.reading(ctx, "count entries"); err != nil {
		return 0, err
	}
	return len(m.passing(&q.EntryFilter)), nil
}

// identityNumber is the shape of a citizen's identity number.
var identityNumber = regexp.MustCompile(`^[0-9]{6}(19|20)[0-9]{9}[0-9X]$`)

// LooksPersonal counts entries by codes of the shape of identity numbers.
func (m *Memory) LooksPersonal(ctx context.Context, q *store.LooksPersonal) (map[string]int, error) {
	if err := m.reading(ctx, "looks personal"); err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, e := range m.passing(&q.EntryFilter) {
		if identityNumber.MatchString(e.USCC) {
			out[e.USCC]++
		}
	}
	return out, nil
}

// Named reads the codes under which entries have named a person.
func (m *Memory) Named(ctx context.Context, q *store.Named) ([]string, error) {
	if err := m.reading(ctx, "named"); err != nil {
		return nil, err
	}
	var codes []string
	for i := range m.Rows.Entries {
		if e := &m.Rows.Entries[i]; known(e.RecordedAt, q.AsOf) && strings.Contains(e.Persons, q.Person) {
			codes = append(codes, e.USCC)
		}
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	return codes[:min(len(codes), q.Limit)], nil
}
