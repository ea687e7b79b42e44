package fields

import (
	"math"
	"time"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/policy"
)

// Source is a unit's reports of one domain, and what is known of them at an instant.
type Source struct {
	policy.Source
	at    time.Time
	stale bool // named as stale: not fresh, whatever has come since

	looked    bool // what follows is filled
	last      time.Time
	fresh     bool
	connected bool
	how       policy.Connection
}

func (s *Schema) sourceObject(unit *Object[policy.Unit]) *Object[Source] {
	return object("Source",
		child("unit", unit, func(src *Source) *policy.Unit { return s.unitOf(src.Unit) }),
		text("domain", func(src *Source) string { return src.Domain.String() }),
		instantOrNull("lastReceivedAt", func(src *Source) time.Time { return s.look(src).last }),
		boolean("fresh", func(src *Source) bool { return s.look(src).fresh }),
		boolean("connected", func(src *Source) bool { return s.look(src).connected }),
		dateOrNull("connectedSince", func(src *Source) civil.Date { return s.look(src).how.Since }),
		textOrNull("decidedBy", func(src *Source) string { return s.look(src).how.DecidedBy }),
		textOrNull("decision", func(src *Source) string { return s.look(src).how.Decision }),
		counted("accepted", func(n store.Counts) int { return n.Accepted }),
		counted("rejected", func(n store.Counts) int { return n.Rejected }),
	)
}

// counted is a number of rows, which the store has counted for all sources at once.
func counted(name string, of func(store.Counts) int) Field[Source] {
	return slow(name, "Int!", func(c *call, src *Source) (any, error) {
		return later(func() (any, error) {
			n, err := c.sc.Viewer.Counts(c.ctx, src.Source)
			return min(of(n), math.MaxInt32), err
		}), nil
	})
}

// look fills in what is known of a source, once: of most nobody asks for more than
// which they are.
func (s *Schema) look(src *Source) *Source {
	if src.looked {
		return src
	}
	for _, x := range s.Index.Sources(src.at) {
		if x.Source == src.Source {
			if x.LastReceivedAt.After(src.at) {
				x.LastReceivedAt = time.Time{} // only a later time is known
			}
			return s.fill(src, x)
		}
	}
	return s.fill(src, restrict.SourceState{})
}

func (s *Schema) fill(src *Source, x restrict.SourceState) *Source {
	src.looked, src.last, src.fresh = true, x.LastReceivedAt, x.Fresh && !src.stale
	src.connected, src.how = s.Policy.Connected(src.Source, civil.DateOf(src.at)), policy.Connection{Since: civil.NoDate}
	if c := s.Policy.Connection(src.Source); c != nil {
		src.how = *c
	}
	return src
}
