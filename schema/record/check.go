package record

import (
	"slices"
	"strconv"
	"time"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/jsontext"
	"credithub/schema/personal"
	"credithub/schema/uscc"
)

// checker carries one Decode.
type checker struct {
	d     *Decoder
	row   *Row
	today civil.Date
	wan   uint64 // fields whose amount stands in 万元
	ruled bool   // the rules of the kind can be asked

	// Of the array at hand: it holds an identity number, it had contacts, a name
	// that is a number, characters that stand for damage.
	named, masked, numbered, damaged bool
}

// absent tells whether there is no value, or null.
func absent(t jsontext.Token) bool { return t.Kind == jsontext.None || t.Kind == jsontext.Null }

// str takes an envelope field that must be a string; nil when it is absent.
func (c *checker) str(f int, required bool) []byte {
	t := c.d.env[f]
	name := envNames[f]
	if c.d.twice&(1<<f) != 0 {
		c.row.Add(fault.E06Enum, name, "given twice")
	}
	switch {
	case t.Kind == jsontext.String && t.End > t.Start:
		return c.d.text(t)
	case absent(t) || t.Kind == jsontext.String:
		if required {
			c.row.Add(fault.E05Required, name, "missing")
		}
	default:
		c.row.Add(fault.E06Enum, name, "must be a string")
	}
	return nil
}

// head reads the envelope but for its code and data.
func (c *checker) head() {
	r := c.row
	if b := c.str(envDomain, true); b != nil {
		if r.Domain = ParseDomain(b); r.Domain == NoDomain {
			r.Add(fault.E13Catalogue, "domain", "no such domain in the catalogue")
		}
	}
	if c.d.trustUnit {
		if b := c.str(envUnit, false); b != nil {
			r.Unit = c.d.intern(b)
		}
	}
	if b := c.str(envOp, true); b != nil {
		switch string(b) {
		case "upsert":
			r.Op = Upsert
		case "retract":
			r.Op = Retract
		case "heartbeat":
			if c.d.heartbeat {
				r.Op = Heartbeat
				c.at()
				return
			}
			fallthrough
		default:
			r.Add(fault.E06Enum, "op", "must be upsert or retract")
		}
	}
	if b := c.str(envKind, true); b != nil && r.Domain != NoDomain {
		if r.spec = FindKind(r.Domain, b); r.spec == nil {
			r.Add(fault.E13Catalogue, "kind", "no such kind in the domain")
		} else {
			r.Kind = r.spec.Name
		}
	}
	c.identity()
	if b := c.str(envOccurredOn, false); b != nil {
		r.OccurredOn = c.day(b, "occurredOn", true)
	}
}

// at reads the time that a signed heartbeat names.
func (c *checker) at() {
	b := c.str(envAt, false)
	if b == nil {
		return
	}
	t, err := time.Parse(time.RFC3339, string(b))
	if err != nil {
		c.row.Add(fault.E06Enum, "at", "must be a time such as 2026-03-02T08:00:00Z")
		return
	}
	c.row.At = t.UTC()
}

func (c *checker) identity() {
	r := c.row
	if b := c.str(envRecordID, true); b != nil {
		switch {
		case longer(b, MaxRecordID):
			r.Add(fault.E06Enum, "recordId", tooLong(MaxRecordID))
		case allBlank(b):
			r.Add(fault.E05Required, "recordId", "missing")
		case hasControl(b):
			r.Add(fault.E06Enum, "recordId", "holds control characters")
		case c.personalID(b):
		default:
			r.RecordID = b
		}
	}
	c.version()
}

// personalID tells whether a record's number tells something of a person's.
func (c *checker) personalID(b []byte) bool {
	kind := personal.Number
	if s := c.row.spec; s != nil && slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Type == CommitmentNo }) {
		kind = personal.Commitment // which units take for the record's own number
	}
	contacts, id := c.look(b, kind)
	switch {
	case id:
		c.row.Add(fault.E11Personal, "recordId", identity)
	case len(contacts) > 0:
		c.row.Add(fault.E11Personal, "recordId", contact)
	}
	return id || len(contacts) > 0
}

func (c *checker) version() {
	r, t := c.row, c.d.env[envVersion]
	if c.d.twice&(1<<envVersion) != 0 {
		r.Add(fault.E06Enum, "version", "given twice")
	}
	switch t.Kind {
	case jsontext.None, jsontext.Null: // the next one when the content differs; intake knows which that is
	case jsontext.Number:
		n, ok := parseCount(c.d.text(t))
		if !ok || n == 0 {
			r.Add(fault.E06Enum, "version", "must be an integer of 1 … 2147483647")
			return
		}
		r.Version = n
	default:
		r.Add(fault.E06Enum, "version", "must be an integer of 1 … 2147483647")
	}
}

// earliest and latest bound every date: the store knows 1900-01-01 as "absent".
var (
	earliest = civil.MakeDate(1900, 1, 2)
	latest   = civil.MakeDate(2299, 12, 31)
	longTerm = []byte("2099-12-31") // how the standard writes 长期
)

// day reads a date; NoDate after a fault.
func (c *checker) day(b []byte, field string, past bool) civil.Date {
	day, ok := civil.ParseDate(b)
	switch {
	case !ok:
		c.wrong(fault.E06Enum, field, "must be a date YYYY-MM-DD", b)
		return civil.NoDate
	case day < earliest || day > latest:
		c.row.Add(fault.E06Enum, field, "must lie between 1900-01-02 and 2299-12-31")
		return civil.NoDate
	case past && day > c.today:
		c.row.Add(fault.E08Future, field, "lies after today, "+c.today.String())
	}
	return day
}

// subject looks at the code, or at what stands in for it.
func (c *checker) subject() {
	r := c.row
	t := c.d.env[envUSCC]
	if t.Kind == jsontext.Number {
		c.d.env[envUSCC].Kind = jsontext.String // digits alone: a code that lost its quotes
	}
	b := c.str(envUSCC, false)
	if b == nil && !absent(t) && t.Kind != jsontext.String && t.Kind != jsontext.Number {
		return
	}
	if absentCode(b) || saysNothing(b) {
		c.withoutCode()
		return
	}
	v := uscc.Check(b)
	if v.Code != "" {
		r.Add(v.Code, "uscc", v.Message)
	}
	if v.Personal && v.Code != "" {
		r.Add(fault.E11Personal, "uscc", "is a citizen's identity number, not a code of an organisation")
	}
	if !v.Valid() {
		return
	}
	r.USCC = b
	c.orgCode(b)
	if !uscc.KnownProvince(b[2:8]) {
		r.Add(fault.W02Division, "uscc", "characters 3–8 name no known division")
	}
}

// orgCode holds the organisation code of the row, if it is a valid one, against
// that inside the code: they are the same or the row mixes two subjects.
func (c *checker) orgCode(code []byte) {
	v := c.row.value("orgCode")
	if v == nil || !v.set || !uscc.CheckOrgCode(v.text) {
		return
	}
	if n := len(v.text); string(v.text[:8]) != string(code[8:16]) || v.text[n-1] != code[16] {
		c.row.Add(fault.E04NameMismatch, "orgCode", "is not the organisation code inside uscc: the row names two subjects")
	}
}

// withoutCode accepts a row without a code only by its registration number.
func (c *checker) withoutCode() {
	r := c.row
	if r.spec != nil && r.spec.regNo >= 0 {
		if r.Op == Retract && c.d.env[envData].Kind != jsontext.Object {
			return
		}
		if c.total() {
			r.Add(fault.E05Required, "uscc", totalRow)
			return
		}
		if v := r.values[r.spec.regNo]; v.set {
			if uscc.CheckRegNo(v.text) == uscc.RegNoWrong {
				r.Add(fault.E06Enum, "regNo", "stands in for the code, but is no registration number of 15 or 13 digits")
			}
			return
		}
		r.Add(fault.E05Required, "uscc", "missing, and data carries no regNo in its place")
		return
	}
	if c.total() {
		r.Add(fault.E05Required, "uscc", totalRow)
		return
	}
	r.Add(fault.E05Required, "uscc", "missing")
}

func hasControl(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c == 0x7f {
			return true
		}
	}
	return false
}

// data reads the data object by the table of the kind.
func (c *checker) data() {
	r, t := c.row, c.d.env[envData]
	if c.d.twice&(1<<envData) != 0 {
		r.Add(fault.E06Enum, "data", "given twice")
	}
	if !absent(t) && t.Kind != jsontext.Object {
		r.Add(fault.E06Enum, "data", "must be an object")
		return
	}
	if r.spec == nil {
		return
	}
	n := len(r.spec.Fields)
	if cap(r.values) < n {
		r.values = make([]value, n, 64)
	}
	r.values = r.values[:n]
	clear(r.values)
	if t.Kind != jsontext.Object {
		if r.Op != Retract {
			r.Add(fault.E05Required, "data", "missing")
		}
		return
	}
	clear(c.d.toks[:n])
	c.collect()
	c.fields()
	if r.Op != Retract {
		c.order()
		c.ruled = r.spec.rules != nil
	}
}

// rules checks what fields, code and event demand of each other.
func (c *checker) rules() {
	if c.ruled {
		c.row.spec.rules(c)
	}
}

// maxUnknown bounds the unknown fields of one row that are warned of by name.
const maxUnknown = 16

// collect brings the members of the data object to the fields of the table.
func (c *checker) collect() {
	spec, guess, unknown := c.row.spec, 0, 0
	for _, m := range c.d.data {
		name := c.d.text(m.key)
		i := guess
		if guess >= len(spec.Fields) || spec.Fields[guess].Name != string(name) {
			i = -1
			if n, ok := spec.index[string(name)]; ok {
				i = int(n)
			}
		}
		switch {
		case i < 0:
			if unknown++; unknown <= maxUnknown {
				c.row.Add(fault.W13Column, c.clip(name), "no field of this kind, not kept")
			}
		case c.d.toks[i].Kind != jsontext.None:
			c.row.Add(fault.E06Enum, spec.Fields[i].Name, "given twice")
		default:
			c.d.toks[i] = m.value
			guess = i + 1
			if f := &spec.Fields[i]; f.TenThousand && f.Name != string(name) {
				c.wan |= 1 << i
			}
		}
	}
	if unknown > maxUnknown {
		c.row.Add(fault.W13Column, "", strconv.Itoa(unknown-maxUnknown)+" more fields of the row are none of this kind, not kept")
	}
}

// clip shortens the name of an unknown field for a message.
func (c *checker) clip(name []byte) string {
	s := string(name)
	if contacts, id := c.look(name, personal.Free); id || len(contacts) > 0 {
		return "…"
	}
	return clip(s, 64)
}
