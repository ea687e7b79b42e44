package view

import (
	"context"
	"encoding/json"
	"time"

	"credithub/query/store"
	"credithub/schema/access"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/uscc"
)

// Entity is one enterprise as the caller sees it.
type Entity struct {
	USCC string
	When When

	w   *Viewer
	reg Registration
}

// Registration holds the fields of the current registration that the caller may
// see; empty when there is none.
type Registration struct {
	Name                  string     `json:"name"`
	FormerNames           []string   `json:"formerNames"`
	Status                string     `json:"status"`
	EstablishedOn         string     `json:"establishedOn"`
	EntityType            string     `json:"entityType"`
	LegalRepresentative   string     `json:"legalRepresentative"`
	RegisteredCapital     string     `json:"registeredCapital"`
	Currency              string     `json:"currency"`
	ApprovedOn            string     `json:"approvedOn"`
	RegistrationAuthority string     `json:"registrationAuthority"`
	Division              string     `json:"division"`
	Domicile              string     `json:"domicile"`
	BusinessScope         string     `json:"businessScope"`
	Unit                  string     `json:"-"`
	RecordedAt            time.Time  `json:"-"`
	OccurredOn            civil.Date `json:"-"`
}

// Registered tells whether the caller sees a registration.
func (e *Entity) Registered() bool { return e.reg.Unit != "" }

// Registration gives it.
func (e *Entity) Registration() *Registration { return &e.reg }

// CheckCode tells what is wrong with a code given by a caller, as fault.BadInput.
// The message never holds the code.
func CheckCode(field, code string) error {
	v := uscc.Check([]byte(code))
	if v.Valid() {
		return nil
	}
	return fault.New(fault.BadInput, "%s: %s: %s", field, v.Code, v.Message)
}

// MayLookBack tells whether the caller may ask what was known in the past: a
// display that has ended does not come back for the public.
func MayLookBack(p access.Principal) bool {
	switch p.Role {
	case access.Officer, access.Supervisor, access.Auditor, access.Admin:
		return true
	}
	return false
}

// Want notes that a code will be asked for, so that its reads join a batch.
func (w *Viewer) Want(code string, when When) { w.registrations.want(at(w.asked(code), when)) }

// WantEntries notes that the entries of a code will be asked for, or its marks.
func (w *Viewer) WantEntries(code string, when When) { w.entries.want(at(w.asked(code), when)) }

// WantRecords notes that the records of a code will be asked for; of all domains
// when domain is "".
func (w *Viewer) WantRecords(code string, when When, domain string) {
	w.records.want(recordsKey{at(w.asked(code), when), domain})
}

// Entity gives an enterprise, nil when there is nothing that the caller may see:
// no registration, entry or record.
func (w *Viewer) Entity(ctx context.Context, code string, when When) (*Entity, error) {
	w.saw(code)
	e := &Entity{USCC: w.asked(code), When: when, w: w}
	regs, err := of(ctx, w.registrations, e.key())
	if err != nil {
		return nil, err
	}
	e.register(regs)
	if e.Registered() {
		return e, nil
	}
	es, err := e.Entries(ctx, list.NoState)
	if err != nil || len(es) > 0 {
		return e, err
	}
	if any, err := e.hasRecords(ctx); err != nil || !any {
		return nil, err
	}
	return e, nil
}

func (e *Entity) key() codeAt { return at(e.USCC, e.When) }

// register takes the latest registration that the caller may see.
func (e *Entity) register(regs []store.Record) {
	for i := range regs {
		r := &regs[i]
		data, ok := e.w.views.Access.View(e.w.p, r.Unit, r.Domain, r.Kind, r.Data, e.w.day(e.When))
		if !ok || json.Unmarshal(data, &e.reg) != nil {
			e.reg = Registration{}
			continue
		}
		e.reg.Unit, e.reg.RecordedAt, e.reg.OccurredOn = r.Unit, r.RecordedAt, r.OccurredOn
		return
	}
}

// Entry is a list entry on the day asked.
type Entry struct {
	list.Entry
	State    list.State // on the day
	ExitType list.ExitType
	ExitedOn civil.Date
}

// OnDay derives an entry's state on a day.
func OnDay(e list.Entry, day civil.Date) Entry {
	state, exit := e.At(day)
	out := Entry{Entry: e, State: state, ExitType: exit, ExitedOn: civil.NoDate}
	if state == list.Exited {
		out.ExitedOn = e.EndedOn()
	}
	return out
}

// Entries gives the entries that the caller may see, the latest decided first;
// only those in one state unless it is list.NoState.
func (e *Entity) Entries(ctx context.Context, only list.State) ([]Entry, error) {
	all, err := of(ctx, e.w.entries, e.key())
	if err != nil {
		return nil, err
	}
	day := e.w.day(e.When)
	out := make([]Entry, 0, len(all))
	for i := range all {
		if !e.w.visible(&all[i], day) {
			continue
		}
		if v := OnDay(all[i], day); only == list.NoState || v.State == only {
			out = append(out, v)
		}
	}
	return out, nil
}

// Marks tell whether an entry in force that the caller may see stands on a
// serious list, and whether one stands on L01 or L02.
func (e *Entity) Marks(ctx context.Context) (blacklisted, abnormal bool, err error) {
	es, err := e.Entries(ctx, list.InForce)
	for i := range es {
		blacklisted = blacklisted || e.w.views.Policy.SeriousEntry(&es[i].Entry)
		abnormal = abnormal || es[i].List == list.L01 || es[i].List == list.L02
	}
	return blacklisted, abnormal, err
}
