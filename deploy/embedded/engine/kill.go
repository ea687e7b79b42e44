package engine

import (
	"errors"
	"strings"
	"time"
)

// kill asks the engine to cancel a statement. It is told again until the
// statement has been seen, as one may be cancelled before it began.
func (s *server) kill(id string) {
	s.met.killed.Inc()
	q := "KILL QUERY WHERE Settings['log_comment'] = '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(id) + "' ASYNC"
	for range 10 {
		out, err := s.adminExec(q)
		if errors.Is(err, errClosing) {
			return
		}
		if err != nil {
			s.cfg.Logger.Error("engine can't cancel a statement", "error", err)
			return
		}
		if len(out) > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *server) killAll() error {
	s.met.killed.Inc()
	_, err := s.adminExec("KILL QUERY WHERE Settings['log_comment'] LIKE '" + s.boot + "-%' ASYNC")
	return err
}

// errClosing says that nothing is asked of the engine any more.
var errClosing = errors.New("the engine is being closed")

// closeCore closes the engine when nobody is in it; whoever comes later is told.
func (s *server) closeCore() {
	s.adminMu.Lock()
	defer s.adminMu.Unlock()
	s.closing = true
	s.core.close()
}

func (s *server) adminExec(q string) ([]byte, error) {
	s.adminMu.Lock()
	defer s.adminMu.Unlock()
	if s.closing {
		return nil, errClosing
	}
	out, err := s.core.admin.Exec(q, "TSV")
	if err == nil {
		return out, nil
	}
	// A failed statement poisons its connection: take a new one, and only
	// then let the old one go, so that the engine never has none.
	fresh, ferr := s.core.session("admin", nil)
	if ferr != nil {
		return nil, errors.Join(err, ferr)
	}
	s.core.admin.Close()
	s.core.admin = fresh
	return nil, err
}

func (s *server) running() int64 { return s.active.Load() }

func (s *server) idle(wait time.Duration) bool {
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if s.running() == 0 {
			return true
		}
	}
	return s.running() == 0
}
