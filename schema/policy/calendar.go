package policy

import "credithub/schema/civil"

// Calendar holds the days off and the make-up working days (调休) that the State
// Council announces for each year. Days of a year that is not loaded count as a
// plain week: Monday to Friday work.
type Calendar struct {
	loaded map[int]bool
	off    map[civil.Date]bool
	work   map[civil.Date]bool
}

// Working tells whether a day is a working day, and whether that is provisional
// because its year has not been announced yet.
func (c *Calendar) Working(d civil.Date) (working, provisional bool) {
	provisional = !c.loaded[d.Time().Year()]
	switch {
	case c.off[d]:
		return false, provisional
	case c.work[d]:
		return true, provisional
	}
	// 1970-01-01 was a Thursday, day 4 of a week that starts on Sunday.
	w := ((int(d)%7 + 7) + 4) % 7
	return w != 6 && w != 0, provisional
}

// AddWorkingDays is the n-th working day after a day, which itself is not
// counted (期间开始的日不计算在内). It is provisional when the walk passed a day of
// a year that is not loaded; such a deadline must be computed again. n < 1 gives
// the day itself.
func (c *Calendar) AddWorkingDays(d civil.Date, n int) (civil.Date, bool) {
	provisional := false
	for n > 0 {
		d++
		working, guess := c.Working(d)
		provisional = provisional || guess
		if working {
			n--
		}
	}
	return d, provisional
}
