package graph

import (
	"cmp"
	"context"
	"time"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/fold"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// pastMost bounds what is read of one subject to answer for the past.
var pastMost = store.Most{Each: 20_000, All: 20_000}

// pastCodes bounds the enterprises whose entries name one person.
const pastCodes = 500

// pastFacts bounds the records of one subject that can bear on a matter.
const pastFacts = 10_000

// decidePast answers what the hub would have answered at an instant, from what
// it had learned by then. Everything that the index knows now must be stored
// first, or a moment that has just passed would be answered from less than was
// known.
//
// It is no answer when there are more hits than most.
func (s *Server) decidePast(ctx context.Context, code, person string, m *policy.Matter, at time.Time, most int) (restrict.Decision, error) {
	var none restrict.Decision
	stand := s.index.Receipt()
	ps, err := receipt.Parse(stand)
	if err != nil {
		return none, err
	}
	if err := s.store.WaitStored(ctx, ps); err != nil {
		return none, err
	}
	entries, over, err := s.store.Entries(ctx, &store.Entries{Codes: []string{code}, AsOf: at, Most: pastMost})
	if err = cmp.Or(err, over[code]); err != nil {
		return none, err
	}
	regs, over, err := s.store.Registrations(ctx, &store.Registrations{Codes: []string{code}, AsOf: at, Most: pastMost})
	if err = cmp.Or(err, over[code]); err != nil {
		return none, err
	}
	stale, err := s.stalePast(ctx, m, at)
	if err != nil {
		return none, err
	}
	facts, err := s.factsPast(ctx, code, m, at)
	if err != nil {
		return none, err
	}
	d := restrict.Decide(entries[code], m, s.policy, subjectOf(regs[code]), stale, at, facts...)
	if len(d.Hits) > most {
		return none, nil
	}
	if person != "" {
		bound, err := s.boundPast(ctx, person, at)
		if err != nil {
			return none, err
		}
		if d.About(bound, code, person, m, s.policy); len(d.Hits) > most {
			return none, nil
		}
	}
	d.Receipt = stand
	return d, nil
}

// boundPast are the entries that named a person by what was known at an instant.
func (s *Server) boundPast(ctx context.Context, person string, at time.Time) (out []list.Entry, err error) {
	codes, err := s.store.Named(ctx, &store.Named{Person: person, AsOf: at, Limit: pastCodes + 1})
	if err != nil || len(codes) == 0 {
		return nil, err
	}
	if len(codes) > pastCodes {
		return nil, fault.New(fault.TooComplex, "more than %d enterprises have entries that name the person", pastCodes)
	}
	bound, over, err := s.store.Entries(ctx, &store.Entries{Codes: codes, AsOf: at, Most: pastMost})
	for _, code := range codes {
		if err = cmp.Or(err, over[code]); err != nil {
			return nil, err
		}
		out = append(out, bound[code]...)
	}
	return out, nil
}

// factsPast are the records of a code that bore on a matter by what was known at
// an instant.
func (s *Server) factsPast(ctx context.Context, code string, m *policy.Matter, at time.Time) ([]restrict.Evidence, error) {
	sieves := map[string]string{}
	for _, d := range s.policy.FactDomains(m) {
		sieves[d.String()] = s.policy.Sieve(d)
	}
	if len(sieves) == 0 {
		return nil, nil
	}
	records, err := s.store.Facts(ctx, &store.Facts{Code: code, Sieves: sieves, AsOf: at, Limit: pastFacts})
	if err != nil {
		return nil, err
	}
	said := make([]restrict.FactRecord, len(records))
	for i := range records {
		r := &records[i]
		said[i] = restrict.FactRecord{Unit: r.Unit, RecordID: r.RecordID, Version: r.Version}
		s.policy.Read(&said[i].Reading, record.ParseDomain(r.Domain), r.Kind, policy.StoredValues(r.Data, r.OccurredOn))
	}
	return restrict.Standing(said), nil
}

// subjectOf tells what registrations say of a code: contradicting ones make it
// ambiguous.
func subjectOf(regs []store.Record) restrict.SubjectState {
	if len(regs) == 0 {
		return restrict.Unknown
	}
	name := ""
	for i := range regs {
		n := fold.Name(nameOf(regs[i].Data))
		if i > 0 && n != name {
			return restrict.Ambiguous
		}
		name = n
	}
	return restrict.Known
}

// stalePast lists the sources of a matter that were silent at an instant.
func (s *Server) stalePast(ctx context.Context, m *policy.Matter, at time.Time) ([]policy.Source, error) {
	var domains []string
	var longest int64
	seen := map[record.Domain]bool{}
	for _, src := range s.policy.Sources(m) {
		if !seen[src.Domain] {
			seen[src.Domain] = true
			domains = append(domains, src.Domain.String())
		}
		longest = max(longest, s.policy.Period(src.Unit, src.Domain))
	}
	heard, err := s.store.HeardBy(ctx, &store.HeardBy{Domains: domains, At: at, Since: at.Add(-time.Duration(longest) * time.Second)})
	if err != nil {
		return nil, err
	}
	return restrict.StaleSources(nil, s.policy, m, func(src policy.Source) time.Time { return heard[src] }, at), nil
}
