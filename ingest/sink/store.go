package sink

import (
	"context"
	"time"

	"credithub/deploy/platform/sleep"
	"credithub/schema/ddl"
)

// store puts a block into ClickHouse, however long that takes.
func (s *Sink) store(ctx context.Context, b *Block) error {
	b.fill()
	s.blocks++
	if err := s.before(ctx, b); err != nil {
		return err
	}
	topics := make([]string, 0, 4)
	for _, sp := range b.spans {
		topics = appendNew(topics, sp.Topic)
	}
	began := s.cfg.Now()
	var d doubt
	tries := 0
	for next := send; next != settled; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		was := next
		var err error
		switch next {
		case send:
			if err = s.insert(ctx, ddl.Records, b, d.generation); err != nil {
				s.trouble(err, "insert", b)
			}
			next = d.sent(err)
		case quiet:
			if err = s.cfg.Engine.Quiet(ctx); err != nil {
				s.trouble(err, "wait until quiet", b)
			}
			next = d.quieted(err)
		case ask:
			var have Positions
			absent := 0
			if have, err = s.cfg.Engine.Positions(ctx, topics); err != nil {
				s.trouble(err, "ask for positions", b)
			} else if absent = b.keepAbsent(have); absent > 0 {
				s.met.resent.Inc()
			}
			next = d.asked(err, absent)
		}
		if err != nil {
			tries++
			sleep.For(ctx, s.backoff(tries))
		} else if was == ask {
			s.cfg.Logger.Info("doubt about a block settled by asking", "lane", s.cfg.Lane, "absent_rows", b.rows, "stored", next == settled)
		}
	}
	s.well()
	s.met.stored.Add(float64(b.rows))
	s.met.blocks.Inc()
	s.met.seconds.Observe(s.cfg.Now().Sub(began).Seconds())
	return nil
}

// before stores the rows of the tables that have to be there first. Sending them
// twice does nothing, so an error is answered by sending again.
func (s *Sink) before(ctx context.Context, b *Block) error {
	for _, t := range []struct {
		name string
		Table
	}{
		{ddl.Entries, b.Entries},
		{ddl.Names, b.Names},
	} {
		for tries := 0; t.Rows() > 0; {
			err := s.insert(ctx, t.name, t, tries)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			tries++
			s.trouble(err, "insert into "+t.name, b)
			sleep.For(ctx, s.backoff(tries))
		}
	}
	return nil
}

func (s *Sink) insert(ctx context.Context, table string, in Table, generation int) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	return s.cfg.Engine.Insert(ctx, table, in.Input(), token(s.writer+"-"+table, s.blocks, generation))
}

func (s *Sink) trouble(err error, what string, b *Block) {
	s.met.errors.Inc()
	s.mu.Lock()
	first := s.failing.IsZero()
	if first {
		s.failing = s.cfg.Now()
	}
	s.mu.Unlock()
	if first {
		s.cfg.Logger.Warn("can't store rows, trying again", "lane", s.cfg.Lane, "operation", what, "rows", b.rows, "error", err)
	}
}

func (s *Sink) well() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failing.IsZero() {
		s.cfg.Logger.Info("rows are stored again", "lane", s.cfg.Lane)
		s.failing = time.Time{}
	}
}

func (s *Sink) backoff(tries int) time.Duration {
	return min(s.cfg.RetryFirst<<min(tries-1, 10), s.cfg.RetryMost)
}
