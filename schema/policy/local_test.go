package policy

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/record"
)

func overlayOf(files map[string]string) Overlay {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Overlay{Name: "here", Files: fs.FS(m)}
}

const (
	localMatters = `version: 2026-05-01
matters:
  - {code: WH_TALENT_HOUSING, nameZh: 人才安居房申购单位, nameEn: Employer in talent housing, department: 住房保障部门, role: E}
`
	localMeasures = `version: 2026-05-01
measures:
  - code: WH-01
    nameZh: 限制参与人才安居房
    nameEn: Bar from talent housing
    kind: local
    department: 住房保障部门
    target: [E]
    basis: [{text: 某市条例第八条, mark: V}]
    triggers: [{list: L07, obligation: RESTRICT}]
    matters: [WH_TALENT_HOUSING]
    from: 2024-01-01
`
)

func TestCase_S3_OverlaysAddMattersAndMeasures(t *testing.T) {
	p, err := LoadLocal(Local{Overlays: []Overlay{overlayOf(map[string]string{"matters.yaml": localMatters, "measures.yaml": localMeasures})}})
	if err != nil {
		t.Fatal(err)
	}
	m := p.Matter("WH_TALENT_HOUSING")
	l07, _ := list.ParseCode("L07")
	if m == nil || len(p.Rules(m, l07)) != 1 || p.Rules(m, l07)[0].Obligation != Restrict {
		t.Fatalf("%+v", m)
	}
	if s := p.Sources(m); len(s) != 1 || s[0].Unit != "HRSS" {
		t.Errorf("sources: %v", s)
	}
	built, _ := Load()
	if len(p.Matters) != len(built.Matters)+1 || p.Matter("TENDER").Index != built.Matter("TENDER").Index {
		t.Error("the built-in matters changed")
	}
}

// Faults of a place are those of the tables, with file and line.
func TestCase_S3_OverlaysAreLintedLikeTheTables(t *testing.T) {
	f := func(says string, l Local) {
		t.Helper()
		_, err := LoadLocal(l)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v\nwant %s", err, says)
		}
	}
	files := func(name, text string) Local {
		return Local{Overlays: []Overlay{overlayOf(map[string]string{"matters.yaml": localMatters, name: text})}}
	}
	change := func(old, new string) Local {
		return files("measures.yaml", strings.Replace(localMeasures, old, new, 1))
	}
	f("here/measures.yaml:3: measure WH-01 trigger L07: RESTRICT goes beyond its basis", change("mark: V}", "mark: M+}"))
	f("here/measures.yaml:3: measure WH-01: unknown matter \"NOPE\"", change("matters: [WH_TALENT_HOUSING]", "matters: [NOPE]"))
	f("here/measures.yaml:3: measure WH-01: no citation", change("[{text: 某市条例第八条, mark: V}]", "[]"))
	f("here/measures.yaml:12: unknown field \"form\"", change("from: 2024", "form: 2024"))
	f("here/measures.yaml: version \"soon\" is no date", change("version: 2026-05-01", "version: soon"))
	f("here/matters.yaml:3: matter TENDER: code is empty or taken", files("matters.yaml", strings.Replace(localMatters, "WH_TALENT_HOUSING", "TENDER", 1)))
	f("here/matter.yaml: is none of the tables", files("matter.yaml", localMatters))
	f("here/lists.yaml:3: list L99: unknown list", files("lists.yaml", "version: 2026-05-01\nlists:\n  - {code: L99}\n"))
	f("here: holds none of the tables", Local{Overlays: []Overlay{overlayOf(nil)}})
	f("here/units.yaml: everyUnit", files("units.yaml", "version: 2026-05-01\neveryUnit: [tax]\n"))
	f("hub.yaml:7: unit SAMR: the tables say what it reports", Local{Units: []LocalUnit{{At: "hub.yaml:7", Code: "SAMR", Lists: []string{"L04"}}}})
	f("hub.yaml:7: unit SAMR: period of \"registration\": -1 hours", Local{Units: []LocalUnit{{At: "hub.yaml:7", Code: "SAMR", Periods: map[string]int{"registration": -1}}}})
	f("hub.yaml:9: unit WH: needs a Chinese and an English name", Local{Units: []LocalUnit{{At: "hub.yaml:9", Code: "WH"}}})
	source := func(s LocalSource) Local { s.At = "hub.yaml:4"; return Local{Listed: true, Sources: []LocalSource{s}} }
	good := LocalSource{Unit: "MOF", Domains: []string{"decision"}, Since: "2026-01-01", DecidedBy: "市数据局", Decision: "武数〔2026〕3号"}
	f("hub.yaml:4: source XX: no such unit", source(LocalSource{Unit: "XX"}))
	f("hub.yaml:4: source MOF: the unit doesn't report tax", source(LocalSource{Unit: "MOF", Domains: []string{"tax"}, Since: "2026-01-01", DecidedBy: "x", Decision: "y"}))
	bad := good
	bad.Decision = ""
	f("hub.yaml:4: source MOF: needs who decided it", source(bad))
	bad = good
	bad.Since = "gestern"
	f("hub.yaml:4: source MOF: \"gestern\" is no date", source(bad))
	f("hub.yaml:4: source MOF: decision twice", Local{Listed: true, Sources: []LocalSource{good, func() LocalSource { g := good; g.At = "hub.yaml:4"; return g }()}})
}

func TestCase_S3_ConnectedSourcesAndLocalNames(t *testing.T) {
	p, err := LoadLocal(Local{
		Listed:  true,
		Sources: []LocalSource{{Unit: "MOF", Domains: []string{"decision"}, Since: "2026-02-01", DecidedBy: "市数据局", Decision: "武数〔2026〕3号"}},
		Units: []LocalUnit{
			{Code: "SAMR", NameZh: "武汉市市场监督管理局", Periods: map[string]int{"registration": 24}},
			{Code: "WHDATA", NameZh: "武汉市数据局", NameEn: "Wuhan Data Bureau"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) civil.Date { d, _ := civil.ParseDate(s); return d }
	mof, court := Source{"MOF", record.Decision}, Source{"COURT", record.Decision}
	for _, c := range []struct {
		src  Source
		on   string
		want bool
	}{{mof, "2026-02-01", true}, {mof, "2026-01-31", false}, {court, "2026-02-01", false}, {Source{"MOF", record.Permit}, "2026-02-01", false}} {
		if got := p.Connected(c.src, day(c.on)); got != c.want {
			t.Errorf("%v on %s: %v", c.src, c.on, got)
		}
	}
	if c := p.Connection(mof); c == nil || c.DecidedBy != "市数据局" || c.Decision != "武数〔2026〕3号" {
		t.Errorf("%+v", c)
	}
	if u := p.Unit("SAMR"); u.NameZh != "武汉市市场监督管理局" || u.NameEn == "" || p.Period("SAMR", record.Registration) != 24*3600 {
		t.Errorf("%+v", u)
	}
	if p.Period("SAMR", record.AnnualReport) != 48*3600 {
		t.Error("a local period changed another")
	}
	if !p.MayPush("WHDATA", record.Permit) || p.MayPush("WHDATA", record.Decision) {
		t.Error("rights of a unit of this place")
	}
	built, _ := Load()
	if !built.Connected(court, day("2020-01-01")) || built.Connection(court) != nil {
		t.Error("without a list all are connected")
	}
}
