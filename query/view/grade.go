package view

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/grade"
	"credithub/schema/jsontext"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// gradeDomains are the domains whose records a class rests on.
var gradeDomains = []string{record.Tax.String(), record.Penalty.String(), record.Commitment.String(), record.Judgment.String(), record.Bank.String()}

// WantGrade notes that Grade will be asked.
func (e *Entity) WantGrade() { e.w.evidence.want(e.key()) }

// Grade gives the class in supervision and what it rests on, from everything
// the hub knows, whoever asks; whether the caller may see it is for the access
// table to say. It is empty for a code without registration and evidence.
func (e *Entity) Grade(ctx context.Context) (class string, reasons []string, err error) {
	entries, err := of(ctx, e.w.entries, e.key())
	if err != nil {
		return "", nil, err
	}
	known, err := of(ctx, e.w.evidence, e.key())
	if err != nil {
		return "", nil, err
	}
	var f grade.Facts
	if known != nil {
		f = *known
	}
	f.Day, f.Entries = e.w.day(e.When), e.w.weighing(entries)
	g, why := e.w.views.Grade.Grade(&f)
	for _, r := range why {
		reasons = append(reasons, e.told(&r))
	}
	return g.String(), reasons, nil
}

// withheldReason stands for one that would tell what is shared conditionally.
const withheldReason = "CONDITIONAL: rests on records that are shared conditionally; name a purpose, or a matter with its caseNo"

// told is a reason as the caller may read it: what the unit itself pushed, and on an
// occasion that opens such records what others did.
func (e *Entity) told(r *grade.Reason) string {
	domain, kind, conditional := strings.Cut(r.Conditional, "/")
	if !conditional || e.w.opens(e.When.Occasion, domain, kind) {
		return r.String()
	}
	for _, id := range r.Evidence {
		if unit, _, _ := strings.Cut(id, "/"); unit != e.w.p.Unit {
			return withheldReason
		}
	}
	return r.String()
}

// weighing leaves out entries of serious lists that are not serious themselves.
func (w *Viewer) weighing(entries []list.Entry) []list.Entry {
	p := w.views.Policy
	return slices.DeleteFunc(slices.Clone(entries), func(e list.Entry) bool { return p.Serious(e.List) && !p.SeriousEntry(&e) })
}

// loadEvidence keeps the facts of records, not the records: there may be many.
func (w *Viewer) loadEvidence(ctx context.Context, keys []codeAt) (map[codeAt]held[*grade.Facts], error) {
	out := make(map[codeAt]held[*grade.Facts], len(keys))
	for k, codes := range byWhen(keys) {
		if err := w.reach(ctx, k.age, gradeDomains...); err != nil {
			fail(out, k, codes, err)
			continue
		}
		got := map[string]*grade.Facts{}
		said := map[string][]restrict.FactRecord{}
		q := &store.Identities{Codes: codes, Domains: gradeDomains, AsOf: k.time(), Age: k.age, Most: w.views.most(w.views.MaxEvidence)}
		over, err := w.views.Store.EachIdentity(ctx, q, func(r *store.Record) {
			if got[r.USCC] == nil {
				got[r.USCC] = &grade.Facts{}
			}
			addFact(got[r.USCC], r)
			if x := w.says(r); x.Series || len(x.Found) > 0 {
				said[r.USCC] = append(said[r.USCC], x)
			}
		})
		if err != nil {
			return nil, err
		}
		for code, all := range said {
			for _, e := range restrict.Standing(all) {
				got[code].Records = append(got[code].Records, grade.Record{ID: e.RecordID, Fact: e.Fact.Code, Since: e.Since, Until: e.Until})
			}
		}
		keep(out, k, got, over)
	}
	return out, nil
}

// says is what a record says as a fact of the policy.
func (w *Viewer) says(r *store.Record) restrict.FactRecord {
	x := restrict.FactRecord{Unit: r.Unit, RecordID: r.Unit + "/" + r.Domain + "/" + r.RecordID, Version: r.Version}
	w.views.Policy.Read(&x.Reading, record.ParseDomain(r.Domain), r.Kind, policy.StoredValues(r.Data, r.OccurredOn))
	return x
}

func day(s string) civil.Date {
	d, _ := civil.ParseDate(s)
	return d
}

// addFact reads the fact of a record. One that can't be read is no evidence.
func addFact(f *grade.Facts, r *store.Record) {
	d, err := jsontext.Values(r.Data)
	if err != nil {
		return
	}
	id := r.Unit + "/" + r.Domain + "/" + r.RecordID
	switch r.Domain + "/" + r.Kind {
	case "penalty/penalty":
		p := penaltyOf(d)
		p.ID = id
		f.Penalties = append(f.Penalties, p)
		if by := d["correctBy"]; by != "" {
			f.Rectifications = append(f.Rectifications, grade.Rectification{ID: id, DueOn: day(by), DoneOn: day(d["correctedOn"])})
		}
	case "tax/grade":
		year, _ := strconv.Atoi(d["year"])
		f.TaxGrades = append(f.TaxGrades, grade.TaxGrade{ID: id, Year: year, Grade: d["grade"]})
	case "tax/abnormal":
		f.TaxAbnormal = append(f.TaxAbnormal, grade.Span{ID: id, From: day(d["from"]), Until: day(d["until"])})
	case "commitment/commitment":
		f.Commitments = append(f.Commitments, grade.Commitment{ID: id, MadeOn: day(d["madeOn"]), Performance: d["performance"]})
	}
}

// penaltyOf is a penalty by the values of its record.
func penaltyOf(d map[string]string) grade.Penalty {
	return grade.Penalty{
		Category: d["category"], Procedure: d["procedure"], RepairedOn: day(d["repairedOn"]),
		DecidedOn: day(d["decidedOn"]), ValidUntil: day(d["validUntil"]), PublicUntil: day(d["publicUntil"]),
	}
}

// displayed tells whether a penalty is in its term of display.
func (v *Views) displayed(r *store.Record, on civil.Date) bool {
	d, err := jsontext.Values(r.Data)
	if err != nil {
		return false
	}
	p := penaltyOf(d)
	return v.Grade.Displayed(&p, on)
}
