package graph

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"credithub/schema/graphql"
)

const typeRef = `kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name}}}}`

const introspectionQuery = `{__schema{description queryType{name} types{kind name description specifiedByURL fields(includeDeprecated:true){name description args(includeDeprecated:true){name description type{` + typeRef + `} defaultValue isDeprecated deprecationReason} type{` + typeRef + `} isDeprecated} enumValues(includeDeprecated:true){name description}} directives{name isRepeatable locations args{name}}}}`

type introType struct {
	Kind, Name  string
	OfType      *introType
	Description string
	// of full types
	SpecifiedByURL string
	Fields         []introField
	EnumValues     []introField
}

type introField struct {
	Name, Description string
	Args              []introField
	Type              *introType
	DefaultValue      *string
}

func (t *introType) ref() string {
	switch t.Kind {
	case "NON_NULL":
		return t.OfType.ref() + "!"
	case "LIST":
		return "[" + t.OfType.ref() + "]"
	}
	return t.Name
}

// What introspection tells, printed as SDL, is schema.graphql to the byte.
func TestServerIsWhatTheFileSays(t *testing.T) {
	h := newHub(t)
	a := ask(t, h.server(), "", introspectionQuery, nil)
	var d struct {
		Schema struct {
			Description string
			QueryType   struct{ Name string }
			Types       []introType
		} `json:"__schema"`
	}
	if err := json.Unmarshal(a.Data, &d); err != nil || len(a.Errors) > 0 {
		t.Fatal(a.raw[:min(500, len(a.raw))])
	}
	types := map[string]*introType{}
	for i := range d.Schema.Types {
		types[d.Schema.Types[i].Name] = &d.Schema.Types[i]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\"\"\"\n%s\n\"\"\"\nschema {\n  query: %s\n}\n", d.Schema.Description, d.Schema.QueryType.Name)
	for _, name := range declared() {
		x := types[name]
		if x == nil {
			t.Fatalf("%s is not served", name)
		}
		delete(types, name)
		printType(&b, x)
	}
	for name := range types {
		switch {
		case strings.HasPrefix(name, "__"), name == "ID", name == "String", name == "Int", name == "Boolean", name == "Float":
		default:
			t.Errorf("%s is served but not in the file", name)
		}
	}
	if got, want := b.String(), graphql.SDL(); got != want {
		g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				t.Fatalf("line %d: served %q, file %q", i+1, g[i], w[i])
			}
		}
		t.Fatal("lengths differ")
	}
}

// declared lists the types of the file in its order.
func declared() (names []string) {
	for line := range strings.SplitSeq(graphql.SDL(), "\n") {
		w := strings.Fields(line)
		if len(w) > 1 && (w[0] == "type" || w[0] == "enum" || w[0] == "scalar") && line[0] != ' ' {
			names = append(names, w[1])
		}
	}
	return names
}

func printType(b *strings.Builder, x *introType) {
	fmt.Fprintf(b, "\n\"%s\"\n", x.Description)
	switch x.Kind {
	case "SCALAR":
		fmt.Fprintf(b, "scalar %s @specifiedBy(url: %q)\n", x.Name, x.SpecifiedByURL)
		return
	case "ENUM":
		fmt.Fprintf(b, "enum %s {\n", x.Name)
		for _, v := range x.EnumValues {
			fmt.Fprintf(b, "  \"%s\"\n  %s\n", v.Description, v.Name)
		}
	default:
		fmt.Fprintf(b, "type %s {\n", x.Name)
		for _, name := range fieldOrder(x.Name) {
			printField(b, x.field(name))
		}
	}
	b.WriteString("}\n")
}

func (t *introType) field(name string) *introField {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return &introField{Name: name, Type: &introType{Name: "missing"}}
}

// fieldOrder is the order of fields in the file; introspection sorts them.
func fieldOrder(typ string) (names []string) {
	_, body, _ := strings.Cut(graphql.SDL(), "\ntype "+typ+" {\n")
	body, _, _ = strings.Cut(body, "\n}\n")
	for line := range strings.SplitSeq(body, "\n") {
		if strings.HasPrefix(line, "  ") && line[2] != ' ' && line[2] != '"' && line[2] != ')' {
			names = append(names, strings.TrimSpace(line[:strings.IndexAny(line, "(:")]))
		}
	}
	return names
}

func printField(b *strings.Builder, f *introField) {
	fmt.Fprintf(b, "  \"%s\"\n  %s", f.Description, f.Name)
	if len(f.Args) > 0 {
		b.WriteString("(\n")
		for _, a := range f.Args {
			fmt.Fprintf(b, "    \"%s\"\n    %s: %s", a.Description, a.Name, a.Type.ref())
			if a.DefaultValue != nil {
				b.WriteString(" = " + *a.DefaultValue)
			}
			b.WriteString("\n")
		}
		b.WriteString("  )")
	}
	fmt.Fprintf(b, ": %s\n", f.Type.ref())
}

// Many first requests at once find everything built: run with -race.
func TestFirstRequestsAtOnce(t *testing.T) {
	s := newHub(t).server()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for _, q := range []string{introspectionQuery, `{listEntries(state:IN_FORCE){edges{node{state}}}}`, fmt.Sprintf(`{a%d:lists{code serious}}`, i), `{check(uscc:"` + listedCode + `",matter:"TENDER"){id outcome hits{entry{id}}}}`} {
				if a := ask(t, s, "officer", q, nil); len(a.Errors) > 0 {
					t.Error(a.raw)
				}
			}
		})
	}
	wg.Wait()
}
