package check

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/fold"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
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
func (c *Checker) decidePast(ctx context.Context, code, person string, m *policy.Matter, at time.Time, most int) (restrict.Decision, error) {
	var none restrict.Decision
	stand := c.Index.Receipt()
	ps, err := receipt.Parse(stand)
	if err != nil {
		return none, err
	}
	if err := c.Store.WaitStored(ctx, ps); err != nil {
		return none, err
	}
	entries, over, err := c.Store.Entries(ctx, &store.Entries{Codes: []string{code}, AsOf: at, Most: pastMost})
	if err = cmp.Or(err, over[code]); err != nil {
		return none, err
	}
	regs, over, err := c.Store.Registrations(ctx, &store.Registrations{Codes: []string{code}, AsOf: at, Most: pastMost})
	if err = cmp.Or(err, over[code]); err != nil {
		return none, err
	}
	stale, err := c.stalePast(ctx, m, at)
	if err != nil {
		return none, err
	}
	facts, err := c.factsPast(ctx, code, m, at)
	if err != nil {
		return none, err
	}
	then := restrict.Decide(entries[code], m, c.Policy, subjectOf(regs[code]), stale, at, facts...)
	if len(then.Hits) > most {
		return none, nil
	}
	if person != "" {
		bound, err := c.boundPast(ctx, person, at)
		if err != nil {
			return none, err
		}
		if then.About(bound, code, person, m, c.Policy); len(then.Hits) > most {
			return none, nil
		}
	}
	then.Receipt = stand
	return then, nil
}

// boundPast are the entries that named a person by what was known at an instant.
func (c *Checker) boundPast(ctx context.Context, person string, at time.Time) (out []list.Entry, err error) {
	codes, err := c.Store.Named(ctx, &store.Named{Person: person, AsOf: at, Limit: pastCodes + 1})
	if err != nil || len(codes) == 0 {
		return nil, err
	}
	if len(codes) > pastCodes {
		return nil, fault.New(fault.TooComplex, "more than %d enterprises have entries that name the person", pastCodes)
	}
	bound, over, err := c.Store.Entries(ctx, &store.Entries{Codes: codes, AsOf: at, Most: pastMost})
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
func (c *Checker) factsPast(ctx context.Context, code string, m *policy.Matter, at time.Time) ([]restrict.Evidence, error) {
	sieves := map[string]string{}
	for _, domain := range c.Policy.FactDomains(m) {
		sieves[domain.String()] = c.Policy.Sieve(domain)
	}
	if len(sieves) == 0 {
		return nil, nil
	}
	records, err := c.Store.Facts(ctx, &store.Facts{Code: code, Sieves: sieves, AsOf: at, Limit: pastFacts})
	if err != nil {
		return nil, err
	}
	said := make([]restrict.FactRecord, len(records))
	for i := range records {
		r := &records[i]
		said[i] = restrict.FactRecord{Unit: r.Unit, RecordID: r.RecordID, Version: r.Version}
		c.Policy.Read(&said[i].Reading, record.ParseDomain(r.Domain), r.Kind, policy.StoredValues(r.Data, r.OccurredOn))
	}
	return restrict.Standing(said), nil
}

// subjectOf tells what registrations say of a code: contradicting ones make it
// ambiguous.
func subjectOf(regs []store.Record) restrict.SubjectState {
	return stored.SubjectOf(func(yield func(string) bool) {
		for i := range regs {
			if !yield(fold.Name(nameOf(regs[i].Data))) {
				return
			}
		}
	})
}

// stalePast lists the sources of a matter that were silent at an instant.
func (c *Checker) stalePast(ctx context.Context, m *policy.Matter, at time.Time) ([]policy.Source, error) {
	var domains []string
	var longest int64
	seen := map[record.Domain]bool{}
	for _, src := range c.Policy.Sources(m) {
		if !seen[src.Domain] {
			seen[src.Domain] = true
			domains = append(domains, src.Domain.String())
		}
		longest = max(longest, c.Policy.Period(src.Unit, src.Domain))
	}
	heard, err := c.Store.HeardBy(ctx, &store.HeardBy{Domains: domains, At: at, Since: at.Add(-time.Duration(longest) * time.Second)})
	if err != nil {
		return nil, err
	}
	return restrict.StaleSources(nil, c.Policy, m, func(src policy.Source) time.Time { return heard[src] }, at), nil
}

// nameOf is the name in the data of a registration.
func nameOf(data []byte) string {
	var r struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(data, &r) != nil {
		return ""
	}
	return r.Name
}
