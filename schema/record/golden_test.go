package record

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"credithub/deploy/testing/golden"
)

var typeNames = [...]string{"text", "label", "documentNo", "choice", "day", "month", "year", "count", "score", "money", "division", "regNo", "code", "texts", "objects", "dropped", "commitmentNo", "moment", "personKey"}

// The catalogue of fields is what agencies write against: a change of it shows
// as a change of this file.
func TestCatalogueIsAsWritten(t *testing.T) {
	var b bytes.Buffer
	for _, d := range Domains() {
		for _, k := range Kinds(d) {
			fmt.Fprintf(&b, "%s / %s %s\n", d, k.Name, k.NameZh)
			for _, f := range k.Fields {
				fmt.Fprintf(&b, "  %s", f.Name)
				if f.Required {
					b.WriteString("*")
				}
				fmt.Fprintf(&b, " %s", typeNames[f.Type])
				for _, e := range f.Enum {
					fmt.Fprintf(&b, " %s", e.Value)
				}
				if len(f.Columns) > 0 {
					fmt.Fprintf(&b, " (%s)", strings.Join(f.Columns, " "))
				}
				b.WriteString("\n")
			}
		}
	}
	golden.Compare(t, "testdata/catalogue.golden", b.Bytes())
}

func TestEnvelopeIsAsWritten(t *testing.T) {
	var b bytes.Buffer
	for _, raw := range []string{
		clean, fullRow,
		row("decision", "entry", `"facts":"引号\"与换行\n","entryId":"E-1","list":"L15B","event":"IN_FORCE","cause":1,"documentNo":"示例〔2026〕1号","decidedOn":"2026-03-02","servedOn":"2026-03-04","termUntil":"9999-12-31"`),
		row("tax", "grade", `"grade":"A","score":"93.50","year":"2024"`),
		row("registration", "registration", `"name":"示例","status":1,"establishedOn":"2020-05-06","formerNames":[ "旧" , "更\u65e7" ],"shareholders":[{"name": "甲", "ratio" : 0.50}]`),
		`{"domain":"tax","kind":"grade","recordId":"R-1","version":2,"op":"retract","uscc":"91420100MA4N0A2B5Y"}`,
	} {
		r, faults := decode(raw)
		fmt.Fprintf(&b, "%s\n%016x %s\n", AppendEnvelope(nil, r, "SAMR"), r.Hash, faults)
	}
	golden.Compare(t, "testdata/envelope.golden", b.Bytes())
}
