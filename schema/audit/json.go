package audit

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"credithub/schema/jsontext"
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
		if len(*s) <= MaxField && utf8.ValidString(*s) {
			continue
		}
		v := *s
		if len(v) > MaxField {
			v = v[:MaxField]
		}
		*s = strings.ToValidUTF8(v, "�")
	}
}

// AppendJSON appends the record's one form: an object on one line with the
// members in the order of the struct. The record must be clean.
func (r *Record) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"writer":`...)
	dst = jsontext.AppendStrict(dst, r.Writer)
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, r.Seq, 10)
	dst = append(dst, `,"at":"`...)
	dst = appendTime(dst, r.At.UTC())
	dst = append(dst, `","actor":`...)
	dst = jsontext.AppendStrict(dst, r.Actor)
	dst = append(dst, `,"unit":`...)
	dst = jsontext.AppendStrict(dst, r.Unit)
	dst = append(dst, `,"role":`...)
	dst = jsontext.AppendStrict(dst, r.Role)
	dst = append(dst, `,"action":`...)
	dst = jsontext.AppendStrict(dst, r.Action)
	dst = appendMember(dst, `,"subject":`, r.Subject)
	dst = appendMember(dst, `,"matter":`, r.Matter)
	dst = appendMember(dst, `,"caseNo":`, r.CaseNo)
	dst = appendMember(dst, `,"purpose":`, r.Purpose)
	dst = append(dst, `,"outcome":`...)
	dst = jsontext.AppendStrict(dst, r.Outcome)
	dst = appendMember(dst, `,"digest":`, r.Digest)
	dst = append(dst, `,"prev":`...)
	dst = jsontext.AppendStrict(dst, r.Prev)
	dst = append(dst, `,"hash":`...)
	dst = jsontext.AppendStrict(dst, r.Hash)
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
	return jsontext.AppendStrict(append(dst, name...), value)
}

// Parse reads a line that AppendJSON wrote, without its line feed. Any other
// form of the same record is ErrForm, so that no byte can change unseen.
func Parse(line []byte) (Record, error) {
	var r Record
	p := parser{s: jsontext.NewScanner(line, 1), line: string(line), ok: true}
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
	if !p.ok || !dated || !p.s.Skip("}") || !p.s.End() {
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
	return Lines{string(append(jsontext.AppendStrict([]byte(`{"writer":`), writer), `,"seq":`...))}
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
	s    jsontext.Scanner
	line string // what s reads
	ok   bool
}

func (p *parser) option(lead string) string {
	if !p.s.Skip(lead) {
		return ""
	}
	return p.value(jsontext.String)
}

func (p *parser) text(lead string) string {
	p.ok = p.ok && p.s.Skip(lead)
	return p.value(jsontext.String)
}

func (p *parser) number(lead string) uint64 {
	p.ok = p.ok && p.s.Skip(lead)
	v, err := strconv.ParseUint(p.value(jsontext.Number), 10, 64)
	p.ok = p.ok && err == nil
	return v
}

// value reads a value of a kind; a part of the line unless it has escapes.
func (p *parser) value(k jsontext.Kind) string {
	t, ok := p.s.Value()
	if p.ok = p.ok && ok && t.Kind == k; !p.ok {
		return ""
	}
	if t.Escaped {
		return string(p.s.AppendText(nil, t))
	}
	return p.line[t.Start:t.End]
}
