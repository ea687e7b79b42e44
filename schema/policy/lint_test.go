package policy

import (
	"strings"
	"testing"
	"testing/fstest"
)

// sound is the smallest set of tables that loads.
var sound = map[string]string{
	"lists.yaml": `
version: 2026-01-01
lists:
  - code: L01
    nameZh: 名单
    nameEn: list
    termYears: 3
    termBasis: 某法第一条
    basis: [{text: 某法第一条, mark: V}]
    exit: {zh: 期满, en: ends, basis: 某法第四条}
    causes:
      - {code: "1", nameZh: 事由, nameEn: cause, basis: 某法第一条, to: 2025-12-31}
      - {code: "1", nameZh: 新事由, nameEn: new cause, basis: 某法第一条, from: 2026-01-01}
    from: 2020-01-01
`,
	"measures.yaml": `
version: 2026-01-01
measures:
  - code: M-1
    nameZh: 措施
    nameEn: measure
    kind: k
    department: d
    target: [E]
    basis: [{text: 某法第二条, mark: V, lists: [L01], matters: [A]}, {text: 某法第三条, mark: M+, lists: [all], matters: [all]}]
    triggers: [{list: L01, obligation: REJECT, causes: ["1"], termMonths: 12}]
    matters: [A]
    from: 2020-01-01
`,
	"matters.yaml": `
version: 2026-01-01
matters:
  - {code: A, nameZh: 事项, nameEn: matter, department: d, role: E}
  - {code: B, nameZh: 事项, nameEn: matter, department: d, role: L}
`,
	"units.yaml": `
version: 2026-01-01
everyUnit: [permit]
periods: {permit: 24, decision: 48}
units:
  - {code: U, nameZh: 单位, nameEn: unit, domains: [decision], lists: [L01]}
  - {code: W, nameZh: 单位, nameEn: unit}
`,
	"purposes.yaml": `
version: 2026-01-01
purposes:
  - {code: U-1, nameZh: 目的, nameEn: purpose, case: true, basis: [{text: 某法第六条, mark: V}], opens: ['*']}
  - {code: U-2, nameZh: 目的, nameEn: purpose, basis: [{text: 某法第七条, mark: V2}], opens: [tax/grade]}
`,
	"facts.yaml": `
version: 2026-01-01
latest: [{domain: tax, kind: grade, by: year}]
facts:
  - code: F-1
    nameZh: 事实
    nameEn: fact
    domain: tax
    kind: grade
    list: L01
    when: [{fields: [grade], in: [D]}]
    basis: [{text: 某法第五条, mark: V2}]
    bears: [{measure: M-1, obligation: RESTRICT}, {list: L01, obligation: INFORM}]
    from: 2020-01-01
  - code: F-2
    nameZh: 事实
    nameEn: fact
    domain: penalty
    kind: penalty
    when: [{fields: [content], contains: [词]}]
    since: [decidedOn]
    termMonths: 12
    basis: [{text: 某法第六条, mark: M+}]
    bears: [{measure: M-1, obligation: CAUTION, matters: [A]}]
    from: 2020-01-01
`,
	"notices.yaml": `
version: 2026-01-01
notices:
  - {kind: ENTRY_IN_FORCE, nameZh: 通知, nameEn: notice, workingDays: 5, basis: [{text: 某法第八条, mark: NF}]}
  - {kind: ENTRY_RESUMED, nameZh: 通知, nameEn: notice, workingDays: 5, basis: [{text: 某法第八条, mark: NF}]}
  - {kind: ENTRY_CHANGED, nameZh: 通知, nameEn: notice, workingDays: 5, basis: [{text: 某法第八条, mark: NF}]}
  - {kind: ENTRY_SUSPENDED, nameZh: 通知, nameEn: notice, workingDays: 3, basis: [{text: 某法第八条, mark: V}]}
  - {kind: ENTRY_EXITED, nameZh: 通知, nameEn: notice, workingDays: 3, basis: [{text: 某法第九条, mark: V}]}
`,
	"calendar.yaml": `
version: 2026-01-01
years: [{year: 2026, basis: 通知, off: [2026-01-01/2026-01-02], work: [2026-01-03], workingDays: 260}]
`,
}

func dir(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func TestSoundTablesLoad(t *testing.T) {
	p, err := LoadFS(dir(sound))
	if err != nil {
		t.Fatal(err)
	}
	if rules := p.Rules(p.Matter("A"), 1); len(rules) != 1 || rules[0].Obligation != Reject {
		t.Errorf("rules: %+v", rules)
	}
}

// A clause that covers one matter of a measure proves nothing about the other,
// nor one about one list about another.
func TestCase_L10_EachListAndMatterNeedsItsArticle(t *testing.T) {
	with := func(triggers, clauses string) (*Policy, error) {
		files := map[string]string{}
		for name, text := range sound {
			files[name] = text
		}
		files["lists.yaml"] += "  - {code: L02, nameZh: 名单, nameEn: list, basis: [{text: 某法第一条, mark: V}], exit: {zh: 期满, en: ends, basis: 某法第四条}, from: 2020-01-01}\n"
		files["units.yaml"] = strings.Replace(files["units.yaml"], "lists: [L01]", "lists: [L01, L02]", 1)
		files["matters.yaml"] += "  - {code: C, nameZh: 事项, nameEn: matter, department: d, role: E}\n"
		files["measures.yaml"] = `
version: 2026-01-01
measures:
  - {code: M-1, nameZh: 措施, nameEn: measure, kind: k, department: d, target: [E], matters: [A, C], from: 2020-01-01,
     basis: [` + clauses + `], triggers: [` + triggers + `]}
`
		return LoadFS(dir(files))
	}
	f := func(triggers, clauses, want string) {
		t.Helper()
		if _, err := with(triggers, clauses); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s by %s: want %q, got %v", triggers, clauses, want, err)
		}
	}
	const onlyA = "{text: 甲, mark: V, lists: [all], matters: [A]}, {text: 乙, mark: NF, lists: [all], matters: [C]}"
	f("{list: L01, obligation: RESTRICT}", onlyA, "RESTRICT goes beyond its basis on C")
	f("{list: L01, obligation: INFORM}", "{text: 甲, mark: V, lists: [all], matters: [A]}", "no basis covers it on C")
	f("{list: L01, obligation: INFORM}", "{text: 甲, mark: V, lists: [all]}", "doesn't say which matters it covers")
	f("{list: L01, obligation: INFORM}, {list: L02, obligation: INFORM}", "{text: 甲, mark: V, matters: [all]}", "doesn't say which lists it covers")
	f("{list: L01, obligation: REJECT}, {list: L02, obligation: REJECT}", "{text: 甲, mark: V, lists: [L01], matters: [all]}, {text: 乙, mark: M+, lists: [L02], matters: [all]}",
		"trigger L02: REJECT goes beyond its basis on A")
	p, err := with("{list: L01, obligation: RESTRICT, matters: [A]}, {list: L01, obligation: CAUTION, matters: [C]}", onlyA)
	if err != nil {
		t.Fatal(err)
	}
	a, c := p.Rules(p.Matter("A"), 1)[0], p.Rules(p.Matter("C"), 1)[0]
	if !a.Proven || a.Obligation != Restrict || a.Citation != "甲" {
		t.Errorf("with an article: %+v", a)
	}
	if c.Proven || c.Obligation != Caution || c.Citation != "未查到条文依据，仅供审慎参考：乙" {
		t.Errorf("without one: %+v", c)
	}
}

// Each rule of the linter can fail.
func TestLintFindsEveryFault(t *testing.T) {
	f := func(file, old, broken, want string) {
		t.Helper()
		files := map[string]string{}
		for name, text := range sound {
			files[name] = text
		}
		if !strings.Contains(files[file], old) {
			t.Fatalf("%s holds no %q", file, old)
		}
		files[file] = strings.Replace(files[file], old, broken, 1)
		_, err := LoadFS(dir(files))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s with %q for %q: want an error with %q, got %v", file, broken, old, want, err)
		}
	}
	// Every table
	f("lists.yaml", "nameZh", "nameZH", "unknown field")
	f("measures.yaml", "kind: k", "kind: k\n    kind: l", "already defined")
	f("matters.yaml", "version: 2026-01-01", "version: soon", `version "soon" is no date`)
	f("calendar.yaml", "version: 2026-01-01", "", `version "" is no date`)

	// Lists
	f("lists.yaml", "    exit: {zh: 期满, en: ends, basis: 某法第四条}\n", "", "no way out")
	f("lists.yaml", "en: ends, basis", "basis", "lacks a language or its basis")
	f("lists.yaml", "basis: 某法第四条}", "basis: ''}", "lacks a language or its basis")
	f("lists.yaml", `{code: "1", `, `{code: "1", termYears: 11, `, "terms of 11, 0 and 11 years")
	f("lists.yaml", `{code: "1", `, `{code: "1", shownUntil: 02-31, `, `"02-31" is no day of a year`)
	f("lists.yaml", "code: L01", "code: L99", `unknown list "L99"`)
	f("lists.yaml", "nameEn: list", "nameEn: ' '", "needs a Chinese and an English name")
	f("lists.yaml", "basis: [{text: 某法第一条, mark: V}]", "basis: []", "no basis")
	f("lists.yaml", "{text: 某法第一条, mark: V}", "{text: 某法第一条, mark: sure}", `mark "sure"`)
	f("lists.yaml", "{text: 某法第一条, mark: V}", "{text: '', mark: V}", "basis without text")
	f("lists.yaml", "from: 2020-01-01", "from: ''", "no date from which it holds")
	f("lists.yaml", "from: 2020-01-01", "from: 2020-02-30", "is no date")
	f("lists.yaml", "from: 2020-01-01", "from: 2020-01-01\n    to: 2019-12-31", "before it begins")
	f("lists.yaml", "termYears: 3", "termYears: 30", "terms of 30, 0 and 30 years")
	f("lists.yaml", "    termBasis: 某法第一条\n", "", "a term and its clause stand together")
	f("lists.yaml", "termYears: 3", "termYears: 3\n    maxTermYears: 2", "a term of 3 years exceeds the longest of 2")
	f("lists.yaml", "termYears: 3", "termYears: 3\n    minTermYears: 4", "a term of 4 years exceeds the longest of 3")
	f("lists.yaml", "termYears: 3", "termYears: 3\n    maxTermYears: 6\n    minTermYears: 4", "falls short of the shortest of 4")
	f("lists.yaml", "termYears: 3", "termYears: 3\n    maxTermYears: 6\n    longerBy: 禁业", "what allows a longer term")
	f("lists.yaml", "termYears: 3", "termYears: 3\n    noService: 办法", "its exception from service names no clause")
	f("lists.yaml", "basis: 某法第四条}", "basis: 某法第四条, repairMonths: -1}", "its repair after -1 months has no basis")
	f("lists.yaml", `code: "1", nameZh: 新事由`, `code: "", nameZh: 新事由`, "no code")
	f("lists.yaml", "nameEn: cause, basis: 某法第一条", "nameEn: cause, basis: ''", "no basis")
	f("lists.yaml", "from: 2026-01-01}", "from: 2025-12-31}", "twice on the same day")
	f("lists.yaml", ", to: 2025-12-31", "", "twice on the same day")
	f("lists.yaml", "lists:\n", "lists:\n  - {code: L01, nameZh: a, nameEn: a, basis: [{text: t, mark: V}], from: 2020-01-01}\n", "code is taken")
	f("lists.yaml", "lists:\n", "lists:\n  - {code: L02, nameZh: a, nameEn: a, basis: [{text: t, mark: V}], from: 2020-01-01}\n", "no unit decides it")

	// Measures
	const basis = "basis: [{text: 某法第二条, mark: V, lists: [L01], matters: [A]}, {text: 某法第三条, mark: M+, lists: [all], matters: [all]}]"
	f("measures.yaml", basis, "basis: []", "no citation")
	f("measures.yaml", "from: 2020-01-01", "", "no date from which it holds")
	f("measures.yaml", "kind: k", "kind: ''", "needs a kind and a department")
	f("measures.yaml", "nameZh: 措施", "nameZh: ''", "needs a Chinese and an English name")
	f("measures.yaml", "target: [E]", "target: []", "reaches nobody")
	f("measures.yaml", "target: [E]", "target: [X]", `unknown role "X"`)
	f("measures.yaml", "target: [E]", "target: [E]\n    elsewhere: true", "but reaches none")
	f("measures.yaml", "list: L01, obligation", "list: L77, obligation", `unknown list "L77"`)
	f("measures.yaml", "list: L01, obligation", "list: L03, obligation", "list has no row")
	f("measures.yaml", "obligation: REJECT", "obligation: FORBID", `unknown obligation "FORBID"`)
	f("measures.yaml", "obligation: REJECT", "obligation: NONE", `unknown obligation "NONE"`)
	f("measures.yaml", "mark: V, lists", "mark: NF, lists", "REJECT goes beyond its basis on A")
	f("measures.yaml", basis, strings.Replace(basis, "{text: 某法第二条, mark: V, lists: [L01], matters: [A]}, ", "", 1), "REJECT goes beyond its basis on A")
	f("measures.yaml", "lists: [L01], matters", "lists: [L02], matters", `covers list "L02", which triggers nothing`)
	f("measures.yaml", "matters: [A]}", "matters: [B]}", `covers matter "B", which triggers nothing`)
	f("measures.yaml", "lists: [L01], matters", "lists: [L01, L01], matters", "or stands twice")
	f("measures.yaml", "termMonths: 12", "termMonths: 37", "exceeds the list's 3 years")
	f("measures.yaml", "termMonths: 12", "termMonths: -1", "term of -1 months")
	f("measures.yaml", "termMonths: 12", "outlives: {months: 12}", "want some from exit or since")
	f("measures.yaml", "termMonths: 12", "outlives: {months: 0, from: exit}", "want some from exit or since")
	f("measures.yaml", "termMonths: 12", "termMonths: 12, outlives: {months: 13, from: since}", "but after 13 when the entry has ended")
	f("measures.yaml", `causes: ["1"]`, `causes: ["7"]`, `the list has no cause "7"`)
	f("measures.yaml", `causes: ["1"]`, `causes: ["1"], matters: [B]`, "B is no matter of the measure")
	f("measures.yaml", "matters: [A]\n    from: 2020-01-01", "matters: [A]\n    from: 2019-01-01\n    to: 2019-12-31", "can never fire")
	f("measures.yaml", "termMonths: 12", "decidedFrom: 2026-02-30", "is no date")
	f("measures.yaml", "termMonths: 12", "entryOf: L", "of an enterprise or of a person")
	f("measures.yaml", "triggers: [", "triggers: [{list: L01, obligation: INFORM, causes: [\"1\"]}, ", "twice on A")
	f("measures.yaml", "matters: [A]\n", "matters: [A, A]\n", "matter A twice")
	f("measures.yaml", "matters: [A]\n", "matters: [C]\n", `unknown matter "C"`)
	f("measures.yaml", "matters: [A]\n", "matters: [B]\n", "doesn't reach whom matter B asks about")
	f("measures.yaml", "measures:\n", "measures:\n  - {code: M-1, nameZh: a, nameEn: a, kind: k, department: d, target: [E], basis: [{text: t, mark: V, lists: [all], matters: [all]}], from: 2020-01-01}\n", "code is empty or taken")

	// Matters
	f("matters.yaml", "code: B", "code: A", "code is empty or taken")
	f("matters.yaml", "role: L", "role: ''", "unknown role")
	f("matters.yaml", "department: d, role: L", "department: '', role: L", "no department")
	f("matters.yaml", "nameEn: matter", "nameEn: ''", "needs a Chinese and an English name")

	// Units
	f("units.yaml", "code: W", "code: U", "code is empty or taken")
	f("units.yaml", "domains: [decision]", "domains: [decision, weather]", `domain "weather"`)
	f("units.yaml", "domains: [decision]", "domains: [decision, permit]", "named twice")
	f("units.yaml", "domains: [decision]", "domains: []", "if and only if it decides a list")
	f("units.yaml", "lists: [L01]", "lists: [L02]", "which has no row")
	f("units.yaml", "lists: [L01]", "lists: []", "if and only if it decides a list")
	f("units.yaml", ", decision: 48", "", "domain decision has no reporting period")
	f("units.yaml", "decision: 48", "decision: 0", "0 hours")
	f("units.yaml", "decision: 48", "decision: 48, weather: 1", `period of "weather"`)
	f("units.yaml", "nameEn: unit", "nameEn: ''", "needs a Chinese and an English name")

	// Facts
	f("facts.yaml", "domain: tax, kind: grade", "domain: tax, kind: harvest", "no kind tax/harvest")
	f("facts.yaml", "by: year", "by: score", "no required day, month or year")
	f("facts.yaml", "by: year", "by: year, per: colour", `no field "colour"`)
	f("facts.yaml", "nameEn: fact", "nameEn: ''", "needs a Chinese and an English name")
	f("facts.yaml", "code: F-2", "code: F-1", "code is empty or taken")
	f("facts.yaml", "    domain: tax\n", "    domain: weather\n", "no kind weather/grade")
	f("facts.yaml", "list: L01\n", "list: L09\n", "list has no row")
	f("facts.yaml", "fields: [grade]", "fields: [colour]", `no field "colour"`)
	f("facts.yaml", "fields: [grade]", "fields: []", "names fields and has one test")
	f("facts.yaml", "in: [D]", "in: [D], positive: true", "names fields and has one test")
	f("facts.yaml", "in: [D]", "in: [Q]", `grade is never "Q"`)
	f("facts.yaml", "since: [decidedOn]", "since: [content]", `"content" is no day`)
	f("facts.yaml", "since: [decidedOn]", "since: []", "a term needs a day")
	f("facts.yaml", "basis: [{text: 某法第五条, mark: V2}]", "basis: []", "no citation")
	f("facts.yaml", "mark: V2", "mark: M+", "RESTRICT goes beyond its basis")
	f("facts.yaml", "obligation: RESTRICT", "obligation: FORBID", `unknown obligation "FORBID"`)
	f("facts.yaml", "measure: M-1, obligation: RESTRICT", "measure: M-9, obligation: RESTRICT", `unknown measure "M-9"`)
	f("facts.yaml", "measure: M-1, obligation: RESTRICT", "obligation: RESTRICT", "by a measure or as a list does")
	f("facts.yaml", "{list: L01, obligation: INFORM}", "{list: L01, obligation: REJECT}", "above CAUTION")
	f("facts.yaml", "matters: [A]", "matters: [B]", "doesn't answer matter B")
	f("facts.yaml", "bears: [{measure: M-1, obligation: CAUTION, matters: [A]}]", "bears: []", "bears on nothing")
	f("facts.yaml", "from: 2020-01-01", "", "no date from which it holds")

	// Purposes
	f("purposes.yaml", "code: U-2", "code: U-1", "code is taken")
	f("purposes.yaml", "code: U-2", "code: ''", "no code")
	f("purposes.yaml", "nameEn: purpose, basis", "nameEn: '', basis", "needs a Chinese and an English name")
	f("purposes.yaml", "mark: V2", "mark: M+", "no clause that was read")
	f("purposes.yaml", "opens: [tax/grade]", "opens: []", "opens nothing")
	f("purposes.yaml", "opens: [tax/grade]", "opens: [tax/grade, tax/grade]", "twice")
	f("purposes.yaml", "opens: [tax/grade]", "opens: [tax/weather]", "which is no kind of record")
	f("purposes.yaml", "case: true, ", "", "none is the purpose of cases")
	f("purposes.yaml", "nameEn: purpose, basis", "nameEn: purpose, case: true, basis", "is the purpose of cases already")

	// Notices
	f("notices.yaml", "ENTRY_EXITED, nameZh: 通知", "ENTRY_EXITED, nameZh: ''", "needs a Chinese and an English name")
	f("notices.yaml", "kind: ENTRY_EXITED", "kind: ENTRY_LOST", "is none of the kinds")
	f("notices.yaml", "kind: ENTRY_EXITED", "kind: ENTRY_RESUMED", "kind is taken")
	f("notices.yaml", "kind: ENTRY_EXITED", "kind: ENTRY_RESUMED", "no row of ENTRY_EXITED")
	f("notices.yaml", "workingDays: 5", "workingDays: 0", "0 working days")
	f("notices.yaml", "[{text: 某法第九条, mark: V}]", "[]", "no basis")

	// Calendar
	f("calendar.yaml", "workingDays: 260", "workingDays: 261", "has 260 working days, the row says 261")
	f("calendar.yaml", "basis: 通知", "basis: ''", "no basis")
	f("calendar.yaml", "2026-01-01/2026-01-02", "2026-01-02/2026-01-01", "no day or range of the year")
	f("calendar.yaml", "2026-01-01/2026-01-02", "2025-12-31/2026-01-02", "no day or range of the year")
	f("calendar.yaml", "2026-01-01/2026-01-02", "tomorrow", "is no date")
	f("calendar.yaml", "work: [2026-01-03]", "work: [2026-01-02]", "both off and a working day")
	f("calendar.yaml", "years: [", "years: [{year: 2026, basis: x, workingDays: 261}, ", "year twice")

	files := map[string]string{}
	for name, text := range sound {
		if name != "units.yaml" {
			files[name] = text
		}
	}
	if _, err := LoadFS(dir(files)); err == nil || !strings.Contains(err.Error(), "units.yaml") {
		t.Errorf("a missing table: %v", err)
	}
}

// All faults are told at once.
func TestAllFaultsAtOnce(t *testing.T) {
	files := map[string]string{}
	for name, text := range sound {
		files[name] = text
	}
	files["lists.yaml"] = strings.Replace(sound["lists.yaml"], "nameEn: list", "nameEn: ''", 1)
	files["measures.yaml"] = strings.Replace(sound["measures.yaml"], "obligation: REJECT", "obligation: FORBID", 1)
	files["matters.yaml"] = strings.Replace(sound["matters.yaml"], "role: L", "role: Q", 1)
	files["units.yaml"] = strings.Replace(sound["units.yaml"], "code: W", "code: U", 1)
	files["calendar.yaml"] = strings.Replace(sound["calendar.yaml"], "260", "1", 1)
	_, err := LoadFS(dir(files))
	for _, want := range []string{"list L01", "measure M-1", "matter B", "unit U", "calendar 2026"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no fault of %s in %v", want, err)
		}
	}
}
