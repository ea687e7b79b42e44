package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"credithub/deploy/testing/golden"
	"credithub/schema/record"
)

// catalogueFile is the catalogue as agencies read it. It is written from the
// tables that judge their rows, so that it says the same.
const catalogueFile = "../../deploy/docs/records.md"

var typeWords = map[record.FieldType]string{
	record.Text: "text", record.Label: "short text or number", record.DocumentNo: "number of a document", record.Choice: "one of", record.Day: "YYYY-MM-DD",
	record.Month: "YYYY-MM", record.Year: "YYYY", record.Count: "whole number", record.Score: "decimal",
	record.Money: "yuan, up to 6 decimals", record.Division: "division, GB/T 2260", record.RegNo: "registration number",
	record.PersonKey: "keyed hash of an identity number, 64 hex digits; several with separators",
	record.Code:      "code of an organ", record.Texts: "array of texts", record.Objects: "array of texts or flat objects",
	record.CommitmentNo: "number: division, day and serial of 6",
	record.Moment:       "time with its offset, RFC 3339",
	record.Dropped:      "personal: recognised, never kept",
}

func catalogueText(p *Policy) string {
	var b strings.Builder
	w := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	w("# Records\n\nEvery domain, kind and field that the hub takes, and who reports them. In JSON a\nrecord is the envelope of the README with the fields below in `data`. The column\ncodes of national standards are taken as keys too; a file's header row may use\nany of the words, of which at most three are shown. **Bold** fields are required;\nothers may be by the value of one, as `servedOn` is where `event` is `IN_FORCE` and\nthe law of the list wants service. This page is written from the\ntables that judge the rows (`go test ./schema/policy -update`).\n")
	for _, d := range record.Domains() {
		w("\n## `%s`\n\nReported by: ", d)
		sep := ""
		for i := range p.Units {
			u := p.Units[i]
			if !p.MayPush(u.Code, d) {
				continue
			}
			w("%s%s %s (every %s)", sep, u.Code, u.NameZh, every(p.Period(u.Code, d)))
			sep = ", "
		}
		w(".\n")
		kinds := record.Kinds(d)
		for i := range kinds {
			k := &kinds[i]
			w("\n### `%s` %s\n\n", k.Name, k.NameZh)
			if len(k.Identity) > 0 {
				w("Rows of a file without record numbers are told apart by: code, %s.\n\n", strings.Join(k.Identity, ", "))
			}
			w("| field | form | words of a header row | column code |\n|---|---|---|---|\n")
			for j := range k.Fields {
				f := &k.Fields[j]
				name := "`" + f.Name + "`"
				if f.Required {
					name = "**" + name + "**"
				}
				form := typeWords[f.Type]
				for n, e := range f.Enum {
					form += map[bool]string{true: " ", false: ", "}[n == 0] + "`" + e.Value + "`"
					if len(e.Words) > 0 {
						form += " " + e.Words[0]
					}
				}
				if f.Past {
					form += ", not in the future"
				}
				w("| %s | %s | %s | %s |\n", name, form, strings.Join(f.Headers[:min(3, len(f.Headers))], ", "), strings.Join(f.Columns, ", "))
			}
			head := "\nBear on matters without a list entry:\n\n"
			for _, f := range p.Facts {
				if f.Domain == d && f.Kind == k.Name {
					w("%s- %s (%s): %s. %s\n", head, f.NameZh, f.NameEn, f.meaning(p), f.Citation)
					head = ""
				}
			}
		}
	}
	return b.String()
}

// meaning is what a fact obliges to, by measure.
func (f *Fact) meaning(p *Policy) string {
	var out []string
	for _, m := range p.Matters {
		for _, r := range p.FactRules(m, f) {
			if s := r.Obligation.String() + " by " + r.Measure.Code; !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func every(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	switch {
	case seconds == 0:
		return "time there is something"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return fmt.Sprintf("%d hours", d/time.Hour)
}

func TestTheCatalogueSaysWhatJudges(t *testing.T) {
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range record.Domains() {
		for _, k := range record.Kinds(d) {
			for _, f := range k.Fields {
				if typeWords[f.Type] == "" {
					t.Errorf("%s: the type of %s has no words", k.Name, f.Name)
				}
			}
		}
	}
	golden.Compare(t, catalogueFile, catalogueText(p))
}
