package gen

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/jsontext"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// Config says what to make. Rates are shares of the plain rows.
type Config struct {
	Entities    int
	Seed        uint64
	Today       civil.Date // all dates lie on or before it
	Restricted  float64    // share of entities with list entries; 0 means 0.1
	Faults      float64    // rows with one fault each, pushed beside good ones
	Duplicates  float64    // rows pushed a second time as they are
	Corrections float64    // rows followed by a higher version
}

// Item is one row as a unit pushes it.
type Item struct {
	Unit   string
	Domain record.Domain
	Line   []byte // one JSON object without line feed

	RecordID string
	Version  int
	Want     fault.Code // code that the row must be rejected with; "" when it is good
	Entry    string     // id of the list entry that a good decision row speaks of
	Last     bool       // no later row speaks of that entry
}

// Generator makes entities one after another and keeps the truth about them.
type Generator struct {
	cfg   Config
	rng   *rand.Rand
	truth Truth
	out   func(Item) error
	seen  map[string]bool
}

// New makes a generator.
func New(cfg Config) *Generator {
	cfg.Restricted = cmp.Or(cfg.Restricted, 0.1)
	g := &Generator{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x6372656469746875)), seen: map[string]bool{}}
	g.truth = newTruth(cfg)
	return g
}

// Run makes all entities and hands every row to out, in the order in which units
// push them. It stops at out's first error.
func (g *Generator) Run(out func(Item) error) (*Truth, error) {
	g.out = out
	for i := range g.cfg.Entities {
		if err := g.entity(i); err != nil {
			return nil, err
		}
	}
	return &g.truth, nil
}

// subject is one entity while it is being made.
type subject struct {
	code, name, entityType, legal, scope, industry, domicile string
	division                                                 *division
	founded                                                  civil.Date
}

func (g *Generator) entity(i int) error {
	s := g.subject()
	if err := g.registration(s); err != nil {
		return err
	}
	if err := g.tax(s); err != nil {
		return err
	}
	if err := g.insurance(s); err != nil {
		return err
	}
	if err := g.bank(s); err != nil {
		return err
	}
	g.truth.Entities++
	if i < 3 || g.rng.Float64() < g.cfg.Restricted { // a tiny set has entries too
		return g.entries(s)
	}
	return nil
}

func pick[T any](g *Generator, from []T) T { return from[g.rng.IntN(len(from))] }

func (g *Generator) subject() *subject {
	p := &divisions[g.rng.IntN(len(divisions))]
	form, n := forms[0], g.rng.IntN(100)
	for _, f := range forms {
		if n -= f.weight; n < 0 {
			form = f
			break
		}
	}
	s := &subject{division: p, entityType: form.entityType, founded: g.cfg.Today - 200 - civil.Date(g.rng.IntN(365*15))}
	for s.code == "" || g.seen[s.code] {
		s.code = uscc.Random(g.rng, p.code, form.pair)
	}
	g.seen[s.code] = true
	t := pick(g, trades)
	brand := string(pick(g, brandA)) + string(pick(g, brandB))
	if g.rng.IntN(4) == 0 {
		brand += string(pick(g, brandA))
	}
	s.name = p.prefix + brand + t.word + form.suffix
	s.industry, s.scope = t.industry, t.scope
	s.legal = g.person()
	s.domicile = fmt.Sprintf("%s%s%s%d号", p.city, pick(g, p.districts), pick(g, p.streets), 1+g.rng.IntN(899))
	return s
}

func (g *Generator) person() string {
	n := string(pick(g, surnames)) + string(pick(g, givenA))
	if g.rng.IntN(3) > 0 {
		n += string(pick(g, givenB))
	}
	return n
}

func (g *Generator) day(from civil.Date) civil.Date {
	span := int(g.cfg.Today - from)
	if span <= 0 {
		return g.cfg.Today
	}
	return from + civil.Date(g.rng.IntN(span+1))
}

// fields is the data object of a row, in order.
type fields []string

func (f *fields) str(k, v string) { *f = append(*f, member(k, v)) }
func (f *fields) num(k string, v int) {
	*f = append(*f, fmt.Sprintf("%q:%d", k, v))
}

// member is a text under its name.
func member(name, text string) string {
	return string(jsontext.AppendString(append(jsontext.AppendPlain(nil, name), ':'), text))
}

// get is the text of a field, "" when there is none.
func (f fields) get(k string) string {
	for _, s := range f {
		if v, ok := strings.CutPrefix(s, `"`+k+`":"`); ok {
			return strings.TrimSuffix(v, `"`)
		}
	}
	return ""
}

// row is one version of one record.
type row struct {
	unit         string
	domain       record.Domain
	kind, id, op string
	version      int
	code         string
	on           civil.Date
	data         fields
	entry        string // id of the list entry, of decisions
	last         bool   // the last that is heard of it
}

func (r *row) json() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"domain":%q,"kind":%q,"recordId":%q,"version":%d,"op":%q,"uscc":%q,"occurredOn":%q`,
		r.domain, r.kind, r.id, r.version, r.op, r.code, r.on.String())
	if len(r.data) > 0 {
		fmt.Fprintf(&b, `,"data":{%s}`, strings.Join(r.data, ","))
	}
	b.WriteByte('}')
	return []byte(b.String())
}

// push hands out a row, and with the configured rates a fault beside it, the
// same row again, or a correction after it. correct changes the data of the
// higher version and may be nil.
func (g *Generator) push(r row, correct func(fields) fields) error {
	r.version = cmp.Or(r.version, 1)
	r.op = cmp.Or(r.op, "upsert")
	if g.rng.Float64() < g.cfg.Faults {
		if err := g.fault(r); err != nil {
			return err
		}
	}
	if err := g.accept(r); err != nil {
		return err
	}
	if g.rng.Float64() < g.cfg.Duplicates {
		g.truth.Duplicates++
		if err := g.emit(r, ""); err != nil {
			return err
		}
	}
	if correct != nil && g.rng.Float64() < g.cfg.Faults/4 {
		if err := g.contradict(r, correct); err != nil {
			return err
		}
	}
	if correct != nil && g.rng.Float64() < g.cfg.Corrections {
		r.version++
		r.data = correct(r.data)
		return g.accept(r)
	}
	return nil
}

func (g *Generator) accept(r row) error {
	g.truth.accept(r)
	return g.emit(r, "")
}

func (g *Generator) emit(r row, want fault.Code) error {
	it := Item{Unit: r.unit, Domain: r.domain, Line: r.json(), RecordID: r.id, Version: r.version, Want: want}
	if want == "" {
		it.Entry, it.Last = r.entry, r.last
	}
	return g.out(it)
}
