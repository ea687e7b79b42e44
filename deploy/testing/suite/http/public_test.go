//go:build suite

package http

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"credithub/deploy/platform/client"
	"credithub/deploy/platform/problem"
)

// secrets are values that must never reach an anonymous caller. Each stands in
// one field of one record.
var secrets = []string{
	"隐人甲", "隐人乙", // shareholder, officer
	"隐因丙", "61.73", // reason and score of a tax class
	"8350917.46", "隐税种", // tax arrears
	"73191", "90417.58", // head-count and arrears of social security
	"隐授权号", "隐发布者", "6629183.27", // bank
	"隐事由甲", "隐文号甲", // a pre-notice
	"隐事实乙", "隐文号丙", "隐事由丙", // facts; a decision that has ended
	"隐备注丁", "隐税号戊", // remarks and tax numbers of permits and penalties
	"隐个人罚", "110101199003074610", // a penalty of a natural person
	"隐工作底稿", "隐承诺", "隐投诉内容", "隐投诉人", "13900001111",
	"13911112222", "139-1111-2222", "yin@example.cn", "6222 0212 3456 7890 128", // in free text that everybody reads
}

// secretRows spread the secrets over all domains about one enterprise, by unit.
func (r *rig) secretRows(code string) map[string][]row {
	one := func(domain, kind string, data row) row {
		r.n++
		return row{"domain": domain, "kind": kind, "recordId": fmt.Sprintf("P-%d", r.n), "version": 1, "op": "upsert", "uscc": code, "occurredOn": "2026-03-02", "data": data}
	}
	party := row{"name": "公开示例有限公司", "documentNo": "公开文号1", "decidedOn": "2026-03-02", "category": "警告"}
	with := func(extra row) row {
		out := maps.Clone(party)
		maps.Copy(out, extra)
		return out
	}
	registration := r.registration(code).with(".name", "公开示例有限公司",
		".domicile", "公开路1号,电话139-1111-2222", ".businessScope", "公开经营,联系yin@example.cn或13911112222,账号6222 0212 3456 7890 128", ".shareholders", []row{{"name": "隐人甲"}}, ".officers", []row{{"name": "隐人乙"}})
	return map[string][]row{
		"SAMR": {
			registration,
			r.decision(code, "L01").with(".event", "PRE_NOTICE", ".servedOn", nil, ".effectiveFrom", nil, ".cause", "隐事由甲", ".documentNo", "隐文号甲"),
			r.decision(code, "L03").with(".facts", "隐事实乙", ".documentNo", "公开列严1"),
			one("inspection", "result", row{"checkedOn": "2026-03-02", "result": "1", "detail": "隐工作底稿"}),
			one("complaint", "complaint", row{"receivedOn": "2026-03-02", "content": "隐投诉内容", "complainant": "隐投诉人", "complainantPhone": "13900001111"}),
			one("commitment", "commitment", row{"type": "主动型", "madeOn": "2026-03-02", "content": "隐承诺", "publicity": "不可公开"}),
		},
		"MOF": {r.decision(code, "L09").with(".event", "EXITED", ".exitType", "REPAIRED", ".exitDocumentNo", "隐文号丙二", ".cause", "隐事由丙", ".documentNo", "隐文号丙")},
		"TAX": {
			one("tax", "grade", row{"year": "2025", "grade": "D", "score": "61.73", "reason": "隐因丙"}),
			one("tax", "arrears", row{"taxType": "隐税种", "amount": "8350917.46", "asOf": "2026-01-31"}),
		},
		"HRSS": {one("social_security", "insurance", row{"period": "2026-01", "insuredCount": 73191, "arrearsAmount": "90417.58", "arrearsMonths": 2})},
		"PBC":  {one("bank", "loan", row{"asOf": "2026-01-31", "class": "DOUBTFUL", "overdueMonths": 7, "consentRef": "隐授权号"})},
		"BANK": {one("bank", "debt_evasion", row{"from": "2026-01-31", "publisher": "隐发布者", "amount": "6629183.27"})},
		"MEE": {
			one("penalty", "penalty", with(row{"remark": "隐备注丁", "taxNo": "隐税号戊", "personId": "110101199003074610"})),
			one("penalty", "penalty", with(row{"documentNo": "公开文号2", "subjectType": "自然人", "content": "隐个人罚"})),
		},
		"MOHURD": {one("permit", "permit", with(row{"remark": "隐备注丁", "taxNo": "隐税号戊"}))},
	}
}

// shows tells which secrets stand in a text.
func shows(text string) (all []string) {
	for _, s := range secrets {
		if strings.Contains(text, s) {
			all = append(all, s)
		}
	}
	return all
}

// Whatever an anonymous caller asks, by whatever path, it sees no secret.
func TestPublicMeansPublic(t *testing.T) {
	said := listen(t)
	r := newRig(t)
	code := r.code()
	last := ""
	for unit, rows := range r.secretRows(code) {
		var body []byte
		for _, x := range rows {
			body = append(append(body, x.json()...), '\n')
		}
		taken, batch := r.take(unit, "", ndjson, body)
		if batch.Accepted != len(rows) {
			t.Fatalf("%s: %+v", unit, batch)
		}
		last = taken.Receipt
		r.obligation(code, last)
	}
	asked := r.walk(code)
	t.Logf("%d documents from introspection", len(asked))
	if len(asked) < 40 {
		t.Errorf("only %d documents: the walk over the schema is broken", len(asked))
	}
	supervised, public := map[string]bool{}, ""
	for _, doc := range asked {
		for _, who := range []string{"", r.token("supervisor", "SAMR")} {
			a, err := client.At(r.url, who).Ask(t.Context(), doc, nil)
			if err != nil {
				t.Fatal(err)
			}
			b := a.Body
			if who == "" {
				public += string(b)
				if found := shows(string(b)); found != nil {
					t.Errorf("%s shows %v to the public: %.600s", doc, found, b)
				}
			} else {
				for _, s := range shows(string(b)) {
					supervised[s] = true
				}
			}
		}
	}
	if !strings.Contains(public, "公开示例有限公司") || !strings.Contains(public, "公开列严1") {
		t.Error("the public does not even see what is public")
	}
	if len(supervised) < len(secrets)/2 {
		t.Errorf("a supervisor sees %d of %d secrets only: the walk does not reach them: %v", len(supervised), len(secrets), slices.Sorted(maps.Keys(supervised)))
	}
	for _, s := range []string{"110101199003074610", "隐投诉人", "13900001111", "13911112222", "139-1111-2222", "yin@example.cn", "6222 0212 3456 7890 128"} {
		if supervised[s] {
			t.Errorf("%s was kept", s)
		}
	}
	r.searches()
	r.pages(code)
	r.refusals(code)
	r.logs(code, said)
}

// typeRef is a type of the introspection.
type typeRef struct {
	Kind, Name string
	OfType     *typeRef
}

func (x *typeRef) named() *typeRef {
	for x.OfType != nil {
		x = x.OfType
	}
	return x
}

type fieldDef struct {
	Name string
	Args []struct {
		Name string
		Type typeRef
	}
	Type typeRef
}

// walk gives one document for each root field and each field below it, with
// everything that the schema lets one ask there.
func (r *rig) walk(code string) []string {
	r.t.Helper()
	var a struct {
		Schema struct {
			Types []struct {
				Name   string
				Fields []fieldDef
			}
		} `json:"__schema"`
	}
	const ref = `kind name ofType{kind name ofType{kind name ofType{kind name}}}`
	if err := client.At(r.url, "").Query(r.t.Context(), `{__schema{types{name fields{name args{name type{`+ref+`}} type{`+ref+`}}}}}`, nil, &a); err != nil {
		r.t.Fatal(err)
	}
	types := map[string][]fieldDef{}
	for _, x := range a.Schema.Types {
		types[x.Name] = x.Fields
	}
	values := map[string]string{"uscc": fmt.Sprintf("%q", code), "usccs": fmt.Sprintf("[%q]", code), "matter": `"GOVERNMENT_PROCUREMENT"`, "purpose": `"CREDIT_REPAIR"`, "text": `"公开示例"`}
	call := func(f fieldDef) string {
		var args []string
		for _, x := range f.Args {
			if v := values[x.Name]; v != "" && (x.Type.Kind == "NON_NULL" || x.Name == "purpose" || f.Name == "listEntries") {
				args = append(args, x.Name+":"+v)
			}
		}
		if len(args) == 0 {
			return f.Name
		}
		return f.Name + "(" + strings.Join(args, ",") + ")"
	}
	var selection func(name string, depth int, above []string) string
	selection = func(name string, depth int, above []string) string {
		var parts []string
		for _, f := range types[name] {
			below := f.Type.named()
			if len(types[below.Name]) == 0 {
				parts = append(parts, call(f))
			} else if depth > 1 && !slices.Contains(above, below.Name) {
				if s := selection(below.Name, depth-1, append(above, below.Name)); s != "" {
					parts = append(parts, call(f)+s)
				}
			}
		}
		if len(parts) == 0 {
			return ""
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	var docs []string
	for _, root := range types["Query"] {
		below := root.Type.named()
		if len(types[below.Name]) == 0 {
			docs = append(docs, "{"+call(root)+"}")
			continue
		}
		docs = append(docs, "{"+call(root)+selection(below.Name, 3, []string{below.Name})+"}")
		for _, f := range types[below.Name] {
			one := call(f)
			if next := f.Type.named(); len(types[next.Name]) > 0 {
				one += selection(next.Name, 5, []string{below.Name, next.Name})
			}
			docs = append(docs, "{"+call(root)+"{"+one+"}}")
		}
	}
	for _, state := range []string{"PRE_NOTICE", "DECIDED", "SERVED", "SUSPENDED", "EXITED"} {
		docs = append(docs, fmt.Sprintf(`{listEntries(uscc:%q,state:%s){totalCount edges{node{id cause documentNo}}}}`, code, state),
			fmt.Sprintf(`{entity(uscc:%q){entries(state:%s){id cause documentNo}}}`, code, state))
	}
	for _, domain := range []string{"registration", "tax", "social_security", "bank", "decision", "permit", "penalty", "inspection", "complaint", "commitment"} {
		docs = append(docs, fmt.Sprintf(`{entity(uscc:%q,purpose:"CREDIT_REPAIR"){records(domain:%q){totalCount edges{node{id kind data}}}}}`, code, domain))
	}
	return append(docs, fmt.Sprintf(`{entity(uscc:%q,asOf:"2026-03-05T00:00:00Z"){name entries{id documentNo}}}`, code))
}

// searches: nobody is found by what must not be known of him.
func (r *rig) searches() {
	r.t.Helper()
	for _, s := range secrets {
		var a struct{ Search struct{ TotalCount int } }
		err := client.At(r.url, "").Query(r.t.Context(), `query($t:String!){search(text:$t){totalCount}}`, map[string]any{"t": s}, &a)
		if err != nil && client.Code(err) != "BAD_INPUT" || a.Search.TotalCount != 0 {
			r.t.Errorf("search for %s finds %d: %v", s, a.Search.TotalCount, err)
		}
	}
}

var link = regexp.MustCompile(`(?:href|src|action)="(/[^"#]*)`)

// pages follows every link of the site from its door, the enterprise and a
// search.
func (r *rig) pages(code string) {
	r.t.Helper()
	queue := []string{"/", "/en/", "/e/" + code, "/en/e/" + code, "/search?q=" + code, "/search?q=" + url.QueryEscape("公开示例"), "/metrics", "/readyz", "/healthz", "/nowhere", "/e/911"}
	seen, met := map[string]bool{}, ""
	for len(queue) > 0 && len(seen) < 300 {
		path := strings.ReplaceAll(queue[0], "&amp;", "&")
		if queue = queue[1:]; seen[path] {
			continue
		}
		seen[path] = true
		a, err := client.At(r.url, "").Do(r.t.Context(), http.MethodGet, path, "", nil)
		if err != nil {
			r.t.Fatal(err)
		}
		if a.Status >= 500 {
			r.t.Errorf("%s: %d", path, a.Status)
		}
		if found := shows(string(a.Body)); found != nil {
			r.t.Errorf("%s shows %v", path, found)
		}
		met += string(a.Body)
		for _, m := range link.FindAllStringSubmatch(string(a.Body), -1) {
			queue = append(queue, m[1])
		}
	}
	r.t.Logf("%d pages", len(seen))
	if !strings.Contains(met, "公开示例有限公司") {
		r.t.Error("no page shows the enterprise")
	}
}

// refusals: errors say nothing either.
func (r *rig) refusals(code string) {
	r.t.Helper()
	for _, q := range []string{
		fmt.Sprintf(`{check(uscc:%q,matter:"BANK_CREDIT"){hits{entry{documentNo}}}}`, code),
		fmt.Sprintf(`{checks(usccs:[%q],matter:"BANK_CREDIT"){outcome}}`, code),
		fmt.Sprintf(`{entity(uscc:%q){secret}}`, code), fmt.Sprintf(`{entity(uscc:%q){records(after:"x"){edges{node{data}}}}}`, code),
	} {
		err := client.At(r.url, "").Query(r.t.Context(), q, nil, nil)
		if err == nil || shows(err.Error()) != nil {
			r.t.Errorf("%s: %v", q, err)
		}
		if err != nil && regexp.MustCompile(`(?i)select |\.go:|goroutine|/root|clickhouse`).MatchString(err.Error()) {
			r.t.Errorf("%s: the error names the inside: %v", q, err)
		}
	}
	for _, path := range []string{"/v1/rejections", "/v1/batches/0123456789abcdef0123456789abcdef"} {
		a, err := client.At(r.url, "").Do(r.t.Context(), http.MethodGet, path, "", nil)
		var p problem.Document
		if err != nil || a.Status != http.StatusUnauthorized || json.Unmarshal(a.Body, &p) != nil {
			r.t.Errorf("%s: %d %s %v", path, a.Status, a.Body, err)
		}
	}
}

// listen gives the file that the hub's own process writes its log to.
func listen(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "said")
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = f
	t.Cleanup(func() { os.Stderr = stderr; _ = f.Close() })
	return f
}

// logs: after rows that were refused, questions that failed and a look at
// everything, no log of any process holds a secret or a token.
func (r *rig) logs(code string, said *os.File) {
	r.t.Helper()
	for unit, rows := range r.secretRows(code) {
		token := r.token("agency", unit)
		for _, x := range rows {
			r.send(token, "", ndjson, x.with("version", "隐")["data"].(row).json())
			r.send(token, "", ndjson, x.with("op", "隐").json())
			r.send(token, "?domain=bank&kind="+url.QueryEscape("隐发布者"), csv, x.json())
		}
		for _, s := range secrets {
			_, _ = client.At(r.url, token).Ask(r.t.Context(), `query($t:String!){search(text:$t){totalCount} check(uscc:$t,matter:$t){outcome}}`, map[string]any{"t": s})
		}
	}
	files, err := filepath.Glob(filepath.Join(r.hub.Dir, "logs", "*"))
	if err != nil || len(files) < 3 {
		r.t.Errorf("logs of the children: %v %v", files, err)
	}
	engine, err := filepath.Glob(filepath.Join(r.hub.Dir, "engine", "*.log"))
	if err != nil {
		r.t.Error(err)
	}
	for _, name := range append(append(files, engine...), said.Name()) {
		b, err := os.ReadFile(name)
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Logf("%s: %d bytes", filepath.Base(name), len(b))
		if found := shows(string(b)); found != nil {
			r.t.Errorf("%s shows %v", name, found)
		}
		for role, token := range map[string]string{"agency": r.token("agency", "SAMR"), "supervisor": r.token("supervisor", "SAMR")} {
			if strings.Contains(string(b), token) {
				r.t.Errorf("%s shows the token of the %s", name, role)
			}
		}
	}
}
