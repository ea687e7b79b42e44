//go:build suite

package http

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"credithub/deploy/platform/client"
	"credithub/deploy/platform/problem"
)

// badRow is a row that must be rejected with a code, whatever stands around it.
type badRow struct {
	name string
	unit string
	raw  []byte
	code string
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune { return r + 0xFEE0 }, s)
}

func (r *rig) badRows() []badRow {
	c := r.code()
	reg := func(pairs ...any) []byte { return r.registration(c).with(pairs...).json() }
	dec := func(pairs ...any) []byte { return r.decision(c, "L09").with(pairs...).json() }
	other := "1"
	if c[17] == '1' {
		other = "2"
	}
	broken := bytes.Replace(reg(), []byte("端"), []byte("\xff\xfe"), 1)
	long := bytes.Replace(reg(".domicile", "X"), []byte(`"X"`), []byte(`"`+strings.Repeat("长", 10<<20/3)+`"`), 1)
	return []badRow{
		{"wrong check character", "SAMR", reg("uscc", c[:17]+other), "E02"},
		{"short code", "SAMR", reg("uscc", c[:17]), "E01"},
		{"long code", "SAMR", reg("uscc", c+"0"), "E01"},
		{"full-width code", "SAMR", reg("uscc", fullWidth(c)), "E01"},
		{"lower-case code", "SAMR", reg("uscc", strings.ToLower(c)), "E01"},
		{"no code", "SAMR", reg("uscc", nil), "E05"},
		{"unknown domain", "SAMR", reg("domain", "rumour"), "E13"},
		{"unknown kind", "SAMR", reg("kind", "rumour"), "E13"},
		{"unknown op", "SAMR", reg("op", "delete"), "E06"},
		{"version 0", "SAMR", reg("version", 0), "E06"},
		{"unknown list", "MOF", dec(".list", "L99"), "E06"},
		{"unknown event", "MOF", dec(".event", "FORGOTTEN"), "E06"},
		{"in force without service", "MOF", dec(".servedOn", nil), "E05"},
		{"a domain of others", "TAX", reg(), "E12"},
		{"a list of others", "SAMR", dec(), "E12"},
		{"day in the future", "SAMR", reg("occurredOn", "2098-01-01"), "E08"},
		{"decided in the future", "MOF", dec(".decidedOn", "2098-01-01", ".servedOn", "2098-01-02"), "E08"},
		{"days in the wrong order", "MOF", dec(".servedOn", "2026-03-01"), "E07"},
		{"day that is none", "SAMR", reg(".establishedOn", "2020-02-30"), "E06"},
		{"a line of 10 MB", "SAMR", long, "E13"},
		{"broken UTF-8", "SAMR", broken, "E13"},
		{"no JSON", "SAMR", []byte(`{"domain":"registration",`), "E13"},
		{"no object", "SAMR", []byte(`["registration"]`), "E13"},
		{"deep nesting", "SAMR", []byte(`{"data":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`), "E13"},
	}
}

// Each bad row gets its code, and its neighbours before and behind go through.
func TestBadRowsLeaveTheirNeighboursAlone(t *testing.T) {
	r := newRig(t)
	for _, bad := range r.badRows() {
		t.Run(bad.name, func(t *testing.T) {
			before, behind := r.neighbour(bad.unit), r.neighbour(bad.unit)
			taken, batch := r.take(bad.unit, "", ndjson, lines(before.json(), bad.raw, behind.json()))
			if taken.Accepted != 2 || taken.Rejected != 1 || batch.Accepted != 2 || batch.Stored != 2 || batch.Rejected != 1 {
				t.Fatalf("answered %+v, became %+v", taken, batch)
			}
			seen := map[string]bool{}
			for _, f := range taken.Rejections {
				if f.Line != 2 || f.Message == "" {
					t.Errorf("finding %+v", f)
				}
				seen[string(f.Code)] = true
			}
			if !seen[bad.code] {
				t.Errorf("rejected with %v, want %s", seen, bad.code)
			}
		})
	}
	t.Run("equal version, other content", func(t *testing.T) {
		x := r.registration(r.code())
		first, _ := r.take("SAMR", "", ndjson, lines(x.json()))
		_, same := r.take("SAMR", "", ndjson, lines(x.json()))
		if same.Accepted != 1 || same.Rejected != 0 {
			t.Errorf("the same again: %+v", same)
		}
		_, batch := r.take("SAMR", "", ndjson, lines(r.neighbour("SAMR").json(), x.with(".name", "另一个名字有限公司").json(), r.neighbour("SAMR").json()))
		if batch.Accepted != 2 || len(batch.Rejections) != 1 || batch.Rejections[0].Code != "E10" || batch.Rejections[0].Line != 2 {
			t.Errorf("after %s: %+v", first.BatchID, batch)
		}
	})
}

// neighbour is a good row of a unit.
func (r *rig) neighbour(unit string) row {
	switch unit {
	case "MOF":
		return r.decision(r.code(), "L09")
	case "TAX":
		r.n++
		return row{"domain": "tax", "kind": "abnormal", "recordId": "N-" + r.code(), "version": 1, "op": "upsert", "uscc": r.code(), "data": row{"from": "2024-05-06"}}
	}
	return r.registration(r.code())
}

// A body that can't be read as a whole is answered by a problem document and has
// no effect.
func TestBadBodiesAreProblems(t *testing.T) {
	r := newRig(t)
	good := lines(r.registration(r.code()).json())
	samr := r.token("agency", "SAMR")
	const table = "?domain=registration&kind=registration"
	f := func(name string, want int, code, token, query, contentType string, body []byte, header ...string) {
		t.Helper()
		a := r.send(token, query, contentType, body, header...)
		var p problem.Document
		if err := json.Unmarshal(a.Body, &p); err != nil || a.Status != want || p.Status != want || p.Code != code || p.Title == "" || p.Detail == "" ||
			a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %.300s, want %d %s", name, a.Status, a.Header.Get("Content-Type"), a.Body, want, code)
		}
	}
	f("no token", 401, "UNAUTHENTICATED", "", "", ndjson, good)
	f("a forged token", 401, "UNAUTHENTICATED", samr[:len(samr)-6]+"AAAAAA", "", ndjson, good)
	f("an officer", 403, "FORBIDDEN", r.token("officer", "SAMR"), "", ndjson, good)
	f("truncated gzip", 400, "BAD_INPUT", samr, "", ndjson, pack(t, good)[:60], "Content-Encoding", "gzip")
	f("no gzip", 400, "BAD_INPUT", samr, "", ndjson, good, "Content-Encoding", "gzip")
	f("a gzip bomb", 413, "TOO_LARGE", samr, "", ndjson, pack(t, bytes.Repeat([]byte(" "), 40<<20)), "Content-Encoding", "gzip")
	f("33 MiB", 413, "TOO_LARGE", samr, "", ndjson, bytes.Repeat([]byte("\n"), 33<<20))
	f("JSON cut off", 400, "BAD_INPUT", samr, "", "application/json", []byte(`[{"domain":"registration"},{"do`))
	f("another type", 415, "UNSUPPORTED_MEDIA_TYPE", samr, "", "application/pdf", good)
	f("an unknown domain", 400, "BAD_INPUT", samr, "?domain=rumour", csv, []byte("a,b\n"))
	f("CSV without a column", 400, "BAD_INPUT", samr, table, csv, []byte("统一社会信用代码,企业名称,成立日期\n"+r.code()+",甲有限公司,2020-01-02\n"))
	f("CSV with a merged header", 400, "BAD_INPUT", samr, table, csv, []byte("统一社会信用代码 企业名称,成立日期,登记状态\n"+r.code()+" 甲有限公司,2020-01-02,存续\n"))
	f("XLSX that is CSV", 415, "UNSUPPORTED_MEDIA_TYPE", samr, table, xlsx, []byte("统一社会信用代码,企业名称\n"))
	f("XLSX that is HTML", 415, "UNSUPPORTED_MEDIA_TYPE", samr, table, xlsx, []byte("<html><table></table></html>"))
	f("XLSX that is an empty ZIP", 415, "UNSUPPORTED_MEDIA_TYPE", samr, table, xlsx, append([]byte("PK\x05\x06"), make([]byte, 18)...))
	if taken, batch := r.take("SAMR", "", ndjson, good); taken.Accepted != 1 || batch.Stored != 1 {
		t.Errorf("after all that a good push became %+v", batch)
	}
	n, err := r.hub.Select(t.Context(), "SELECT count() FROM records WHERE status = 'ACCEPTED'")
	if err != nil || n[0][0] != "1" {
		t.Errorf("%v rows are stored, want the one good one (%v)", n, err)
	}
}

func pack(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The documents that break graphql-go, and others of their kind, are refused
// fast, and the hub goes on.
func TestHostileDocumentsAreRefused(t *testing.T) {
	r := newRig(t)
	repeat := strings.Repeat
	for name, q := range map[string]string{
		"two fragments that spread each other": `{lists{...a}} fragment a on CreditList{...b} fragment b on CreditList{...a}`,
		"100 KB of brackets":                   `{lists(x:` + repeat("[", 100_000) + `){code}}`,
		"1 MB of brackets":                     `{lists(x:` + repeat("[", 1_000_000) + `){code}}`,
		"brackets below the size limit":        `{lists(x:` + repeat("[", 10_000) + `){code}}`,
		"nested references":                    `query{` + repeat("__schema{types{", 100) + "name" + repeat("}}", 100) + `}`,
		"many inline fragments":                `{lists{` + repeat("...on CreditList{code}", 600) + `}}`,
		"4,000 repeated fields":                `{lists{` + repeat("code ", 4_000) + `}}`,
		"many aliases":                         `{` + repeatAlias(200) + `}`,
		"costly pages":                         `{search(text:"有限",first:100){edges{node{records(first:100){edges{node{id}}}}}}}`,
		"two operations":                       `query a{lists{code}} query b{lists{code}}`,
		"a mutation":                           `mutation{lists{code}}`,
		"no document":                          `{`,
	} {
		body, err := json.Marshal(map[string]any{"query": q})
		if err != nil {
			t.Fatal(err)
		}
		a, err := client.At(r.url, "").Do(t.Context(), http.MethodPost, "/graphql", "application/json", body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var answer struct {
			Errors []struct{ Extensions struct{ Code string } }
			Code   string // of a problem document
		}
		if err := json.Unmarshal(a.Body, &answer); err != nil {
			t.Errorf("%s: %d %.200s", name, a.Status, a.Body)
			continue
		}
		if len(answer.Errors) > 0 {
			answer.Code = answer.Errors[0].Extensions.Code
		}
		if answer.Code != "BAD_INPUT" && answer.Code != "TOO_COMPLEX" && answer.Code != "TOO_LARGE" {
			t.Errorf("%s: %d %.200s", name, a.Status, a.Body)
		}
	}
	if err := client.At(r.url, "").Query(t.Context(), `{lists{code}}`, nil, nil); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// A request that takes the fast path is answered as one that doesn't: the header
// Pragma, which GraphQL doesn't look at, sends it the other way.
func TestTheFastPathAnswersAsTheOther(t *testing.T) {
	r := newRig(t)
	code := r.code()
	taken, _ := r.take("SAMR", "", ndjson, lines(r.registration(code).json()))
	officer := r.token("officer", "SAMR")
	ask := func(header ...string) (all []string) {
		for _, q := range []struct{ token, contentType, accept, body string }{
			{officer, "application/json", "", `{"query":"query($u:ID!,$a:String){check(uscc:$u,matter:\"GOVERNMENT_PROCUREMENT\",after:$a){outcome obligation subject{name}}}","variables":{"u":"` + code + `","a":"` + taken.Receipt + `"}}`},
			{"", "application/json", "application/graphql-response+json", `{"query":"{lists{code measures{code citation}}}"}`},
			{"", "application/json", "application/graphql-response+json", `{"query":"{nothing}"}`},
			{"", "application/json", "", `{"query":"{entity(uscc:\"` + code + `\"){name status}}"}`},
			{"", "application/json", "", `{`},
			{"", "application/json", "", ``},
			{"", "text/plain", "", `{}`},
			{"", "application/json", "image/png", `{}`},
			{"nonsense", "application/json", "", `{"query":"{lists{code}}"}`},
			{"", "application/json", "", `{"query":"` + strings.Repeat(" ", 50_000) + `"}`},
			{"", "application/json", "", `{"query":"` + strings.Repeat(" ", 500_000) + `"}`},
		} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/graphql", strings.NewReader(q.body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{"Content-Type": q.contentType, "Accept": q.accept} {
				if value != "" {
					req.Header.Set(name, value)
				}
			}
			if q.token != "" {
				req.Header.Set("Authorization", "Bearer "+q.token)
			}
			for i := 0; i+1 < len(header); i += 2 {
				req.Header.Set(header[i], header[i+1])
			}
			a, err := client.At("", "").Send(req)
			if err != nil {
				t.Fatal(err)
			}
			a.Header.Del("Date")
			a.Header.Del("Content-Length")
			all = append(all, fmt.Sprint(a.Status, a.Header, string(a.Body)))
		}
		return all
	}
	fast, other := ask(), ask("Pragma", "no-cache")
	for i := range fast {
		if fast[i] != other[i] {
			t.Errorf("request %d:\n%.300s\n%.300s", i, fast[i], other[i])
		}
	}
	if !strings.HasPrefix(fast[0], "200") || !strings.Contains(fast[0], `"name":"端到端`) {
		t.Errorf("%.300s", fast[0])
	}
}

func repeatAlias(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("a" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ":lists{code}")
	}
	return b.String()
}
