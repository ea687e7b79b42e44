package record

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

// MakeDate is the day of a proleptic Gregorian date that must be valid.
func MakeDate(y int, m time.Month, d int) Date {
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

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

// ParseDate reads exactly YYYY-MM-DD.
func ParseDate[T string | []byte](s T) (Date, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return NoDate, false
	}
	num := func(i, j int) int {
		n := 0
		for ; i < j; i++ {
			c := s[i] - '0'
			if c > 9 {
				return -1
			}
			n = n*10 + int(c)
		}
		return n
	}
	y, m, d := num(0, 4), num(5, 7), num(8, 10)
	if y < 0 || m < 1 || m > 12 || d < 1 || d > 31 {
		return NoDate, false
	}
	day := MakeDate(y, time.Month(m), d)
	if day.Time().Day() != d {
		return NoDate, false
	}
	return day, true
}
