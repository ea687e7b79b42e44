package derive

import (
	"sync"

	"credithub/schema/civil"
	"credithub/schema/uscc"
)

// Ended knows since which day subjects are deregistered, as far as registrations
// that were seen say. Several goroutines may use it. Codes that are valid with a
// warning only are left out: it serves warnings.
type Ended struct {
	mu    sync.RWMutex
	since map[uscc.Key]civil.Date
}

// NewEnded makes an empty state.
func NewEnded() *Ended { return &Ended{since: map[uscc.Key]civil.Date{}} }

// Note takes what the current version of a registration says: since when its
// subject is deregistered, NoDate when it is not or the day is not known.
func (x *Ended) Note(code []byte, since civil.Date) {
	k, ok := uscc.Pack(code)
	if !ok {
		return
	}
	if since == civil.NoDate {
		x.mu.RLock()
		_, known := x.since[k]
		x.mu.RUnlock()
		if !known {
			return // as most are: nobody waits for that
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if since == civil.NoDate {
		delete(x.since, k)
	} else {
		x.since[k] = since
	}
}

// Since is the day; NoDate when the subject is not known to be deregistered.
func (x *Ended) Since(code []byte) civil.Date {
	k, ok := uscc.Pack(code)
	if !ok {
		return civil.NoDate
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if d, ok := x.since[k]; ok {
		return d
	}
	return civil.NoDate
}

// EndedOn is since when a registration calls its subject deregistered (注销): by the
// day on which that was approved, or that of the row. Group codes of GSXT: 3 revoked
// and deregistered, 4 deregistered.
func EndedOn(status string, approved, occurred civil.Date) civil.Date {
	switch {
	case status != "3" && status != "4":
		return civil.NoDate
	case approved != civil.NoDate:
		return approved
	}
	return occurred
}
