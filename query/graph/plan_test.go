package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/parser"
	"pgregory.net/rapid"

	"credithub/query/graph/plan"
	"credithub/schema/graphql"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// pair is two endpoints over the same hub: one with plans, one without.
type pair struct {
	planned, executed *Server
	h                 *hub
	types             map[string][]answerField
}

func newPair(t testing.TB) *pair {
	h := newHub(t)
	h.sayFacts()
	h.sameSeq = true
	h.stale = []policy.Source{{Unit: "SAMR", Domain: record.Decision}, {Unit: "COURT", Domain: record.Decision}}
	wide := func(c *Config) { c.Limits = Limits{Aliases: 1000, Fragments: 200, Cost: 100_000} }
	p := &pair{planned: h.server(wide), executed: h.wired(false, wide), h: h}
	p.types = answerTypes(t, p.planned)
	return p
}

// compare answers a body both ways and wants the same bytes. Where several root
// fields fail, graphql-go names one of them at random: then only their failing
// has to agree.
func (p *pair) compare(t testing.TB, body []byte) (planned bool) {
	var r struct{ Query string }
	_ = json.Unmarshal(body, &r)
	doc, errs := p.executed.docs.Get([]byte(r.Query))
	if errs != nil { // suggestions in graphql-go's errors come in random order
		return false
	}
	before := value(t, p.planned.met.Planned)
	a, b := post(t, p.planned, "officer:SAMR", body), post(t, p.executed, "officer:SAMR", body)
	planned = value(t, p.planned.met.Planned) > before
	if a.raw == b.raw && a.status == b.status {
		return planned
	}
	if string(a.Data) == "null" && string(b.Data) == "null" && len(a.Errors) > 0 && len(b.Errors) > 0 {
		if len(doc.Shape.Fields) > 1 {
			return planned
		}
	}
	t.Fatalf("body    %s\nplanned %d %s\nexecute %d %s", body, a.status, a.raw, b.status, b.raw)
	return planned
}

// answerField is a field of a type that an answer to a check is made of.
type answerField struct {
	name    string
	typ     string // of its selection; "" for leaves
	planned bool   // alone, a plan answers it
}

// answerTypes are the types below check, with their fields that take no arguments.
func answerTypes(t testing.TB, s *Server) map[string][]answerField {
	t.Helper()
	objects := map[string]*ast.ObjectDefinition{}
	tree, err := parser.Parse(parser.ParseParams{Source: graphql.SDL()[strings.Index(graphql.SDL(), "schema {"):]})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range tree.Definitions {
		if o, ok := d.(*ast.ObjectDefinition); ok {
			objects[o.Name.Value] = o
		}
	}
	all := map[string][]answerField{}
	var visit func(typ, before, after string)
	visit = func(typ, before, after string) {
		if all[typ] != nil {
			return
		}
		all[typ] = []answerField{}
		for _, f := range objects[typ].Fields {
			if len(f.Arguments) > 0 {
				continue
			}
			x, below := answerField{name: f.Name.Value}, "{__typename}"
			if in := named(f.Type); objects[in] != nil {
				x.typ = in
			} else {
				below = ""
			}
			doc, errs := s.docs.Get([]byte(before + x.name + below + after))
			if errs != nil {
				t.Fatal(x.name, errs)
			}
			x.planned = doc.Plan != nil
			all[typ] = append(all[typ], x)
			if x.typ != "" && x.planned {
				visit(x.typ, before+x.name+"{", "}"+after)
			}
		}
	}
	visit("Check", `{check(uscc:"`+listedCode+`",matter:"TENDER"){`, "}}")
	for _, fields := range all {
		for _, f := range fields {
			if f.typ != "" && all[f.typ] == nil { // only Execute comes there
				all[f.typ] = []answerField{{name: "__typename", planned: true}}
				for _, x := range objects[f.typ].Fields {
					if objects[named(x.Type)] == nil && len(x.Arguments) == 0 {
						all[f.typ] = append(all[f.typ], answerField{name: x.Name.Value, planned: true})
					}
				}
			}
		}
	}
	return all
}

func named(t ast.Type) string {
	switch t := t.(type) {
	case *ast.NonNull:
		return named(t.Type)
	case *ast.List:
		return named(t.Type)
	case *ast.Named:
		return t.Name.Value
	}
	return ""
}

// Each field below check, alone, is answered alike, and those that need nothing but
// the index by a plan.
func TestEachFieldOfACheck(t *testing.T) {
	p := newPair(t)
	left := []string{"Check.subject", "ListEntry.toldBy", "Record.data", "Record.eventEn", "Record.eventZh", "Record.occurredOn", "Record.recordedAt", "Record.withheld", "Source.accepted", "Source.rejected"}
	var unplanned []string
	var visit func(typ, before, after string)
	visit = func(typ, before, after string) {
		for _, f := range p.types[typ] {
			if !f.planned {
				unplanned = append(unplanned, typ+"."+f.name)
			}
			if f.typ != "" && f.planned {
				visit(f.typ, before+f.name+"{", "}"+after)
				continue
			}
			below := ""
			if f.typ != "" {
				below = "{__typename}"
			}
			for _, code := range []string{listedCode, factCode, unknownCode} {
				body, _ := json.Marshal(map[string]any{"query": fmt.Sprintf(before, code) + f.name + below + after})
				if got := p.compare(t, body); got != f.planned {
					t.Errorf("%s.%s: planned %v", typ, f.name, got)
				}
			}
		}
	}
	visit("Check", `{check(uscc:"%s",matter:"INVOICE_SUPPLY"){`, "}}")
	slices.Sort(unplanned)
	if got := slices.Compact(unplanned); !slices.Equal(got, left) {
		t.Errorf("left to Execute: %v", got)
	}
}

// gen writes random documents.
type gen struct {
	t     *rapid.T
	types map[string][]answerField
	frags []string
	keys  int
}

func (g *gen) chance(percent int, what string) bool {
	return g.below(100, what) < percent
}

// below is evenly spread, where rapid itself prefers small numbers.
func (g *gen) below(n int, what string) int {
	hi, _ := bits.Mul64((rapid.Uint64().Draw(g.t, what)+1)*0x9E3779B97F4A7C15, uint64(n))
	return int(hi)
}

func (g *gen) selection(typ string, depth int) string {
	var b strings.Builder
	b.WriteString("{")
	n := rapid.IntRange(1, 4).Draw(g.t, "fields")
	for range n {
		g.part(&b, typ, depth)
	}
	b.WriteString("}")
	return b.String()
}

func (g *gen) part(b *strings.Builder, typ string, depth int) {
	kind := g.below(100, "part")
	switch {
	case kind < 6 && depth > 0:
		b.WriteString("...")
		if g.chance(95, "condition") {
			b.WriteString(" on " + typ)
		}
		g.directive(b)
		b.WriteString(g.selection(typ, depth-1))
	case kind < 12 && depth > 0:
		name := fmt.Sprintf("f%d", len(g.frags))
		g.frags = append(g.frags, "")
		g.frags[len(g.frags)-1] = "" // keep the number while the body is written
		i := len(g.frags) - 1
		g.frags[i] = "fragment " + name + " on " + typ + g.selection(typ, depth-1)
		b.WriteString("..." + name + " ")
	case kind < 20:
		g.alias(b)
		b.WriteString("__typename ")
	default:
		fields := g.types[typ]
		f := fields[g.below(len(fields), "field")]
		if !f.planned && !g.chance(4, "unplanned") {
			f = fields[0]
		}
		g.alias(b)
		b.WriteString(f.name)
		g.directive(b)
		if f.typ != "" {
			b.WriteString(g.selection(f.typ, depth-1))
		}
		b.WriteString(" ")
	}
}

func (g *gen) alias(b *strings.Builder) {
	if g.chance(97, "alias") {
		g.keys++
		fmt.Fprintf(b, "k%d:", g.keys)
	}
}

func (g *gen) directive(b *strings.Builder) {
	if g.chance(1, "directive") {
		b.WriteString(rapid.SampledFrom([]string{"@include(if:true)", "@skip(if:false)", "@skip(if:true)", "@include(if:false)"}).Draw(g.t, "which"))
	}
}

// body writes a document and its variables.
func (g *gen) body() []byte {
	vars, decl := map[string]any{}, []string{}
	arg := func(name, typ string, required bool, values ...any) string {
		v := values[g.below(len(values), name)]
		if !required && g.chance(40, "leave out") {
			return ""
		}
		if !g.chance(60, "variable") {
			if v == nil {
				return ""
			}
			raw, _ := json.Marshal(v)
			return name + ":" + string(raw) + " "
		}
		d := "$" + name + ":" + typ
		if required {
			d += "!"
		} else if g.chance(30, "default") {
			d += ` = "` + map[string]string{"caseNo": "A-1", "after": g2receipt, "asOf": "2026-11-21T09:00:00Z"}[name] + `"`
		}
		decl = append(decl, d)
		if !g.chance(4, "missing") {
			vars[name] = v
		}
		return name + ":$" + name + " "
	}
	const m = "matter"
	var b strings.Builder
	args := arg(m, "ID", true, "GOVERNMENT_PROCUREMENT", "SIMPLE_DEREGISTRATION", "INVOICE_SUPPLY", "LAND_AUCTION", "NO_SUCH", "") +
		arg("caseNo", "String", false, "A-1", "", "关于“某”的\n案", nil) +
		arg("after", "String", false, g2receipt, "nonsense", nil)
	if g.chance(60, "check") {
		args += arg("uscc", "ID", true, listedCode, factCode, clearCode, unknownCode, clearCode, listedCode, "bad", 17)
		if g.chance(15, "asOf") {
			args += arg("asOf", "DateTime", false, nil, nil, "2026-11-21T09:00:00Z")
		}
		g.alias(&b)
		b.WriteString("check(" + args + ")")
	} else {
		args += arg("usccs", "[ID!]", true, []string{listedCode, clearCode, factCode}, []string{}, []string{unknownCode}, []string{listedCode, "bad"}, []string{"", clearCode, "91420100MA4N0A2B5X", "bad"}, clearCode)
		g.alias(&b)
		b.WriteString("checks(" + args + ")")
	}
	b.WriteString(g.selection("Check", 4))
	if g.chance(15, "second root") {
		b.WriteString(" x:__typename")
	}
	text := "query"
	if g.chance(50, "name") {
		text += " Q"
	}
	if len(decl) > 0 {
		text += "(" + strings.Join(decl, ",") + ")"
	}
	text += "{" + b.String() + "}" + strings.Join(g.frags, " ")
	out, _ := json.Marshal(map[string]any{"query": text, "variables": vars})
	return out
}

// g2receipt is a receipt of the tests' hub.
var g2receipt = (&hub{}).Receipt()

// A plan answers byte for byte what graphql-go answers.
func TestPlanAnswersAsExecute(t *testing.T) {
	p := newPair(t)
	planned, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		g := &gen{t: t, types: p.types}
		all++
		if p.compare(p.h.t, g.body()) {
			planned++
		}
	})
	if planned*3 < all {
		t.Errorf("only %d of %d documents had a plan", planned, all)
	}
}

// The same for documents that a fuzzer finds.
func FuzzPlanAnswersAsExecute(f *testing.F) {
	for _, body := range []string{
		`{"query":"{check(uscc:\"` + listedCode + `\",matter:\"TENDER\"){id a:outcome ...f}} fragment f on Check{hits{entry{id}}}"}`,
		`{"query":"query($u:ID!){check(uscc:$u,matter:\"TENDER\"){uscc hits{entry{documentNo}}}}","variables":{"u":"` + listedCode + `"}}`,
		`{"query":"query($u:[ID!]!){checks(usccs:$u,matter:\"TENDER\"){id asOf}}","variables":{"u":["` + listedCode + `"]}}`,
	} {
		f.Add([]byte(body))
	}
	p := newPair(f)
	f.Fuzz(func(t *testing.T, body []byte) { p.compare(t, body) })
}

func TestPlansAreMade(t *testing.T) {
	s := newHub(t).server()
	f := func(text string, want bool) {
		t.Helper()
		doc, errs := s.docs.Get([]byte(text))
		if errs != nil {
			t.Fatalf("%s: %v", text, errs)
		}
		if (doc.Plan != nil) != want {
			t.Errorf("%s: plan %v", text, doc.Plan != nil)
		}
	}
	f(checkQuery, true)
	f(`{check(uscc:"a",matter:"b"){__typename id}}`, true)
	f(`{t:__typename a:check(uscc:"a",matter:"b"){id} b:check(uscc:"a",matter:"b"){id}}`, true)
	f(`{checks(usccs:["a","b"],matter:"b"){id}}`, true)
	f(`query($a:String="x"){check(uscc:"a",matter:"b",after:$a){id}}`, true)
	f(`{...f}fragment f on Query{check(uscc:"a",matter:"b"){...on Check{id}}}`, true)
	f(`{check(uscc:"a",matter:"b"){subject{name}}}`, false)
	f(`{check(uscc:"a",matter:"b"){staleSources{accepted}}}`, false)
	f(`{check(uscc:"a",matter:"b"){id@include(if:true)}}`, false)
	f(`{check(uscc:"a",matter:"b"){id id}}`, false)
	f(`{check(uscc:1,matter:"b"){id}}`, false)
	f(`{check(uscc:"a",matter:"b"){id}lists{code}}`, false)
	f(`{__typename}`, false)
}

// A hot request costs few allocations of its own.
func TestPlanAllocatesLittle(t *testing.T) {
	h := newHub(t)
	s := h.server(func(c *Config) { c.Auditor = discard{} })
	body, _ := json.Marshal(map[string]any{"query": checkQuery, "variables": map[string]any{"u": clearCode, "m": "GOVERNMENT_PROCUREMENT"}})
	x := &plan.Call{Now: testNow}
	x.By, _ = h.Verify(t.Context(), "officer:SAMR")
	n := testing.AllocsPerRun(200, func() {
		x.Request.Reset()
		if err := x.Request.Decode(body); err != nil {
			t.Fatal(err)
		}
		doc, _ := s.docs.Get(x.Request.Query)
		if err := s.plans.Run(t.Context(), doc.Plan, x); err != nil || !bytes.Contains(x.Out, []byte("CLEAR")) {
			t.Fatal(err, string(x.Out))
		}
	})
	if n > 10 {
		t.Errorf("%v allocations a request", n)
	}
	t.Logf("%v allocations a request", n)
}
