package view

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/schema/access"
	"credithub/schema/grade"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// Store reads what is kept; *store.Store does.
type Store interface {
	Registrations(context.Context, *store.Registrations) (map[string][]store.Record, error)
	Identities(context.Context, *store.Identities) (map[string][]store.Record, error)
	Contents(context.Context, *store.Contents) (map[store.RecordKey][]byte, error)
	Entries(context.Context, *store.Entries) (map[string][]list.Entry, error)
	ListEntries(context.Context, *store.ListEntries) ([]list.Entry, error)
	CountEntries(context.Context, *store.CountEntries) (int, error)
	Names(context.Context, *store.Names) ([]store.Candidate, error)
	CountNames(context.Context, *store.CountNames) (int, error)
	Sources(context.Context) (map[policy.Source]store.Counts, error)
}

// Access says who sees what; *access.Table does.
type Access interface {
	Allows(p access.Principal, typ, field string) bool
	View(p access.Principal, unit, domain, kind string, data []byte, day record.Date) ([]byte, bool)
}

// Index knows when sources were heard; *restrict.Index does.
type Index interface {
	Sources(at time.Time) []restrict.SourceState
}

// Config of a Views.
type Config struct {
	Store  Store          // required
	Access Access         // required
	Policy *policy.Policy // required
	Index  Index          // required

	Grade *grade.Rules // classes and terms of display; the built-in rules when nil

	MaxRecords int // records of one enterprise that can be looked through; 10,000 when zero
	MaxEntries int // entries of one enterprise; 10,000 when zero
}

// Views makes Viewers.
type Views struct {
	Config
	plain map[access.Role][]string // domain/kind pairs that are visible whatever their data
}

// New checks the configuration.
func New(c Config) (*Views, error) {
	var errs []error
	for what, missing := range map[string]bool{
		"store": c.Store == nil, "access table": c.Access == nil, "policy": c.Policy == nil, "index": c.Index == nil,
	} {
		if missing {
			errs = append(errs, errors.New("no "+what))
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("view: configuration: %w", errors.Join(errs...))
	}
	if c.Grade == nil {
		var err error
		if c.Grade, err = grade.Load(); err != nil {
			return nil, fmt.Errorf("view: %w", err)
		}
	}
	if c.MaxRecords == 0 {
		c.MaxRecords = 10_000
	}
	if c.MaxEntries == 0 {
		c.MaxEntries = 10_000
	}
	v := &Views{Config: c, plain: map[access.Role][]string{}}
	// For these roles a condition on the data takes nothing away; the public and
	// agencies need the data to be looked at.
	for _, role := range []access.Role{access.Officer, access.Supervisor, access.Auditor, access.Admin} {
		for _, d := range record.Domains() {
			for _, k := range record.Kinds(d) {
				if _, ok := c.Access.View(access.Principal{Role: role}, "", d.String(), k.Name, []byte("{}"), record.NoDate); ok {
					v.plain[role] = append(v.plain[role], d.String()+"/"+k.Name)
				}
			}
		}
	}
	return v, nil
}

// For makes the Viewer of one request. now is the instant for which it answers.
func (v *Views) For(p access.Principal, now time.Time) *Viewer {
	w := &Viewer{views: v, p: p, now: now, seen: map[string]struct{}{}}
	w.registrations = newBatch(w, w.loadRegistrations)
	w.entries = newBatch(w, w.loadEntries)
	w.records = newBatch(w, w.loadRecords)
	w.contents = newBatch(w, w.loadContents)
	w.evidence = newBatch(w, w.loadEvidence)
	return w
}

// Viewer answers one request of one caller. It is used by one goroutine.
type Viewer struct {
	views *Views
	p     access.Principal
	now   time.Time

	registrations *batch[pastCode, []store.Record]
	entries       *batch[pastCode, []list.Entry]
	records       *batch[recordsKey, []store.Record]
	contents      *batch[store.RecordKey, []byte]
	evidence      *batch[pastCode, []store.Record]
	batches       []loading
	counts        map[policy.Source]store.Counts
	seen          map[string]struct{}
}

// Principal is the caller.
func (w *Viewer) Principal() access.Principal { return w.p }

// Now is the instant for which the viewer answers.
func (w *Viewer) Now() time.Time { return w.now }

// Seen lists the codes that were asked about or of which anything was shown,
// sorted: what the audit log has to name. That there is nothing, or how much, is
// an answer too.
func (w *Viewer) Seen() []string {
	out := make([]string, 0, len(w.seen))
	for c := range w.seen {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

func (w *Viewer) saw(code string) { w.seen[code] = struct{}{} }

// day is the civil day of an instant asked about; the zero time is now.
func (w *Viewer) day(asOf time.Time) record.Date {
	if asOf.IsZero() {
		asOf = w.now
	}
	return record.DateOf(asOf)
}

// visible tells whether the caller sees an entry on a day.
func (w *Viewer) visible(e *list.Entry, day record.Date) bool {
	state, _ := e.At(day)
	return access.EntryVisible(w.p, state, e.DecidedBy, w.views.Policy.Published(e, day))
}

// pastCode is a code as known at an instant, in unix ms; 0 is now.
type pastCode struct {
	code string
	asOf int64
}

func at(code string, asOf time.Time) pastCode {
	if asOf.IsZero() {
		return pastCode{code: code}
	}
	return pastCode{code, asOf.UnixMilli()}
}

func (k pastCode) time() time.Time {
	if k.asOf == 0 {
		return time.Time{}
	}
	return time.UnixMilli(k.asOf).UTC()
}

// byInstant groups codes by the instant asked about.
func byInstant(keys []pastCode) map[time.Time][]string {
	out := map[time.Time][]string{}
	for _, k := range keys {
		out[k.time()] = append(out[k.time()], k.code)
	}
	return out
}

func (w *Viewer) loadRegistrations(ctx context.Context, keys []pastCode) (map[pastCode][]store.Record, error) {
	out := make(map[pastCode][]store.Record, len(keys))
	for t, codes := range byInstant(keys) {
		got, err := w.views.Store.Registrations(ctx, &store.Registrations{Codes: codes, AsOf: t, Limit: 16 * len(codes)})
		if err != nil {
			return nil, err
		}
		for c, rs := range got {
			out[at(c, t)] = rs
		}
	}
	return out, nil
}

func (w *Viewer) loadEntries(ctx context.Context, keys []pastCode) (map[pastCode][]list.Entry, error) {
	out := make(map[pastCode][]list.Entry, len(keys))
	for t, codes := range byInstant(keys) {
		got, err := w.views.Store.Entries(ctx, &store.Entries{Codes: codes, AsOf: t, Limit: w.views.MaxEntries})
		if err != nil {
			return nil, err
		}
		for c, es := range got {
			out[at(c, t)] = es
		}
	}
	return out, nil
}
