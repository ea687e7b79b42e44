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
	"credithub/schema/civil"
	"credithub/schema/grade"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// Store reads what is kept; *store.Store does.
type Store interface {
	Registrations(context.Context, *store.Registrations) (map[string][]store.Record, store.Over, error)
	Identities(context.Context, *store.Identities) (map[string][]store.Record, store.Over, error)
	EachIdentity(context.Context, *store.Identities, func(*store.Record)) (store.Over, error)
	RecordPage(context.Context, *store.RecordPage) ([]store.Record, error)
	CountRecords(context.Context, *store.CountRecords) (int, error)
	Contents(context.Context, *store.Contents) (map[store.RecordKey][]byte, error)
	Entries(context.Context, *store.Entries) (map[string][]list.Entry, store.Over, error)
	RecordVersions(context.Context, *store.RecordVersions) (map[store.RecordKey]store.Record, error)
	ListEntries(context.Context, *store.ListEntries) ([]list.Entry, error)
	CountEntries(context.Context, *store.CountEntries) (int, error)
	LooksPersonal(context.Context, *store.LooksPersonal) (map[string]int, error)
	WaitStored(ctx context.Context, want []receipt.Position) error
	Names(context.Context, *store.Names) ([]store.Candidate, error)
	CountNames(context.Context, *store.CountNames) (int, error)
	Sources(context.Context) (map[policy.Source]store.Counts, error)
}

// Access says who sees what; *access.Table does.
type Access interface {
	Allows(p access.Principal, typ, field string) bool
	View(p access.Principal, unit, domain, kind string, data []byte, day civil.Date) ([]byte, bool)
	Disclose(p access.Principal, unit, domain, kind string, data []byte, day civil.Date, open bool) ([]byte, []string, bool)
	Sight(p access.Principal, own bool, domain, kind string) (every, any bool)
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

	// Limits of one enterprise. What is beyond them is an error with the number.
	MaxRecords  int // records that are held at once; pages of more are read one by one; 10,000 when zero
	MaxEvidence int // records that a class rests on, and of those that need a look before they are counted; 200,000 when zero
	MaxEntries  int // list entries; 20,000 when zero
	MaxAtOnce   int // any of these, of all enterprises of one request; 500,000 when zero
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
	for _, d := range []struct {
		v   *int
		def int
	}{{&c.MaxRecords, 10_000}, {&c.MaxEvidence, 200_000}, {&c.MaxEntries, 20_000}, {&c.MaxAtOnce, 500_000}} {
		if *d.v == 0 {
			*d.v = d.def
		}
	}
	v := &Views{Config: c, plain: map[access.Role][]string{}}
	// For these roles a condition on the data takes nothing away; the public and
	// agencies need the data to be looked at.
	for _, role := range []access.Role{access.Officer, access.Supervisor, access.Auditor, access.Admin} {
		for _, d := range record.Domains() {
			for _, k := range record.Kinds(d) {
				if _, ok := c.Access.View(access.Principal{Role: role}, "", d.String(), k.Name, []byte("{}"), civil.NoDate); ok {
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
	w.versions = newBatch(w, w.loadVersions)
	w.evidence = newBatch(w, w.loadEvidence)
	return w
}

// Viewer answers one request of one caller. It is used by one goroutine.
type Viewer struct {
	views *Views
	p     access.Principal
	now   time.Time

	registrations *batch[codeAt, held[[]store.Record]]
	entries       *batch[codeAt, held[[]list.Entry]]
	records       *batch[recordsKey, held[[]store.Record]]
	contents      *batch[store.RecordKey, []byte]
	versions      *batch[store.RecordKey, store.Record]
	evidence      *batch[codeAt, held[*grade.Facts]]
	batches       []loading
	counts        map[policy.Source]store.Counts
	seen          map[string]struct{}
	occasions     []*Occasion
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

// When is the state of knowledge from which something is answered, and the occasion
// on which it is asked.
type When struct {
	AsOf     time.Time  // what the hub knew then; zero: now
	Age      *store.Age // what the log said up to there, and nothing later; nil: what is stored
	Occasion *Occasion  // nil: none, so that conditional data are withheld
}

// day is the civil day of an instant asked about.
func (w *Viewer) day(at When) civil.Date {
	if at.AsOf.IsZero() {
		return civil.DateOf(w.now)
	}
	return civil.DateOf(at.AsOf)
}

// visible tells whether the caller sees an entry on a day.
func (w *Viewer) visible(e *list.Entry, day civil.Date) bool {
	state, _ := e.At(day)
	by := e.DecidedBy
	if e.ToldBy(w.p.Unit) {
		by = w.p.Unit // which decided it as well as the one that speaks for it
	}
	return access.EntryVisible(w.p, state, by, w.views.Policy.Published(e, day))
}

// nobody is what is looked up in place of a code that the caller may not ask about:
// it takes the same reads, and there is nothing.
const nobody = "-"

// asked is a code as it may be looked up: the public may not ask whether an identity
// number is known here.
func (w *Viewer) asked(code string) string {
	if w.p.Anonymous() && uscc.Check([]byte(code)).Personal {
		return nobody
	}
	return code
}

// codeAt is a code in a state of knowledge.
type codeAt struct {
	code string
	when
}

// when is When as part of a key.
type when struct {
	asOf int64 // unix ms; 0: now
	age  *store.Age
}

func (w When) key() when {
	if w.AsOf.IsZero() {
		return when{age: w.Age}
	}
	return when{w.AsOf.UnixMilli(), w.Age}
}

func at(code string, w When) codeAt { return codeAt{code, w.key()} }

func (k when) time() time.Time {
	if k.asOf == 0 {
		return time.Time{}
	}
	return time.UnixMilli(k.asOf).UTC()
}

// byWhen groups codes by the state of knowledge.
func byWhen(keys []codeAt) map[when][]string {
	out := map[when][]string{}
	for _, k := range keys {
		out[k.when] = append(out[k.when], k.code)
	}
	return out
}

// held is what was read of one code, or why it could not be: there is too much, or it
// is not stored yet.
type held[T any] struct {
	v    T
	over error
}

// reach waits until what some domains hold up to an age can be read.
func (w *Viewer) reach(ctx context.Context, age *store.Age, domains ...string) error {
	return age.Reach(ctx, w.views.Store.WaitStored, domains...)
}

// fail keeps of some codes why nothing was read.
func fail[T any](out map[codeAt]held[T], k when, codes []string, err error) {
	for _, c := range codes {
		out[codeAt{c, k}] = held[T]{over: err}
	}
}

// keep puts what was read of some codes into the terms of a batch.
func keep[T any](out map[codeAt]held[T], k when, got map[string]T, over store.Over) {
	for c, v := range got {
		out[codeAt{c, k}] = held[T]{v: v}
	}
	for c, err := range over {
		out[codeAt{c, k}] = held[T]{over: err}
	}
}

// of gives what a batch has of a code.
func of[K comparable, T any](ctx context.Context, b *batch[K, held[T]], k K) (T, error) {
	h, err := b.get(ctx, k)
	if err == nil {
		err = h.over
	}
	return h.v, err
}

// most bounds a read by what one enterprise may have.
func (v *Views) most(each int) store.Most { return store.Most{Each: each, All: max(each, v.MaxAtOnce)} }

func (w *Viewer) loadRegistrations(ctx context.Context, keys []codeAt) (map[codeAt]held[[]store.Record], error) {
	out := make(map[codeAt]held[[]store.Record], len(keys))
	for k, codes := range byWhen(keys) {
		if err := w.reach(ctx, k.age, record.Registration.String()); err != nil {
			fail(out, k, codes, err)
			continue
		}
		got, over, err := w.views.Store.Registrations(ctx, &store.Registrations{Codes: codes, AsOf: k.time(), Age: k.age, Most: w.views.most(w.views.MaxRecords)})
		if err != nil {
			return nil, err
		}
		keep(out, k, got, over)
	}
	return out, nil
}

func (w *Viewer) loadEntries(ctx context.Context, keys []codeAt) (map[codeAt]held[[]list.Entry], error) {
	out := make(map[codeAt]held[[]list.Entry], len(keys))
	for k, codes := range byWhen(keys) {
		if err := w.reach(ctx, k.age, record.Decision.String()); err != nil {
			fail(out, k, codes, err)
			continue
		}
		got, over, err := w.views.Store.Entries(ctx, &store.Entries{Codes: codes, AsOf: k.time(), Age: k.age, Most: w.views.most(w.views.MaxEntries)})
		if err != nil {
			return nil, err
		}
		keep(out, k, got, over)
	}
	return out, nil
}
