// Package civil has days: those of the law are days of China, without a time of
// day, and a term ends with one.
package civil

import "time"

// Date is a civil day as days since 1970-01-01; NoDate when absent. Terms and
// "today" are civil days of China (Asia/Shanghai, UTC+8 without summer time).
type Date int32

// NoDate is the absent date.
const NoDate Date = -1 << 31

// China is the civil time zone of every date of the hub.
var China = time.FixedZone("Asia/Shanghai", 8*3600)

// DateOf is the civil day of an instant in China.
func DateOf(t time.Time) Date {
	return Date((t.Unix() + 8*3600 - mod(t.Unix()+8*3600, 86400)) / 86400)
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }

// Time is midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// AddMonths is the same day number n months later, or the month's end (计算
// 期间: terms in months and years end on the same number).
func (d Date) AddMonths(n int) Date {
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return MakeDate(first.Year(), first.Month(), min(t.Day(), last))
}

// String is YYYY-MM-DD, or "" for NoDate.
func (d Date) String() string {
	if d == NoDate {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// AppendTo appends YYYY-MM-DD without allocating.
func (d Date) AppendTo(b []byte) []byte {
	if d == NoDate {
		return b
	}
	return d.Time().AppendFormat(b, time.DateOnly)
}

// monthDays are the days of the months of a common year.
var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// ParseDate reads exactly YYYY-MM-DD.
func ParseDate[T ~string | ~[]byte](s T) (Date, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return NoDate, false
	}
	bad := false
	num := func(i, j int) (n int) {
		for ; i < j; i++ {
			c := s[i] - '0'
			bad = bad || c > 9
			n = n*10 + int(c)
		}
		return
	}
	y, m, d := num(0, 4), num(5, 7), num(8, 10)
	if bad || !ValidDate(y, m, d) {
		return NoDate, false
	}
	return MakeDate(y, m, d), true
}

// ValidDate tells whether there is such a day.
func ValidDate(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	last := monthDays[m]
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		last = 29
	}
	return d <= last
}

// MakeDate is the day of a proleptic Gregorian date, which must be valid, with
// y ≥ 0. It counts days with years that begin in March (Fliegel and Van Flandern).
func MakeDate[Month ~int](y int, month Month, d int) Date {
	m := int(month)
	if m <= 2 {
		y--
		m += 12
	}
	y += 400 // keeps divisions of year 0 positive
	return Date(y*365 + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468 - 146097)
}
