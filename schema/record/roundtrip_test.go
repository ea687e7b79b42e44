package record

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"credithub/schema/uscc"

	"pgregory.net/rapid"
)

// anyRow draws an envelope of any kind whose values are mostly good.
func anyRow(t *rapid.T) []byte {
	d := rapid.SampledFrom(Domains()).Draw(t, "domain")
	kinds := Kinds(d)
	k := &kinds[rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")]
	data := map[string]any{}
	for i := range k.Fields {
		f := &k.Fields[i]
		if !f.Required && rapid.Bool().Draw(t, "absent") {
			continue
		}
		data[f.Name] = anyValue(t, f)
	}
	env := map[string]any{
		"domain": d.String(), "kind": k.Name, "version": rapid.Uint32Range(1, MaxVersion).Draw(t, "version"),
		"op": rapid.SampledFrom([]string{"upsert", "retract"}).Draw(t, "op"), "data": data,
		"recordId": rapid.StringN(1, 20, 128).Draw(t, "recordId"), "uscc": uscc.Random(rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed"))), "420100", "91"),
	}
	if rapid.Bool().Draw(t, "occurred") {
		env["occurredOn"] = "2026-03-02"
	}
	raw, err := json.Marshal(env)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func anyValue(t *rapid.T, f *Field) any {
	switch f.Type {
	case Choice:
		return f.Enum[rapid.IntRange(0, len(f.Enum)-1).Draw(t, "choice")].Value
	case Day:
		return "2026-03-02"
	case Month:
		return "2026-02"
	case Year:
		return rapid.SampledFrom([]any{2024, "2024"}).Draw(t, "year")
	case Count:
		return rapid.IntRange(0, 100).Draw(t, "count")
	case Score:
		return rapid.SampledFrom([]any{93.5, "93.50", 0}).Draw(t, "score")
	case Money:
		return rapid.SampledFrom([]any{"0.01", 12.5, "1000000"}).Draw(t, "money")
	case Division:
		return "420100"
	case RegNo:
		return "110108012660422"
	case Code:
		return "12100000400000624D"
	case Texts:
		return rapid.SliceOf(rapid.String()).Draw(t, "texts")
	case Objects:
		return []any{map[string]any{"name": rapid.String().Draw(t, "name"), "amount": 1.5, "more": []any{nil, true}}, "x"}
	}
	return rapid.String().Draw(t, "text")
}

func TestCanonicalRowsDecodeToThemselves(t *testing.T) {
	first, second := NewDecoder(), NewDecoder(Kafka())
	rapid.Check(t, func(t *rapid.T) { sameAgain(t, first, second, anyRow(t)) })
}

type failer interface{ Fatalf(string, ...any) }

func sameAgain(t failer, first, second *Decoder, raw []byte) {
	var a, b Row
	first.Decode(raw, today, &a)
	if a.Rejected() {
		return
	}
	if len(a.Data) > 0 && !json.Valid(a.Data) {
		t.Fatalf("%s\ndata %s", raw, a.Data)
	}
	wire := AppendEnvelope(nil, &a, "SAMR")
	second.Decode(wire, today, &b)
	if b.Rejected() {
		t.Fatalf("%s\n%s\n%v", raw, wire, b.Faults)
	}
	if b.Unit != "SAMR" || a.Domain != b.Domain || a.Kind != b.Kind || a.Op != b.Op || a.Version != b.Version || a.OccurredOn != b.OccurredOn ||
		!bytes.Equal(a.RecordID, b.RecordID) || !bytes.Equal(a.USCC, b.USCC) || !bytes.Equal(a.Data, b.Data) || a.Hash != b.Hash {
		t.Fatalf("%s\n%s\n%+v\n%+v", raw, wire, a, b)
	}
	if again := AppendEnvelope(nil, &b, "SAMR"); !bytes.Equal(again, wire) {
		t.Fatalf("%s\n%s", wire, again)
	}
}

func TestHashIsOfTheContent(t *testing.T) {
	hash := func(raw string) uint64 {
		r, faults := decode(raw)
		if faults != "" {
			t.Fatal(faults)
		}
		return r.Hash
	}
	base := hash(clean)
	same := []string{
		strings.ReplaceAll(clean, "\n ", " "),
		strings.Replace(clean, `"status":"1"`, `"status":1`, 1),
		strings.Replace(clean, `"status":"1"`, `"status":"\u0031","domicile":null,"industry":""`, 1),
		strings.Replace(clean, `"version":1`, `"version":2`, 1),
	}
	for _, s := range same {
		if hash(s) != base {
			t.Errorf("%s: another hash", s)
		}
	}
	other := []string{
		strings.Replace(clean, `"status":"1"`, `"status":"2"`, 1),
		strings.Replace(clean, `2026-03-02`, `2026-03-01`, 1),
		strings.Replace(clean, `91420100MA4N0A2B5Y`, `914403001922038216`, 1),
		strings.Replace(clean, `"upsert"`, `"retract"`, 1),
	}
	for _, s := range other {
		if hash(s) == base {
			t.Errorf("%s: the same hash", s)
		}
	}
}

// FuzzDecode holds the scanner against encoding/json: what that refuses we
// refuse, with E13 alone; what decodes encodes again to the same row.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(clean))
	f.Add([]byte(fullRow))
	f.Add([]byte(row("penalty", "penalty", `"CF_XDR_MC":"示例","CF_WSH":"\ud83d\ude00","CF_JDRQ":"2026-01-02","CF_NR_FK":0.2`)))
	f.Add([]byte(row("registration", "registration", `"name":"a\"\\\/\b\f\n\r\t\u0041\ud800","status":1,"establishedOn":"2020-05-06","shareholders":[{"a":[1e5,-0.0,null,true]},"x"]`)))
	f.Add([]byte(`{"data":{"a":1},"data":[],"op":"retract"}`))
	f.Add([]byte(`{"a":[[[{}]]]} `))
	f.Add(AppendHeartbeat(nil, Tax, "TAX", time.Time{}))
	first, second := NewDecoder(), NewDecoder(Kafka())
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r Row
		first.Decode(raw, today, &r)
		if !json.Valid(raw) && (len(r.Faults) != 1 || r.Faults[0].Code != "E13" || r.Faults[0].Field != "") {
			t.Fatalf("not JSON, but %v", r.Faults)
		}
		for _, fault := range r.Faults {
			if fault.Code == "" || fault.Message == "" {
				t.Fatalf("%+v", fault)
			}
		}
		sameAgain(t, first, second, raw)
	})
}

func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	for _, v := range []string{`0`, `-0`, `1.5e+7`, `1.`, `.5`, `01`, `-`, `1e`, `+1`, `tru`, `true`, `nul`, `"\u12"`, `"\ud800"`, `"\ud83d\ude00"`, `[1,]`, `[,]`, `{"a":}`, `{a:1}`, `"a` + "\x01" + `"`, `"` + "\x7f" + `"`, `[[]]`, `{"":{}}`, `[1 2]`, ``, `NaN`} {
		raw := `{"x":` + v + `}`
		_, faults := decode(raw)
		if got := faults != "E13 "; got != json.Valid([]byte(raw)) {
			t.Errorf("%s: %v", raw, got)
		}
	}
}

func TestAMessageIsKeyedByItsSubject(t *testing.T) {
	row := &Row{RecordID: []byte("R-1")}
	if got := string(row.MessageKey()); got != "R-1" {
		t.Errorf("without a code: %q", got)
	}
	row.USCC = []byte("91420100MA4N0A2B5Y")
	if got := string(row.MessageKey()); got != "91420100MA4N0A2B5Y" {
		t.Errorf("with a code: %q", got)
	}
}
