package site

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

const (
	listed   = "91420100MA0000007L"
	plain    = "91420100MA4N0A2B5Y"
	unknown  = "91310000MA0000015F"
	identity = "11010519491231002X"
)

type fake struct {
	t      *testing.T
	policy *policy.Policy
	err    error
	asked  []string
}

func (f *fake) Policy() *policy.Policy { return f.policy }
func (f *fake) Now() time.Time         { return time.Date(2026, 11, 21, 9, 40, 0, 0, time.UTC) }
func (f *fake) Today() civil.Date      { return civil.DateOf(f.Now()) }

func (f *fake) Sources() []Source {
	return []Source{{Unit: f.policy.Unit("SAMR"), Domain: record.Registration, Last: f.Now(), Fresh: true, Connected: true}, {Unit: f.policy.Unit("MCT"), Domain: record.Decision, Connected: true}}
}

func (f *fake) Entity(_ context.Context, code string) (*Entity, error) {
	f.asked = append(f.asked, code)
	if f.err != nil || code == unknown {
		return nil, f.err
	}
	reg := view.Registration{Name: "武汉示例科技有限公司", Status: "1", EstablishedOn: "2020-05-06", FormerNames: []string{"武汉示例<网络>有限公司"}, Unit: "SAMR", RecordedAt: f.Now()}
	e := &Entity{USCC: code, Registered: true, Registration: reg, Unit: f.policy.Unit("SAMR")}
	k := record.FindKind(record.Permit, "permit")
	e.Groups = []Group{{Kind: k, Records: []Record{{Unit: f.policy.Unit("SAMR"), RecordedAt: f.Now(), Facts: factsOf(k, []byte(`{"licenceName":"食品经营许可证","decidedOn":"2024-03-11"}`))}}}}
	if code == listed {
		e.Blacklisted = true
		day := civil.MakeDate(2026, 5, 15)
		e.Entries = []Entry{{
			Entry: view.OnDay(list.Entry{ID: "E-1", List: 3, USCC: code, State: list.InForce, Cause: "1", DocumentNo: "示市监列〔2026〕示例 18 号", DecidedBy: "SAMR",
				DecidedOn: day - 3, ServedOn: day, Since: day, Until: day.AddMonths(36), ExitedOn: civil.NoDate}, f.Today()),
			List: f.policy.List(3), Unit: f.policy.Unit("SAMR"), Measures: f.policy.Measures[:3], WayOut: f.policy.List(3).Exit,
		}}
	}
	return e, nil
}

func (f *fake) Search(_ context.Context, text, after string) (*Results, error) {
	f.asked = append(f.asked, text)
	if f.err != nil {
		return nil, f.err
	}
	if strings.Contains(text, "没有") {
		return &Results{}, nil
	}
	return &Results{Total: 2, Next: "abc", Items: []Result{
		{USCC: plain, Registration: view.Registration{Name: "武汉示例科技有限公司", Status: "1"}},
		{USCC: listed, Registration: view.Registration{Name: "武汉示例贸易有限公司"}, Former: "武汉示例商行", Blacklisted: true},
	}}, nil
}

func newSite(t *testing.T, change ...func(*Config)) (*Site, *fake) {
	t.Helper()
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, policy: p}
	c := Config{View: f}
	for _, g := range change {
		g(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

func get(s http.Handler, target string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// Every page is there in both languages, whole, with its headers and without a
// script or a style of its own.
func TestPages(t *testing.T) {
	s, _ := newSite(t)
	for _, lang := range []string{"", "/en"} {
		for path, want := range map[string]string{
			"/": "search", "/search": "search", "/search?q=武汉": plain, "/search?q=没有这家": "18", "/e/" + plain: "武汉示例科技有限公司",
			"/e/" + listed: "示市监列〔2026〕示例 18 号", "/lists": "L15B", "/measures": "ENT-03", "/matters": "GOVERNMENT_PROCUREMENT", "/sources": "2026-11-21 17:40", "/docs": "schema.graphql",
		} {
			w := get(s, lang+path)
			body := w.Body.String()
			if w.Code != 200 || !strings.Contains(body, want) || !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
				t.Errorf("%s: %d, %q missing or page cut short", lang+path, w.Code, want)
			}
			if strings.Contains(body, "<script") || strings.Contains(body, "style=") || strings.Contains(body, "ZgotmplZ") {
				t.Errorf("%s: script, style or refused value", lang+path)
			}
			if strings.Count(body, "<h1") != 1 {
				t.Errorf("%s: %d h1", lang+path, strings.Count(body, "<h1"))
			}
			h := w.Header()
			if h.Get("Content-Security-Policy") != policyHeader || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: headers %v", lang+path, h)
			}
			if len(body) > 120<<10 {
				t.Errorf("%s: %d bytes", lang+path, len(body))
			}
		}
	}
	if w := get(s, s.css); w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Error("style sheet", w.Code)
	}
	if w := get(s, "/schema.graphql"); w.Code != 200 || !strings.Contains(w.Body.String(), "type Query") {
		t.Error("schema", w.Code)
	}
}

// Units stand by their name in the page's language: of the registration, of records
// and of entries, and never by their code.
func TestUnitsHaveNames(t *testing.T) {
	s, _ := newSite(t)
	const zh, en = "市场监督管理部门", "Administration for Market Regulation"
	for lang, want := range map[string]string{"": zh, "/en": en} {
		body := get(s, lang+"/e/"+listed).Body.String()
		if n := strings.Count(body, zh) + strings.Count(body, en); n != 4 || strings.Count(body, want) != 4 || strings.Contains(body, "SAMR") {
			t.Errorf("%q: %d names, want 4 times %q", lang, n, want)
		}
	}
}

// Red stands only where an entry is in force on a serious list, apart from the
// legend.
func TestRedIsALegalEffect(t *testing.T) {
	s, _ := newSite(t)
	red := func(path string) bool {
		b := get(s, path).Body.String()
		return strings.Contains(b, "tag serious") || strings.Contains(b, "entry serious")
	}
	for _, path := range []string{"/e/" + plain, "/lists", "/measures", "/sources", "/search", "/nothing"} {
		if red(path) {
			t.Errorf("%s is red", path)
		}
	}
	if !red("/e/"+listed) || !red("/search?q=武汉") {
		t.Error("a serious entry is not marked")
	}
}

// Unknown, not public, malformed and an identity number are one answer.
func TestUnknownAndNotPublicAreTheSame(t *testing.T) {
	s, _ := newSite(t)
	want := get(s, "/e/"+unknown)
	if want.Code != 404 {
		t.Fatal(want.Code)
	}
	for _, code := range []string{"91310000MA0000016X", "nonsense", identity, "%3Cscript%3E"} {
		w := get(s, "/e/"+code)
		if w.Code != 404 || w.Body.String() != want.Body.String() || len(w.Header()) != len(want.Header()) {
			t.Errorf("%s differs", code)
		}
	}
	if strings.Contains(want.Body.String(), unknown) {
		t.Error("the address is repeated")
	}
}

func TestIdentityNumbersAreNotLookedUp(t *testing.T) {
	s, f := newSite(t)
	for _, q := range []string{identity, "+" + identity + "+", "11010519491231002x", "１１０１０５１９４９１２３１００２Ｘ", "张三" + identity} {
		w := get(s, "/search?q="+q)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/search?note=personal" {
			t.Errorf("%q: %d %s", q, w.Code, w.Header().Get("Location"))
		}
	}
	if len(f.asked) > 0 {
		t.Errorf("looked up: %v", f.asked)
	}
	if b := get(s, "/search?note=personal").Body.String(); !strings.Contains(b, words["personal"][zh]) {
		t.Error("no notice")
	}
}

func TestSearchGoesToTheOnlyAnswer(t *testing.T) {
	s, _ := newSite(t)
	f := func(q, location string) {
		t.Helper()
		if w := get(s, "/en/search?q="+q); w.Header().Get("Location") != location {
			t.Errorf("%s: %d %q", q, w.Code, w.Header().Get("Location"))
		}
	}
	f(plain, "/en/e/"+plain)
	f("91420100ma4n0a2b5y", "/en/e/"+plain)
	f("91420100-MA4N0A2B5-Y", "/en/e/"+plain)
	f(unknown, "")
	if w := get(s, "/e/91420100ma4n0a2b5y"); w.Header().Get("Location") != "/e/"+plain {
		t.Error("lower case", w.Code)
	}
}

func TestWhatVisitorsTypeIsEscaped(t *testing.T) {
	s, _ := newSite(t)
	b := get(s, "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").Body.String()
	if strings.Contains(b, "<script") || !strings.Contains(b, "&lt;script&gt;") {
		t.Error("not escaped")
	}
	if b := get(s, "/e/"+plain).Body.String(); !strings.Contains(b, "&lt;网络&gt;") {
		t.Error("record text not escaped")
	}
}

func TestProblems(t *testing.T) {
	s, f := newSite(t)
	check := func(method, path string, status int, key string) http.Header {
		t.Helper()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != status || !strings.Contains(w.Body.String(), words["problem."+key][zh]) {
			t.Errorf("%s %s: %d, want %d %s", method, path, w.Code, status, key)
		}
		return w.Header()
	}
	check("GET", "/nothing", 404, "missing")
	if h := check("POST", "/search", 405, "method"); h.Get("Allow") != "GET, HEAD" {
		t.Error("no Allow")
	}
	f.err = fault.Wrap(fault.Unavailable, errors.New("SELECT secret FROM t"), "the store cannot be read")
	check("GET", "/search?q=武汉", 503, "away")
	f.err = fault.New(fault.BadInput, "after: not a cursor")
	check("GET", "/search?q=武汉&after=x", 400, "input")
	f.err = errors.New("open /etc/secret")
	check("GET", "/e/"+plain, 500, "internal")
	s, _ = newSite(t, func(c *Config) { c.Limiter = never{} })
	if h := check("GET", "/", 429, "throttled"); h.Get("Retry-After") != "8" {
		t.Error(h)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("made without a view")
	}
}

type never struct{}

func (never) Allow(string) (time.Duration, bool) { return 7500 * time.Millisecond, false }

func TestLargePrint(t *testing.T) {
	s, _ := newSite(t)
	for target, location := range map[string]string{"/lists?mode=elder": "/lists", "/en/search?q=a&mode=elder": "/en/search?q=a", "//evil.example/?mode=elder": "/evil.example/", "/%5C%5Cevil?mode=elder": "/%5C%5Cevil"} {
		w := get(s, target)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != location {
			t.Errorf("%s: %d %q", target, w.Code, w.Header().Get("Location"))
		}
	}
	c := get(s, "/?mode=elder").Result().Cookies()
	if len(c) != 1 || !strings.Contains(get(s, "/", c[0]).Body.String(), `data-mode="elder"`) {
		t.Error("not kept")
	}
}

// Every word is there in both languages.
func TestWords(t *testing.T) {
	for key, w := range words {
		if w[zh] == "" || w[en] == "" {
			t.Errorf("%s: %q", key, w)
		}
	}
}
