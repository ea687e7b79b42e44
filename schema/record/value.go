package record

import (
	"bytes"
	"time"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/jsontext"
	"credithub/schema/personal"
	"credithub/schema/uscc"
)

// fields reads every field of the kind's table, in its order.
func (c *checker) fields() {
	spec := c.row.spec
	for i := range spec.Fields {
		f, t := &spec.Fields[i], c.d.toks[i]
		if absent(t) {
			c.absent(f)
			continue
		}
		switch f.Type {
		case Texts, Objects:
			c.array(i, f, t)
		case Dropped:
			if t.Kind != jsontext.String || t.End > t.Start {
				c.row.Add(fault.W05Normalised, f.Name, "identifies a person, not kept")
			}
		default:
			c.scalar(i, f, t)
		}
	}
}

func (c *checker) absent(f *Field) {
	if f.Required && c.row.Op != Retract {
		c.row.Add(fault.E05Required, f.Name, "missing")
	}
}

// scalar reads a field of one value, if it says anything.
func (c *checker) scalar(i int, f *Field, t jsontext.Token) {
	v := &c.row.values[i]
	switch {
	case t.Kind == jsontext.String:
	case f.flag() && (t.Kind == jsontext.True || t.Kind == jsontext.False):
		v.text, v.day, v.set = yes, civil.NoDate, true
		if t.Kind == jsontext.False {
			v.text = no
		}
		return
	case t.Kind == jsontext.Number && f.Type != Text && f.Type != Day && f.Type != Month && f.Type != Moment:
	case t.Kind == jsontext.Number:
		c.row.Add(fault.E06Enum, f.Name, "must be a string, not a number")
		return
	default:
		c.row.Add(fault.E06Enum, f.Name, "must be a string")
		return
	}
	b := c.d.text(t)
	if allBlank(b) || f.Required && saysNothing(b) {
		c.absent(f) // 无, a dash: files say so that there is nothing
		return
	}
	if f.Type == Money || f.Type == Count || f.Type == Score {
		b = c.unexponent(b)
	}
	v.text, v.day = b, civil.NoDate
	v.set = c.typed(f, v, c.wan&(1<<i) != 0)
}

// typed checks a value by the type of its field, and tells whether it is kept; wan
// tells that an amount stands in units of 10,000 yuan (万元).
func (c *checker) typed(f *Field, v *value, wan bool) bool {
	switch f.Type {
	case Day:
		return c.dayField(f, v)
	case Month, Year:
		return c.period(f, v)
	case Moment:
		return c.moment(f, v)
	case Money:
		return c.money(f, v, wan)
	case Choice:
		return c.choice(f, v)
	case Count:
		_, ok := parseCount(v.text)
		if !ok {
			c.wrong(fault.E06Enum, f.Name, "must be an integer of 0 … 2147483647", v.text)
		}
		return ok
	case Score:
		ok := decimal(v.text, 4)
		if !ok {
			c.wrong(fault.E06Enum, f.Name, "must be a decimal number with up to 4 decimals", v.text)
		}
		return ok
	case Division:
		c.division(f, v.text)
		return true
	case Code:
		return c.organ(f, v.text)
	case PersonKey:
		var ok bool
		v.text, ok = c.personKeys(f, v.text)
		return ok
	}
	return c.cleaned(f, v)
}

// cleaned takes out of a text what can't be seen and the blanks at its ends, and
// checks what is left.
func (c *checker) cleaned(f *Field, v *value) bool {
	b := v.text
	at, damaged := unseen(b)
	if at >= 0 {
		from := len(c.d.arena)
		c.d.arena = appendSeen(c.d.arena, b, at)
		b = c.d.since(from)
		c.row.Add(fault.W05Normalised, f.Name, c.arrow("characters left out that can't be seen", f, v.text, b))
	}
	if damaged {
		c.row.Add(fault.W15Damaged, f.Name, damage)
	}
	if v.text = trimBlank(b); len(v.text) < len(b) {
		c.row.Add(fault.W05Normalised, f.Name, c.arrow("blanks at the ends left out", f, b, v.text))
	}
	if at >= 0 && f.Required && saysNothing(v.text) {
		c.absent(f) // which is what is left of it
		return false
	}
	var ok bool
	v.text, ok = c.text(f, v.text)
	return ok
}

// unexponent writes a number such as 1e9 without its exponent, as in tables.
func (c *checker) unexponent(b []byte) []byte {
	if bytes.IndexAny(b, "eE") < 1 {
		return b
	}
	from := len(c.d.arena)
	c.d.arena = append(c.d.arena, plainDecimal(string(b))...)
	return c.d.since(from)
}

// text checks what is free: its length, and that it tells nothing of a person's.
// Numbers to call or pay to, and addresses, give way to a mask in prose; in the
// number of a document they have nothing to do.
func (c *checker) text(f *Field, b []byte) ([]byte, bool) {
	if f.Max > 0 && longer(b, f.Max) {
		c.row.Add(fault.E06Enum, f.Name, tooLong(f.Max))
		return b, false
	}
	if why := unread(b); why != "" {
		c.row.Add(fault.E06Enum, f.Name, why)
		return b, false
	}
	kind := personal.Free
	switch f.Type {
	case DocumentNo, RegNo:
		kind = personal.Number
	case CommitmentNo:
		kind = personal.Commitment
	}
	spans, id := c.look(b, kind)
	switch {
	case id:
		c.row.Add(fault.E11Personal, f.Name, identity)
		return b, false
	case f.Named && onlyDigits(b):
		c.row.Add(fault.E06Enum, f.Name, numberName)
		return b, false
	case len(spans) == 0:
		return b, true
	case kind != personal.Free:
		c.row.Add(fault.E11Personal, f.Name, contact)
		return b, false
	}
	c.row.Add(fault.W05Normalised, f.Name, contactsOut)
	from := len(c.d.arena)
	c.d.arena = personal.Cut(c.d.arena, b, spans)
	return c.d.since(from), true
}

// look tells where a text has contacts, until the next look, and whether it
// names a person by number.
func (c *checker) look(b []byte, kind personal.Kind) (contacts []personal.Span, id bool) {
	c.d.spans, id = c.d.finder.Look(c.d.spans[:0], b, kind)
	return c.d.spans, id
}

const (
	identity    = "holds a citizen's identity number, which may not stand in this field"
	contact     = "holds a telephone number, e-mail address or account, which may not stand in this field"
	contactsOut = "telephone numbers, e-mail addresses and accounts left out"
	numberName  = "is a number, and a name is more than digits: perhaps another column stands here"
	damage      = "holds characters that stand for damage (U+FFFD or private use): compare it with the source and mend its encoding"
)

func (c *checker) dayField(f *Field, v *value) bool {
	if f.Open && len(v.text) == 10 && string(v.text[:5]) == "9999-" {
		if _, ok := civil.ParseDate(v.text); ok {
			c.row.Add(fault.W05Normalised, f.Name, c.arrow("open end kept", f, v.text, longTerm))
			v.text = longTerm
		}
	}
	v.day = c.day(v.text, f.Name, f.Past)
	return v.day != civil.NoDate
}

// period reads a month or a year.
func (c *checker) period(f *Field, v *value) bool {
	var b [10]byte
	copy(b[:], "0000-01-01")
	want := 4
	if f.Type == Month {
		want = 7
	}
	if len(v.text) == want {
		copy(b[:], v.text)
	}
	day, ok := civil.ParseDate(b[:])
	switch {
	case !ok || day < earliest-1 || day > latest:
		if f.Type == Month {
			c.wrong(fault.E06Enum, f.Name, "must be a month YYYY-MM", v.text)
		} else {
			c.wrong(fault.E06Enum, f.Name, "must be a year YYYY", v.text)
		}
		return false
	case f.Past && day > c.today:
		c.row.Add(fault.E08Future, f.Name, "lies after today, "+c.today.String())
	}
	v.day = day
	return true
}

func (c *checker) moment(f *Field, v *value) bool {
	at, ok := parseInstant(v.text)
	if !ok {
		c.row.Add(fault.E06Enum, f.Name, "must be a time with its offset, such as 2026-03-02T09:30:00+08:00")
		return false
	}
	v.day = civil.DateOf(at)
	switch {
	case v.day < earliest || v.day > latest:
		c.row.Add(fault.E06Enum, f.Name, "must lie between 1900-01-02 and 2299-12-31")
		return false
	case f.Past && v.day > c.today:
		c.row.Add(fault.E08Future, f.Name, "lies after today, "+c.today.String())
	}
	return true
}

func (c *checker) money(f *Field, v *value, wan bool) bool {
	switch {
	case len(v.text) > 0 && v.text[0] == '-':
		c.row.Add(fault.E09Amount, f.Name, "an amount can't be negative")
		return false
	case !decimal(v.text, 6):
		c.wrong(fault.E09Amount, f.Name, "must be an amount of yuan with up to 18 digits and 6 decimals", v.text)
		return false
	}
	if wan {
		from := len(c.d.arena)
		c.d.arena = shift4(c.d.arena, v.text)
		v.text = c.d.since(from)
	}
	return true
}

func (c *checker) choice(f *Field, v *value) bool {
	for i := range f.Enum {
		if f.Enum[i].Value == string(v.text) {
			return true
		}
	}
	c.wrong(fault.E06Enum, f.Name, f.allowed(), v.text)
	return false
}

// yes and no are the values of a Choice that is a flag.
var yes, no = []byte("Y"), []byte("N")

// flag tells whether the choice is between yes and no, for which JSON has words.
func (f *Field) flag() bool {
	return len(f.Enum) == 2 && f.Enum[0].Value == string(yes) && f.Enum[1].Value == string(no)
}

// allowed is the message of a value outside its enumeration.
func (f *Field) allowed() string {
	s := "must be one of"
	for i := range f.Enum {
		s += " " + f.Enum[i].Value
	}
	return s
}

func (c *checker) division(f *Field, b []byte) {
	six := len(b) == 6
	for _, x := range b {
		six = six && x-'0' <= 9
	}
	switch {
	case !six:
		c.row.Add(fault.W02Division, f.Name, "must be six digits of GB/T 2260")
	case !uscc.KnownProvince(b):
		c.row.Add(fault.W02Division, f.Name, "begins with no province of GB/T 2260")
	}
	if _, id := c.look(b, personal.Number); id {
		c.row.Add(fault.E11Personal, f.Name, identity)
	}
}

// organ checks the code of an organ; it is not the subject of the row, so a
// wrong one only warns and is not kept.
func (c *checker) organ(f *Field, b []byte) bool {
	if uscc.Placeholder(b) {
		return false
	}
	v := uscc.Check(b)
	if v.Code != "" && v.Personal {
		c.row.Add(fault.E11Personal, f.Name, identity)
		return false
	}
	if !v.Valid() {
		c.row.Add(fault.W05Normalised, f.Name, "is no valid code and is not kept: "+v.Message)
		return false
	}
	return true
}

// array keeps an array in canonical JSON.
func (c *checker) array(i int, f *Field, t jsontext.Token) {
	if t.Kind != jsontext.Array {
		c.row.Add(fault.E06Enum, f.Name, "must be an array")
		return
	}
	s := jsontext.NewScanner(c.d.s.Raw(t), MaxDepth)
	from := len(c.d.arena)
	c.named, c.masked, c.numbered, c.damaged = false, false, false, false
	ok := c.elements(&s, f)
	b := c.d.since(from)
	switch {
	case !ok && f.Type == Texts:
		c.row.Add(fault.E06Enum, f.Name, "must be an array of strings")
	case !ok:
		c.row.Add(fault.E06Enum, f.Name, "must be an array of strings or objects")
	case c.named:
		c.row.Add(fault.E11Personal, f.Name, identity)
	case c.numbered:
		c.row.Add(fault.E06Enum, f.Name, numberName)
	case len(b) > 2:
		if c.damaged {
			c.row.Add(fault.W15Damaged, f.Name, damage)
		}
		if c.masked {
			c.row.Add(fault.W05Normalised, f.Name, contactsOut)
		}
		c.row.values[i] = value{text: b, set: true, day: civil.NoDate}
	}
}

// elements appends an array that was read before, without blanks and needless
// escapes.
func (c *checker) elements(s *jsontext.Scanner, f *Field) bool {
	a := &c.d.arena
	*a = append(*a, '[')
	more, _ := s.Open(jsontext.Array)
	for more {
		if k := s.Peek(); k != '"' && (f.Type != Objects || k != '{') {
			return false
		}
		*a = jsontext.AppendComma(*a)
		if f.Named {
			c.nameAt(s)
		}
		c.canonical(s, f.Named)
		more, _ = s.Next(jsontext.Array)
	}
	*a = append(*a, ']')
	return true
}

// nameAt looks at a text that stands for a name.
func (c *checker) nameAt(s *jsontext.Scanner) {
	if s.Peek() != '"' {
		return
	}
	at := *s
	t, _ := at.Value()
	c.numbered = c.numbered || onlyDigits(textOf(s, t))
}

// textOf is the text of a string outside the arena, to which its array is written.
func textOf(s *jsontext.Scanner, t jsontext.Token) []byte {
	if t.Escaped {
		return s.AppendText(nil, t)
	}
	return s.Raw(t)
}

// canonical appends one value that was read before; named tells that objects in it
// have names.
func (c *checker) canonical(s *jsontext.Scanner, named bool) {
	open := jsontext.Kind(s.Peek())
	if open != jsontext.Object && open != jsontext.Array {
		t, _ := s.Value()
		c.scalarJSON(s, t)
		return
	}
	a := &c.d.arena
	*a = append(*a, byte(open))
	more, _ := s.Open(open)
	for more {
		*a = jsontext.AppendComma(*a)
		if open == jsontext.Object {
			t, _ := s.Key()
			c.scalarJSON(s, t)
			*a = append(*a, ':')
			if named && nameKey(s.Raw(t)) {
				c.nameAt(s)
			}
		}
		c.canonical(s, named)
		more, _ = s.Next(open)
	}
	*a = append(*a, open.Close())
}

func (c *checker) scalarJSON(s *jsontext.Scanner, t jsontext.Token) {
	a := &c.d.arena
	if t.Kind != jsontext.String { // an amount may look like a number to call
		_, id := c.look(s.Raw(t), personal.Number)
		c.named = c.named || id
		*a = append(*a, s.Raw(t)...)
		return
	}
	text := textOf(s, t)
	contacts, id := c.look(text, personal.Free)
	c.named = c.named || id
	if _, damaged := unseen(text); damaged {
		c.damaged = true
	}
	switch {
	case len(contacts) > 0:
		c.masked = true
		*a = jsontext.AppendString(*a, personal.Cut(nil, text, contacts))
	case t.Escaped:
		*a = jsontext.AppendString(*a, text)
	default:
		*a = jsontext.AppendPlain(*a, text)
	}
}

// parseInstant reads a time of RFC 3339.
func parseInstant[T ~string | ~[]byte](s T) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, string(s))
	return t, err == nil
}
