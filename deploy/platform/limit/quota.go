package limit

import (
	"errors"
	"time"
)

// QuotaConfig of a Quota.
type QuotaConfig struct {
	Lookups int           // at once
	Window  time.Duration // in which they come back
	PerDay  int           // in 24 hours
	Keys    int           // as in Config
	Now     func() time.Time
}

// Quota bounds what one caller looks up at once and in a day, so that people can
// work with the public pages and nobody carries the register away.
type Quota struct {
	conf       QuotaConfig
	short, day *Limiter
}

// NewQuota makes a quota.
func NewQuota(c QuotaConfig) (*Quota, error) {
	if c.Lookups < 1 || c.Window <= 0 || c.PerDay < c.Lookups {
		return nil, errors.New("limit: a quota needs look-ups, a window and at least as many a day")
	}
	short, err := New(Config{PerSecond: float64(c.Lookups) / c.Window.Seconds(), Burst: c.Lookups, Keys: c.Keys, Now: c.Now})
	if err != nil {
		return nil, err
	}
	day, err := New(Config{PerSecond: float64(c.PerDay) / (24 * time.Hour).Seconds(), Burst: c.PerDay, Keys: c.Keys, Now: c.Now})
	if err != nil {
		return nil, err
	}
	return &Quota{c, short, day}, nil
}

// Most is how many look-ups a caller has at once, PerDay how many in a day.
func (q *Quota) Most() int { return q.conf.Lookups }

// PerDay is explained at Most.
func (q *Quota) PerDay() int { return q.conf.PerDay }

// Take takes n look-ups, at most Most, or none and says how long to wait for them.
func (q *Quota) Take(key string, n int) (wait time.Duration, ok bool) {
	now := q.short.cfg.Now()
	short, day := q.short.bucket(key).ReserveN(now, n), q.day.bucket(key).ReserveN(now, n)
	if !short.OK() || !day.OK() { // more than there ever are
		short.CancelAt(now)
		day.CancelAt(now)
		return q.conf.Window, false
	}
	if wait = max(short.DelayFrom(now), day.DelayFrom(now)); wait > 0 {
		short.CancelAt(now)
		day.CancelAt(now)
		return wait, false
	}
	return 0, true
}
