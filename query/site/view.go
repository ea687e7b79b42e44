package site

import (
	"context"
	"time"

	"credithub/query/view"
	"credithub/schema/access"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// View is the seam behind the pages: everything in it may be shown to anybody.
type View interface {
	// Entity gives the public file of an enterprise, nil when there is nothing
	// to show.
	Entity(ctx context.Context, code string) (*Entity, error)
	// Search gives a page of results; after is a cursor of the page before.
	Search(ctx context.Context, text string, after string) (*Results, error)
	// Sources tells which unit reported what when.
	Sources() []Source
	// Policy is the catalogue of lists, measures and matters.
	Policy() *policy.Policy
	// Today is the civil day of the answers.
	Today() civil.Date
	// Now is their instant.
	Now() time.Time
}

// Entity is the public file of one enterprise.
type Entity struct {
	USCC                  string
	Registered            bool
	Registration          view.Registration
	Unit                  *policy.Unit // that reported the registration
	Blacklisted, Abnormal bool
	Entries               []Entry
	Groups                []Group // records by kind
	More                  bool    // there are more records than shown
}

// Entry is an entry in force on a public list.
type Entry struct {
	view.Entry
	List     *policy.List
	Unit     *policy.Unit
	Measures []*policy.Measure // that may rest on it, for enterprises
	WayOut   policy.Exit
}

// Group is the records of one kind, in the order of their domain.
type Group struct {
	Kind    *record.KindSpec
	Records []Record
}

// Record is one record as label and text.
type Record struct {
	Unit       *policy.Unit
	OccurredOn civil.Date
	RecordedAt time.Time
	Facts      []Fact
}

// Fact is one field of a record.
type Fact struct{ Zh, En, Text string }

// Results is a page of search results.
type Results struct {
	Items []Result
	Total int
	Next  string // cursor; "" on the last page
}

// Result is one enterprise found.
type Result struct {
	USCC                  string
	Registration          view.Registration
	Former                string // the former name that matched
	Blacklisted, Abnormal bool
}

// Source is a unit's reports of one domain.
type Source struct {
	Unit   *policy.Unit
	Domain record.Domain
	Last   time.Time // zero when never
	Fresh  bool

	Connected bool               // at this place
	How       *policy.Connection // nil where nobody says
}

// Limits of pages.
const (
	pageSize    = 20
	recordsShow = 100
)

// Over makes the View of an anonymous caller over the readers of GraphQL.
func Over(v *view.Views, now func() time.Time) View {
	if now == nil {
		now = time.Now
	}
	return &public{v: v, now: now}
}

type public struct {
	v   *view.Views
	now func() time.Time
}

func (p *public) viewer() *view.Viewer   { return p.v.For(access.Principal{}, p.now()) }
func (p *public) Policy() *policy.Policy { return p.v.Policy }
func (p *public) Now() time.Time         { return p.now() }
func (p *public) Today() civil.Date      { return civil.DateOf(p.now()) }

func (p *public) Entity(ctx context.Context, code string) (*Entity, error) {
	w := p.viewer()
	w.WantEntries(code, view.When{})
	w.WantRecords(code, view.When{}, "")
	e, err := w.Entity(ctx, code, view.When{})
	if err != nil || e == nil {
		return nil, err
	}
	out := &Entity{USCC: code, Registered: e.Registered(), Registration: *e.Registration(), Unit: p.unit(e.Registration().Unit)}
	if out.Blacklisted, out.Abnormal, err = e.Marks(ctx); err != nil {
		return nil, err
	}
	entries, err := e.Entries(ctx, list.NoState)
	if err != nil {
		return nil, err
	}
	for _, x := range entries {
		out.Entries = append(out.Entries, p.entry(x))
	}
	recs, err := e.Records(ctx, "", recordsShow, "")
	if err != nil {
		return nil, err
	}
	out.More = recs.HasNext
	out.Groups, err = p.groups(ctx, recs.Items)
	return out, err
}

func (p *public) entry(x view.Entry) Entry {
	e := Entry{Entry: x, List: p.v.Policy.List(x.List), Unit: p.unit(x.DecidedBy)}
	if e.List == nil {
		e.List = &policy.List{Code: x.List, NameZh: x.List.String(), NameEn: x.List.String()}
	}
	e.WayOut = p.v.Policy.WayOut(&x.Entry)
	e.Measures = p.v.Policy.MeasuresOf(&x.Entry, p.Today())
	return e
}

// unit is a unit of the policy; one that it doesn't name has its code for a name.
func (p *public) unit(code string) *policy.Unit {
	if u := p.v.Policy.Unit(code); u != nil {
		return u
	}
	return &policy.Unit{Code: code, NameZh: code, NameEn: code}
}

func (p *public) Search(ctx context.Context, text, after string) (*Results, error) {
	w := p.viewer()
	got, err := w.Search(ctx, text, pageSize, after)
	if err != nil {
		return nil, err
	}
	out := &Results{}
	for _, m := range got.Items {
		r := Result{USCC: m.USCC, Registration: *m.Registration(), Former: m.Former}
		if r.Blacklisted, r.Abnormal, err = m.Marks(ctx); err != nil {
			return nil, err
		}
		out.Items = append(out.Items, r)
	}
	if out.Total, err = got.Total(ctx); err != nil {
		return nil, err
	}
	if got.HasNext && len(got.Cursors) > 0 {
		out.Next = got.Cursors[len(got.Cursors)-1]
	}
	return out, nil
}

func (p *public) Sources() []Source {
	var out []Source
	for _, s := range p.viewer().Sources() {
		out = append(out, Source{Unit: p.unit(s.Unit), Domain: s.Domain, Last: s.LastReceivedAt, Fresh: s.Fresh,
			Connected: p.v.Policy.Connected(s.Source, p.Today()), How: p.v.Policy.Connection(s.Source)})
	}
	return out
}
