//go:build suite

// Package realdata pushes rows as agencies really publish them: those of a
// folder beside the project, which are never copied into it, and small ones of
// the same oddities, made here. What each row must become is worked out in this
// package from the standards and from the flags in the data, never by asking the
// hub's own decoder.
package realdata

import (
	"regexp"
	"strings"
	"time"
)

// checks31 tells whether 18 characters pass the check of GB 32100.
func checks31(code string) bool {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(code) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(alphabet, code[i])
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return strings.IndexByte(alphabet, code[17]) == (31-sum%31)%31
}

// registrationNumber tells whether digits are a registration number: 13 of
// before 2006, or 15 whose last is the ISO 7064 MOD 11,10 check.
func registrationNumber(s string) bool {
	if strings.Trim(s, "0123456789") != "" {
		return false
	}
	if len(s) != 15 {
		return len(s) == 13
	}
	p := 10
	for i := range 14 {
		if p = (p + int(s[i]-'0')) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (11-p)%10 == int(s[14]-'0')
}

var dayForms = []*regexp.Regexp{
	regexp.MustCompile(`^(\d{4})年(\d{1,2})月(\d{1,2})日$`),
	regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})( ?\d{2}:\d{2}:\d{2}(\.\d+)?)?$`),
	regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`),
}

// day maps a day of the data to YYYY-MM-DD, "" when it is none.
func day(s string) string {
	for _, f := range dayForms {
		if m := f.FindStringSubmatch(strings.TrimSpace(s)); m != nil {
			d := m[1] + "-" + ("0" + m[2])[len(m[2])-1:] + "-" + ("0" + m[3])[len(m[3])-1:]
			if _, err := time.Parse(time.DateOnly, d); err == nil {
				return d
			}
		}
	}
	return ""
}

// groups maps words for a status to the group codes of the national register.
var groups = map[string]string{"存续": "1", "登记成立": "1", "06": "1", "已吊销": "2", "吊销": "2", "注销": "4", "迁移异地": "6"}

var capital = regexp.MustCompile(`^([0-9]+(?:\.[0-9]{1,6})?)\s*(万)?(?:人民币)?元?(?:人民币)?$`)

// yuan maps a capital to yuan, "" when it names another currency or cannot be
// read.
func yuan(s string) string {
	m := capital.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return ""
	}
	if m[2] == "" {
		return m[1]
	}
	whole, fraction, _ := strings.Cut(m[1], ".")
	return whole + (fraction + "0000")[:4] + strings.TrimRight("."+strings.TrimPrefix((fraction + "000000")[4:], ""), "0.")
}
