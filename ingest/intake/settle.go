package intake

import (
	"context"

	"credithub/ingest/derive"
	"credithub/schema/record"
)

// settling knows when the registrations have passed everything that was in the log
// when reading began. Messages about it may have been told before by a process
// that read in another order; see derive.Registrations.
type settling struct {
	ends map[int]int64 // by partition, what is left to reach
}

// settlesAt asks for the ends of the log.
func (l *lane) settlesAt(ctx context.Context, parts []partition) (*settling, error) {
	s := &settling{ends: map[int]int64{}}
	for _, p := range parts {
		if p.domain != record.Registration {
			continue
		}
		ends, err := l.x.cfg.Kafka.EndOffsets(ctx, p.domain.Topic())
		if err != nil {
			return nil, err
		}
		if p.number < len(ends) && ends[p.number] > p.from {
			s.ends[p.number] = ends[p.number]
		}
	}
	if len(s.ends) == 0 {
		var none derive.News
		l.judge.regs.Settle(&none) // nothing was in doubt
	}
	return s, nil
}

// reached notes how far a partition has come, and settles when it was the last.
func (s *settling) reached(p partition, next int64, r *derive.Registrations, pl *payload) {
	if p.domain != record.Registration || !r.Settling() {
		return
	}
	if end, ok := s.ends[p.number]; ok && next >= end {
		delete(s.ends, p.number)
	}
	if len(s.ends) == 0 {
		r.Settle(&pl.settled)
	}
}
