package graph

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"credithub/schema/fault"
)

// limited runs a document through guards and validation and gives the error
// code, "" when it passed.
func limited(t *testing.T, s *Server, text string) string {
	t.Helper()
	_, errs := s.docs.Get([]byte(text))
	if errs == nil {
		return ""
	}
	return errs[0].Code()
}

// Each limit lets through what stands at it and refuses one more.
func TestEachLimitAtItsBound(t *testing.T) {
	h := newHub(t)
	f := func(name string, set func(*Limits), at, above string) {
		t.Helper()
		var l Limits
		set(&l)
		s := h.server(func(c *Config) { c.Limits = l })
		if c := limited(t, s, at); c != "" {
			t.Errorf("%s at the limit: %s", name, c)
		}
		if c := limited(t, s, above); c != "TOO_COMPLEX" {
			t.Errorf("%s above the limit: %q", name, c)
		}
		if n := counted(t, s, name); n != 1 {
			t.Errorf("%s: counted %v refusals", name, n)
		}
	}
	f("tokens", func(l *Limits) { l.Tokens = 8 }, "{lists{code nameZh}matters{code}}"[:19]+"}", "{lists{code nameZh nameEn serious}}")
	f("brackets", func(l *Limits) { l.Brackets = 3 }, "{sources{unit{code}}}", `{entity(uscc:"x"){entries{list{code}}}}`)
	f("depth", func(l *Limits) { l.Depth = 3 }, "{sources{unit{code}}}", `{entity(uscc:"x"){entries{list{code}}}}`)
	f("fields", func(l *Limits) { l.Fields = 4 }, "{lists{code nameZh nameEn}}", "{lists{code nameZh nameEn serious}}")
	f("aliases", func(l *Limits) { l.Aliases = 2 }, "{a:__typename b:__typename}", "{a:__typename b:__typename c:__typename}")
	f("fragments", func(l *Limits) { l.Fragments = 1 }, "{...{__typename}}", "{...{__typename}...{__typename}}")
	f("operations", func(l *Limits) { l.Operations = 1 }, "query A{__typename}", "query A{__typename}query B{__typename}")
	f("cost", func(l *Limits) { l.Cost = 300 }, `{search(text:"a",first:33){edges{node{name}}}}`, `{search(text:"a",first:34){edges{node{name} cursor}pageInfo{endCursor}}}`)
	f("cost", func(l *Limits) { l.Cost = 402 }, `{a:listEntries(first:1){totalCount}b:listEntries(first:1){totalCount}}`, `{a:listEntries(first:1){totalCount}b:listEntries(first:2){totalCount}}`)
	f("cost", func(l *Limits) { l.ChecksCost = 9 }, `{checks(usccs:["a","b","c"],matter:"m"){hits{obligation}}}`, `{checks(usccs:["a","b","c"],matter:"m"){hits{obligation} subject{name}}}`)
	f("arguments", func(l *Limits) { l.Arguments = 2 }, `{entity(uscc:"x"){records(first:1){totalCount}}}`, `{entity(uscc:"x"){records(first:1,domain:"tax"){totalCount}}}`)
	f("elements", func(l *Limits) { l.Elements = 2 }, `{checks(usccs:["a","b"],matter:"m"){uscc}}`, `{checks(usccs:["a","b","c"],matter:"m"){uscc}}`)
	f("variables", func(l *Limits) { l.Variables = 1 }, `query($a:ID!){entity(uscc:$a){uscc}}`, `query($a:ID!,$b:ID){entity(uscc:$a){uscc}}`)
	f("directives", func(l *Limits) { l.Directives = 1 }, `{__typename@include(if:true)}`, `{__typename@include(if:true)@skip(if:false)}`)
	f("depth", func(l *Limits) { l.IntrospectionDepth = 3 }, "{__schema{types{name}}}", "{__schema{types{fields{name}}}}")
	f("fields", func(l *Limits) { l.IntrospectionFields = 3 }, "{__schema{types{name kind}}}", "{__schema{types{name kind description}}}")
	f("cost", func(l *Limits) { l.IntrospectionCost = 41 }, "{__schema{types{name}}}", "{__schema{types{fields{name}}}}")
}

// The public waits for a place, whoever is signed in does not.
func TestThePublicTakesTheStoreFromNobody(t *testing.T) {
	s := newHub(t).server(func(c *Config) { c.Limits.PublicReads, c.Limits.Deadline = 1, 200*time.Millisecond })
	read := `{entity(uscc:"` + clearCode + `"){name}}`
	f := func(token, query, code string, counts float64) {
		t.Helper()
		if a := ask(t, s, token, query, nil); a.code() != code || counted(t, s, "public") != counts {
			t.Errorf("%q %s: %s; counted %v", token, query, a.raw, counted(t, s, "public"))
		}
	}
	f("", read, "", 0)
	s.front.Public <- struct{}{}
	f("", read, "TIMEOUT", 1)
	f("officer:SAMR", read, "", 1)
	f("", "{lists{code}purposes{code}}", "", 1) // of the policy
	<-s.front.Public
	f("", read, "", 1)
}

// Page sizes multiply: a variable counts as the largest page.
func TestCostMultiplies(t *testing.T) {
	s := newHub(t).server()
	f := func(text, code string) {
		t.Helper()
		if got := limited(t, s, text); got != code {
			t.Errorf("%s: %q, want %q", text, got, code)
		}
	}
	f(`{search(text:"a",first:100){edges{node{uscc name}}}}`, "")
	f(`{search(text:"a"){edges{node{records{edges{node{unit{code}}}}}}}}`, "")
	f(`{search(text:"a",first:100){edges{node{records(first:100){edges{node{id}}}}}}}`, "TOO_COMPLEX")
	f(`query($n:Int){search(text:"a",first:$n){edges{node{records(first:$n){edges{node{id}}}}}}}`, "TOO_COMPLEX")
	f(`query($u:[ID!]!){checks(usccs:$u,matter:"TENDER"){hits{entry{id}measure{code}}}}`, "")
	f(`query($u:[ID!]!){checks(usccs:$u,matter:"TENDER"){id outcome obligation uscc receipt asOf matter{code} subject{uscc name} hits{obligation measure{code citation} entry{id state list{code} decidedBy{code}}} staleSources{unit{code} domain}}}`, "")
	f(`query($u:[ID!]!){checks(usccs:$u,matter:"TENDER"){subject{entries{list{code} decidedBy{code}}}}}`, "")
	f(`query($u:[ID!]!){a:checks(usccs:$u,matter:"TENDER"){hits{entry{id} measure{code}}} b:checks(usccs:$u,matter:"TENDER"){subject{entries{list{code} decidedBy{code} id}}} c:checks(usccs:$u,matter:"TENDER"){subject{entries{list{code}}}}}`, "TOO_COMPLEX")
	f(`query($u:[ID!]!){checks(usccs:$u,matter:"TENDER"){subject{records(first:100){edges{node{id}}}}}}`, "TOO_COMPLEX")
	f(`{__schema{types{fields{type{fields{type{fields{name}}}}}}}}`, "TOO_COMPLEX")
}

// numbered repeats a format with its number.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// What is known to kill or to stall graphql-go ends at a guard, in time.
func TestKnownAttacks(t *testing.T) {
	s := newHub(t).server()
	f := func(name, text string, codes ...string) {
		t.Helper()
		start := time.Now()
		got := limited(t, s, text)
		for _, c := range codes {
			if got == c {
				d := time.Since(start)
				t.Logf("%s: %s", name, d)
				if d > 2*time.Second {
					t.Errorf("%s: refused only after %s", name, d)
				}
				return
			}
		}
		t.Errorf("%s: %q, want one of %v", name, got, codes)
	}
	f("fragments that spread each other", "{...a}fragment a on Query{...b}fragment b on Query{...a}", "BAD_INPUT")
	f("a fragment that spreads itself, unused", "{__typename}fragment a on Query{...a}", "BAD_INPUT")
	f("a circle through a field", "{...a}fragment a on Query{search(text:\"a\"){edges{node{...b}}}}fragment b on Entity{records{edges{node{...c}}}}fragment c on Record{unit{...c}}", "BAD_INPUT")
	f("brackets, 100 KB", "query($a:"+strings.Repeat("[", 100_000), "TOO_COMPLEX")
	f("brackets, 1 MB", strings.Repeat("[", 1_000_000), "TOO_COMPLEX")
	f("braces", strings.Repeat("{a", 1000), "TOO_COMPLEX")
	f("nested list value", `{checks(usccs:`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+`,matter:"a"){id}}`, "TOO_COMPLEX")
	f("nested self-reference", nest("__schema{types", "{fields{type", 200), "TOO_COMPLEX")
	f("3,200 inline fragments", "{"+strings.Repeat(strings.Repeat("...{", 8)+"__typename"+strings.Repeat("}", 8), 400)+"}", "TOO_COMPLEX")
	f("4,000 repeated fields", "{"+strings.Repeat("__typename ", 4000)+"}", "TOO_COMPLEX")
	f("1,900 repeated fields", "{"+strings.Repeat("__typename ", 1900)+"}", "TOO_COMPLEX")
	f("100 aliases", "{"+aliases(100)+"}", "TOO_COMPLEX")
	f("fragments that double", doubling(25), "TOO_COMPLEX")
	f("fragments that double without fields", doublingEmpty(25), "TOO_COMPLEX", "BAD_INPUT")
	f("many variables", "query("+strings.Repeat("$a:Int ", 700)+"){__typename}", "TOO_COMPLEX")
	f("an object of 480 keys", `{search(text:{`+numbered("a%d:1 ", 480)+`}){totalCount}}`, "TOO_COMPLEX")
	f("480 arguments", `{search(text:"a" `+numbered("a%d:1 ", 480)+`){totalCount}}`, "TOO_COMPLEX")
	f("900 directives", `{__typename `+strings.Repeat("@a ", 900)+`}`, "TOO_COMPLEX")
	f("900 elements of a wrong type", `{checks(usccs:[`+strings.Repeat("1.5 ", 900)+`],matter:"a"){id}}`, "TOO_COMPLEX")
	f("500 elements of a wrong type", `{checks(usccs:[`+strings.Repeat("1.5 ", 500)+`],matter:"a"){id}}`, "BAD_INPUT")
	f("290 unknown fields", `{`+numbered("chek%d ", 290)+`}`, "BAD_INPUT")
	f("unknown types", `query(`+numbered("$a%d:Chek ", 30)+`){__typename}`, "BAD_INPUT")
	f("31 variables", `query(`+numbered("$a%d:Int ", 31)+`){__typename}`, "TOO_COMPLEX")
	f("unterminated string", `{entity(uscc:"`, "BAD_INPUT")
	f("unterminated block string", `{entity(uscc:"""`, "BAD_INPUT")
	f("a mutation", "mutation{__typename}", "BAD_INPUT")
	f("a subscription", "subscription{__typename}", "BAD_INPUT")
	f("a schema", "type Query{a:Int}", "BAD_INPUT")
	f("nothing", "", "BAD_INPUT")
	f("only a fragment", "fragment a on Query{__typename}", "BAD_INPUT")
	f("a variable without a type", "query($A:){A}", "BAD_INPUT")
	f("a NUL", "{\x00}", "BAD_INPUT")
}

func nest(head, level string, n int) string {
	return "{" + head + strings.Repeat(level, n) + "{name}" + strings.Repeat("}", 2*n+2)
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d:__typename ", i)
	}
	return b.String()
}

func doubling(n int) string {
	b := "{...f0}"
	for i := range n {
		b += fmt.Sprintf("fragment f%d on Query{...f%d ...f%d}", i, i+1, i+1)
	}
	return b + fmt.Sprintf("fragment f%d on Query{__typename}", n)
}

func doublingEmpty(n int) string {
	b := "{...f0}"
	for i := range n {
		b += fmt.Sprintf("fragment f%d on Query{...f%d ...f%d}", i, i+1, i+1)
	}
	return b
}

// Whatever the text, guards and parser end without a panic, and what passes is
// answered.
func FuzzGuards(f *testing.F) {
	for _, q := range []string{
		"{__typename}", "{...a}fragment a on Query{...a}", `{check(uscc:"x",matter:"y"){id hits{entry{list{code}}}}}`,
		"query($u:[ID!]!){checks(usccs:$u,matter:\"m\"){id}}", `{a:lists{code}...{b:lists{nameZh}}}`, "{\"\"\"", "[[[[[[", "{__schema{types{name}}}", "query($A:){A}",
	} {
		f.Add(q)
	}
	h := newHub(f)
	s := h.server()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > s.front.Limits.BodyBytes {
			return
		}
		doc, errs := s.docs.Get([]byte(text))
		if passed := doc != nil && doc.Op != nil; passed != (errs == nil) {
			t.Fatal("neither document nor errors")
		}
		for _, e := range errs {
			if e.Kind == fault.Internal {
				t.Errorf("%q: %s", text, e.Message)
			}
		}
		if errs == nil {
			if a := ask(t, s, "officer", text, nil); a.raw == "" {
				t.Error("no answer")
			}
		}
	})
}
