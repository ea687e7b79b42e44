package record

import (
	"unicode/utf8"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/jsontext"
	"credithub/schema/personal"
	"credithub/schema/uscc"

	"github.com/zeebo/xxh3"
)

// Limits of the envelope.
const (
	MaxRecordID = 128 // characters
	MaxDepth    = 32  // objects and arrays of a row inside one another
	MaxVersion  = 1<<31 - 1
	maxUnits    = 4096 // unit codes that a decoder interns
	kafkaExtra  = 1024 // room for the unit that the gateway adds to a row
)

// Decoder decodes rows one after another and keeps its room between them. It
// is not safe for use by several goroutines.
type Decoder struct {
	noService func(list string) bool
	warn      func(row *Row)
	trustUnit bool
	heartbeat bool

	s       jsontext.Scanner
	c       checker
	arena   []byte // unescaped texts and canonical arrays
	out     []byte // what is hashed; Data is its tail
	env     [envEnd]jsontext.Token
	twice   uint16 // envelope fields given twice
	toks    [64]jsontext.Token
	data    []member
	strange []jsontext.Token // names beside those of the envelope
	units   map[string]string

	finder personal.Finder
	spans  []personal.Span
}

// An envelope field that doesn't fit the bits of Decoder.twice doesn't compile.
const _ = uint(16 - envEnd)

// member is a name and its value in the data object.
type member struct{ key, value jsontext.Token }

// maxMembers bounds the room for members that a decoder keeps between rows.
const maxMembers = 1024

// Option changes what a Decoder accepts.
type Option func(*Decoder)

// Kafka accepts what the hub's own topics carry besides: the unit in the
// envelope, and heartbeats.
func Kafka() Option { return func(d *Decoder) { d.trustUnit, d.heartbeat = true, true } }

// NoService names the lists whose entries take effect without service (送达): an
// event IN_FORCE of these needs no servedOn. That is the law's, so the hub's own
// decoders ask the policy; a decoder that is not told demands no service.
func NoService(f func(list string) bool) Option {
	return func(d *Decoder) { d.noService = f }
}

// Warn is told each decision record of event and dates that can be read, and adds
// what the law makes of it (W07–W10).
func Warn(f func(row *Row)) Option { return func(d *Decoder) { d.warn = f } }

// NewDecoder makes a decoder for pushed rows; see Kafka for those of topics.
func NewDecoder(opts ...Option) *Decoder {
	d := &Decoder{units: map[string]string{}}
	for _, o := range opts {
		o(d)
	}
	return d
}

// Envelope fields by number.
const (
	envDomain = iota
	envKind
	envRecordID
	envVersion
	envOp
	envUSCC
	envOccurredOn
	envData
	envUnit
	envAt
	envEnd
)

var envNames = [envEnd]string{"domain", "kind", "recordId", "version", "op", "uscc", "occurredOn", "data", "unit", "at"}

func envField(key []byte) int {
	switch string(key) {
	case "domain":
		return envDomain
	case "kind":
		return envKind
	case "recordId":
		return envRecordID
	case "version":
		return envVersion
	case "op":
		return envOp
	case "uscc":
		return envUSCC
	case "occurredOn":
		return envOccurredOn
	case "data":
		return envData
	case "unit":
		return envUnit
	case "at":
		return envAt
	}
	return -1
}

// Decode reads one row and notes every fault in it; today is the civil day of
// China. It never fails: what can't be read at all is E13 with an empty field.
// The row's slices hold until the next call.
func (d *Decoder) Decode(raw []byte, today civil.Date, row *Row) {
	row.reset()
	d.arena = d.arena[:0]
	limit := MaxRow
	if d.trustUnit {
		limit += kafkaExtra
	}
	if len(raw) > limit {
		row.Add(fault.E13Catalogue, "", "the row is over 1 MiB")
		return
	}
	if !utf8.Valid(raw) {
		row.Add(fault.E13Catalogue, "", "the row is not UTF-8")
		return
	}
	d.s = jsontext.NewScanner(raw, MaxDepth)
	if !d.envelope() {
		row.Add(fault.E13Catalogue, "", d.s.Err().Error())
		return
	}
	c := &d.c
	*c = checker{d: d, row: row, today: today}
	c.head()
	if row.Op == Heartbeat {
		return
	}
	c.beside()
	c.data()
	c.subject()
	c.rules()
	d.finish(row)
}

// envelope scans the whole row as JSON and notes where each field stands.
func (d *Decoder) envelope() bool {
	s := &d.s
	d.env, d.twice = [envEnd]jsontext.Token{}, 0
	d.data, d.strange = d.data[:0], d.strange[:0]
	more, ok := s.Open(jsontext.Object)
	for more && ok {
		var t, v jsontext.Token
		if t, ok = s.Key(); !ok {
			return false
		}
		f := envField(d.text(t))
		if f == envData && s.Peek() == '{' {
			v, ok = d.members()
		} else {
			v, ok = s.Value()
		}
		if !ok {
			return false
		}
		if f < 0 {
			d.strange = append(d.strange, t)
		} else {
			if d.env[f].Kind != jsontext.None {
				d.twice |= 1 << f
			}
			d.env[f] = v
		}
		more, ok = s.Next(jsontext.Object)
	}
	return ok && s.End()
}

// members notes where each member of the data object stands; the last data
// object counts.
func (d *Decoder) members() (t jsontext.Token, ok bool) {
	s := &d.s
	if d.data = d.data[:0]; cap(d.data) > maxMembers {
		d.data = nil
	}
	more, ok := s.Open(jsontext.Object)
	for more && ok {
		var m member
		if m.key, ok = s.Key(); !ok {
			break
		}
		if m.value, ok = s.Value(); !ok {
			break
		}
		d.data = append(d.data, m)
		more, ok = s.Next(jsontext.Object)
	}
	return jsontext.Token{Kind: jsontext.Object}, ok
}

// text is the text of a scalar token.
func (d *Decoder) text(t jsontext.Token) []byte {
	if t.Escaped {
		return d.unescape(t)
	}
	return d.s.Raw(t)
}

func (d *Decoder) unescape(t jsontext.Token) []byte {
	from := len(d.arena)
	d.arena = d.s.AppendText(d.arena, t)
	return d.since(from)
}

// since is what was appended to the arena behind a place; to append to it moves it.
func (d *Decoder) since(from int) []byte { return d.arena[from:len(d.arena):len(d.arena)] }

func (d *Decoder) intern(unit []byte) string {
	if u, ok := d.units[string(unit)]; ok {
		return u
	}
	u := string(unit)
	if len(d.units) < maxUnits {
		d.units[u] = u
	}
	return u
}

// begin starts the canonical form: what the hash covers besides Data.
func (d *Decoder) begin(row *Row) {
	d.out = append(d.out[:0], row.Kind...)
	d.out = append(d.out, 0, byte(row.Op))
	d.out = append(d.out, row.USCC...)
	d.out = append(d.out, 0, byte(row.OccurredOn), byte(row.OccurredOn>>8), byte(row.OccurredOn>>16), byte(row.OccurredOn>>24))
}

// finish writes Data and Hash of a row without rejections.
func (d *Decoder) finish(row *Row) {
	d.begin(row)
	from := len(d.out)
	if row.spec != nil && (row.Op == Upsert || d.env[envData].Kind == jsontext.Object) {
		d.appendData(row)
	}
	row.Data = d.out[from:]
	row.Hash = xxh3.Hash(d.out)
}

func (d *Decoder) appendData(row *Row) {
	d.out = append(d.out, '{')
	for i := range row.values {
		v := &row.values[i]
		if !v.set {
			continue
		}
		f := &row.spec.Fields[i]
		d.out = append(jsontext.AppendComma(d.out), f.prefix...)
		switch t := &d.toks[i]; {
		case f.Type.Number() || f.Type == Texts || f.Type == Objects:
			d.out = append(d.out, v.text...)
		case t.Escaped:
			d.out = jsontext.AppendString(d.out, v.text)
		default:
			d.out = jsontext.AppendPlain(d.out, v.text)
		}
	}
	d.out = append(d.out, '}')
}

// absentCode tells whether a code stands for "no code".
func absentCode(code []byte) bool { return len(code) == 0 || uscc.Placeholder(code) }
