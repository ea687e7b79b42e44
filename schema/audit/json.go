package audit

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxField bounds one text of a record, in bytes: 500 codes with commas have
// 9,499.
const MaxField = 16 << 10

// timeLayout has microseconds always, so that a record has one form only.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// ErrForm is a line that AppendJSON would not have written.
var ErrForm = errors.New("audit: record is not in its canonical form")

// Clean makes a record fit to be sealed: valid UTF-8 of bounded length, and a
// time in UTC and whole microseconds, so that what is read back is what was
// hashed.
func (r *Record) Clean() {
	r.At = r.At.UTC().Truncate(time.Microsecond)
	for _, s := range [...]*string{&r.Writer, &r.Actor, &r.Unit, &r.Role, &r.Action, &r.Subject, &r.Matter, &r.CaseNo, &r.Purpose, &r.Outcome, &r.Digest} {
		if plain(*s) && len(*s) <= MaxField {
			continue
		}
		v := *s
		if len(v) > MaxField {
			v = v[:MaxField]
		}
		*s = strings.ToValidUTF8(v, "�")
	}
}

// plain tells printable ASCII that JSON needs not escape, eight bytes at a time.
func plain(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		// With the high bits clear, no byte carries into the next one.
		if (w|(w+each*1)|zeros(w^each*'"')|zeros(w^each*'\\')|^(w+each*0x60))&(each*0x80) != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// each times a byte is that byte eight times.
const each = 0x0101010101010101

// zeros sets the high bit of each byte that is zero, if no byte has its high bit
// set; the others stay clear.
func zeros(w uint64) uint64 { return ^(w + each*0x7f) }

// AppendJSON appends the record's one form: an object on one line with the
// members in the order of the struct. The record must be clean.
func (r *Record) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"writer":`...)
	dst = appendText(dst, r.Writer)
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, r.Seq, 10)
	dst = append(dst, `,"at":"`...)
	dst = appendTime(dst, r.At.UTC())
	dst = append(dst, `","actor":`...)
	dst = appendText(dst, r.Actor)
	dst = append(dst, `,"unit":`...)
	dst = appendText(dst, r.Unit)
	dst = append(dst, `,"role":`...)
	dst = appendText(dst, r.Role)
	dst = append(dst, `,"action":`...)
	dst = appendText(dst, r.Action)
	dst = appendMember(dst, `,"subject":`, r.Subject)
	dst = appendMember(dst, `,"matter":`, r.Matter)
	dst = appendMember(dst, `,"caseNo":`, r.CaseNo)
	dst = appendMember(dst, `,"purpose":`, r.Purpose)
	dst = append(dst, `,"outcome":`...)
	dst = appendText(dst, r.Outcome)
	dst = appendMember(dst, `,"digest":`, r.Digest)
	dst = append(dst, `,"prev":`...)
	dst = appendText(dst, r.Prev)
	dst = append(dst, `,"hash":`...)
	dst = appendText(dst, r.Hash)
	return append(dst, '}')
}

// appendTime writes a time of UTC in timeLayout.
func appendTime(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(dst, timeLayout)
	}
	hour, minute, second := t.Clock()
	at := len(dst)
	dst = append(dst, timeLayout...)
	b := dst[at:]
	for _, f := range [...]struct{ from, to, v int }{
		{0, 4, year}, {5, 7, int(month)}, {8, 10, day}, {11, 13, hour}, {14, 16, minute}, {17, 19, second}, {20, 26, t.Nanosecond() / 1000},
	} {
		for i, v := f.to-1, f.v; i >= f.from; i-- {
			b[i], v = byte('0'+v%10), v/10
		}
	}
	return dst
}

// parseTime reads what appendTime wrote. Dates that don't exist become others,
// which Parse sees.
func parseTime(s string) (time.Time, bool) {
	if len(s) != len(timeLayout) {
		return time.Time{}, false
	}
	num := func(from, to int) (v int) {
		for _, c := range []byte(s[from:to]) {
			v = 10*v + int(c-'0')
		}
		return v
	}
	return time.Date(num(0, 4), time.Month(num(5, 7)), num(8, 10), num(11, 13), num(14, 16), num(17, 19), 1000*num(20, 26), time.UTC), true
}

func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendText(append(dst, name...), value)
}

func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if plain(s) {
		return append(append(dst, s...), '"')
	}
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029:
			dst = append(dst, fmt.Sprintf(`\u%04x`, c)...)
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}

// Parse reads a line that AppendJSON wrote, without its line feed. Any other
// form of the same record is ErrForm, so that no byte can change unseen.
func Parse(line []byte) (Record, error) {
	var r Record
	p := parser{rest: string(line), ok: true}
	r.Writer = p.text(`{"writer":`)
	r.Seq = p.number(`,"seq":`)
	at, dated := parseTime(p.text(`,"at":`))
	r.At = at
	r.Actor = p.text(`,"actor":`)
	r.Unit = p.text(`,"unit":`)
	r.Role = p.text(`,"role":`)
	r.Action = p.text(`,"action":`)
	r.Subject = p.option(`,"subject":`)
	r.Matter = p.option(`,"matter":`)
	r.CaseNo = p.option(`,"caseNo":`)
	r.Purpose = p.option(`,"purpose":`)
	r.Outcome = p.text(`,"outcome":`)
	r.Digest = p.option(`,"digest":`)
	r.Prev = p.text(`,"prev":`)
	r.Hash = p.text(`,"hash":`)
	if !p.ok || !dated || p.rest != "}" {
		return Record{}, ErrForm
	}
	var buf [1024]byte
	if string(r.AppendJSON(buf[:0])) != string(line) {
		return Record{}, ErrForm
	}
	return r, nil
}

// Lines knows the lines of one writer without reading them whole.
type Lines struct{ lead string }

// LinesOf are the lines of a writer.
func LinesOf(writer string) Lines {
	return Lines{string(append(appendText([]byte(`{"writer":`), writer), `,"seq":`...))}
}

// Seq gives the number of a record by the beginning of its line; false for a
// line that isn't one of this writer's. Only Parse tells whether all of it is
// in order.
func (l Lines) Seq(line []byte) (uint64, bool) {
	if len(line) <= len(l.lead) || string(line[:len(l.lead)]) != l.lead || line[len(line)-1] != '}' {
		return 0, false
	}
	rest := line[len(l.lead):]
	end := bytes.IndexByte(rest, ',')
	if end < 0 {
		return 0, false
	}
	seq, err := strconv.ParseUint(string(rest[:end]), 10, 64)
	return seq, err == nil && seq > 0
}

// parser reads the members in their order; ok goes false for good.
type parser struct {
	rest string
	ok   bool
}

func (p *parser) skip(lead string) {
	rest, found := strings.CutPrefix(p.rest, lead)
	p.rest, p.ok = rest, p.ok && found
}

func (p *parser) option(lead string) string {
	if !strings.HasPrefix(p.rest, lead) {
		return ""
	}
	return p.text(lead)
}

func (p *parser) text(lead string) string {
	p.skip(lead)
	if !p.ok || p.rest == "" || p.rest[0] != '"' {
		p.ok = false
		return ""
	}
	for i := 1; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '\\':
			i++
		case '"':
			quoted := p.rest[:i+1]
			p.rest = p.rest[i+1:]
			if strings.IndexByte(quoted, '\\') < 0 {
				return quoted[1:i]
			}
			s, err := strconv.Unquote(quoted) // knows all escapes that AppendJSON uses
			p.ok = p.ok && err == nil
			return s
		}
	}
	p.ok = false
	return ""
}

func (p *parser) number(lead string) uint64 {
	p.skip(lead)
	n := strings.IndexByte(p.rest, ',')
	if n < 0 {
		p.ok = false
		return 0
	}
	v, err := strconv.ParseUint(p.rest[:n], 10, 64)
	p.rest, p.ok = p.rest[n:], p.ok && err == nil
	return v
}
