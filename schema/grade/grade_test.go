package grade

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
)

func load(t testing.TB) *Rules {
	t.Helper()
	r, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func day(s string) civil.Date {
	if s == "" {
		return civil.NoDate
	}
	d, ok := civil.ParseDate(s)
	if !ok {
		panic(s)
	}
	return d
}

var today = day("2026-11-25")

func entry(id, code string, state list.State, until string) list.Entry {
	c, ok := list.ParseCode(code)
	if !ok {
		panic(code)
	}
	return list.Entry{ID: id, List: c, State: state, Since: day("2026-01-01"), Until: day(until)}
}

func TestGrade(t *testing.T) {
	r := load(t)
	f := func(name string, facts Facts, want Grade, reasons string) {
		t.Helper()
		facts.Day = today
		got, why := r.Grade(&facts)
		var lines []string
		for _, w := range why {
			lines = append(lines, w.String())
		}
		if s := strings.Join(lines, " | "); got != want || s != reasons {
			t.Errorf("%s: %s because %q, want %s because %q", name, got, s, want, reasons)
		}
	}
	on := func(codes ...string) (out []list.Entry) {
		for i, c := range codes {
			out = append(out, entry(fmt.Sprint("E", i), c, list.InForce, ""))
		}
		return out
	}
	f("nothing known", Facts{}, Good, "")
	f("a serious list", Facts{Entries: on("L03")}, SeriouslyDishonest, "SERIOUS_LIST: L03 E0")
	f("two serious lists and a lesser one", Facts{Entries: on("L09", "L04", "L01")}, SeriouslyDishonest, "SERIOUS_LIST: L04 E1, L09 E0")
	f("customs grade is no serious list", Facts{Entries: on("L15")}, Good, "")
	f("customs serious list", Facts{Entries: on("L15B")}, SeriouslyDishonest, "SERIOUS_LIST: L15B E0")
	f("spending restriction without dishonesty", Facts{Entries: on("L05")}, Good, "")
	f("abnormal list", Facts{Entries: on("L01")}, Warning, "ABNORMAL_LIST: L01 E0")
	f("abnormal list of individual businesses", Facts{Entries: on("L02")}, Warning, "ABNORMAL_LIST: L02 E0")
	f("abnormal taxpayer", Facts{Entries: on("L20")}, Dishonest, "TAX_ABNORMAL_STATUS: L20 E0")
	f("notice of arrears", Facts{Entries: on("L21")}, Warning, "TAX_ARREARS_NOTICE: L21 E0")
	f("not yet in force", Facts{Entries: []list.Entry{entry("E", "L03", list.Served, "")}}, Good, "")
	f("suspended", Facts{Entries: []list.Entry{entry("E", "L03", list.Suspended, "")}}, Good, "")
	f("exited", Facts{Entries: []list.Entry{entry("E", "L03", list.Exited, "")}}, Good, "")
	f("last day of the term", Facts{Entries: []list.Entry{entry("E", "L03", list.InForce, "2026-11-25")}}, SeriouslyDishonest, "SERIOUS_LIST: L03 E")
	f("term over", Facts{Entries: []list.Entry{entry("E", "L03", list.InForce, "2026-11-24")}}, Good, "")

	penalty := func(id, category, decided string) Penalty {
		return Penalty{ID: id, Category: category, DecidedOn: day(decided), ValidUntil: civil.NoDate, PublicUntil: civil.NoDate, RepairedOn: civil.NoDate}
	}
	f("fine", Facts{Penalties: []Penalty{penalty("P1", "罚款", "2026-05-01")}}, Warning, "GENERAL_PENALTY: P1")
	f("warning only", Facts{Penalties: []Penalty{penalty("P1", "警告;通报批评", "2026-05-01")}}, Good, "")
	f("revocation and a fine", Facts{Penalties: []Penalty{penalty("P2", "罚款;吊销许可证件", "2026-05-01"), penalty("P1", "责令关闭", "2026-06-01")}}, Dishonest, "SERIOUS_PENALTY: P1, P2")
	f("display ended", Facts{Penalties: []Penalty{penalty("P1", "吊销许可证件", "2023-11-24")}}, Good, "")
	f("the graver reason hides the lesser", Facts{Entries: on("L01"), Penalties: []Penalty{penalty("P1", "责令停产停业", "2026-05-01")}}, Dishonest, "SERIOUS_PENALTY: P1")

	f("tax grade D", Facts{TaxGrades: []TaxGrade{{"T1", 2025, "D"}}}, Dishonest, "TAX_GRADE_D: T1")
	f("tax grade D of old", Facts{TaxGrades: []TaxGrade{{"T1", 2024, "D"}, {"T2", 2025, "B"}}}, Good, "")
	f("tax grade C", Facts{TaxGrades: []TaxGrade{{"T1", 2025, "C"}}}, Good, "")
	f("abnormal taxpayer's record", Facts{TaxAbnormal: []Span{{"S", day("2026-01-01"), civil.NoDate}}}, Dishonest, "TAX_ABNORMAL_RECORD: S")
	f("abnormal status lifted", Facts{TaxAbnormal: []Span{{"S", day("2026-01-01"), day("2026-11-24")}}}, Good, "")
	f("abnormal status lifted today", Facts{TaxAbnormal: []Span{{"S", day("2026-01-01"), today}}}, Good, "")
	f("abnormal status lifted tomorrow", Facts{TaxAbnormal: []Span{{"S", day("2026-01-01"), today + 1}}}, Dishonest, "TAX_ABNORMAL_RECORD: S")
	f("broken commitment", Facts{Commitments: []Commitment{{"C", day("2025-01-01"), "全部未履行"}}}, Dishonest, "BROKEN_COMMITMENT: C")
	f("kept commitment", Facts{Commitments: []Commitment{{"C", day("2025-01-01"), "全部履行"}}}, Good, "")
	f("commitment broken long ago, and broken still", Facts{Commitments: []Commitment{{"C", day("2023-11-24"), "全部未履行"}}}, Dishonest, "BROKEN_COMMITMENT: C")
	f("overdue rectification", Facts{Rectifications: []Rectification{{"R", day("2026-11-24"), civil.NoDate}}}, Warning, "OVERDUE_RECTIFICATION: R")
	f("rectification due today", Facts{Rectifications: []Rectification{{"R", today, civil.NoDate}}}, Good, "")
	f("rectified", Facts{Rectifications: []Rectification{{"R", day("2026-11-01"), day("2026-11-20")}}}, Good, "")
	f("several warnings", Facts{Entries: on("L21", "L02"), Penalties: []Penalty{penalty("P", "没收非法财物", "2026-05-01")}},
		Warning, "ABNORMAL_LIST: L02 E1 | GENERAL_PENALTY: P | TAX_ARREARS_NOTICE: L21 E0")
}

// The rules name exactly the lists that the policy calls serious.
func TestSeriousListsAreThoseOfThePolicy(t *testing.T) {
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := load(t)
	for c := list.L01; c < list.CodeEnd; c++ {
		g, _ := r.Grade(&Facts{Day: today, Entries: []list.Entry{{ID: "E", List: c, Cause: "1", State: list.InForce, Since: civil.NoDate, Until: civil.NoDate}}})
		if (g == SeriouslyDishonest) != p.Serious(c) {
			t.Errorf("%s gives %s, serious by policy: %v", c, g, p.Serious(c))
		}
	}
}

// Display counts from the document; decisions before Order 36 keep their terms.
func TestDisplayUntil(t *testing.T) {
	r := load(t)
	f := func(category, decided, valid, public, want string) {
		t.Helper()
		p := Penalty{Category: category, DecidedOn: day(decided), ValidUntil: day(valid), PublicUntil: day(public), RepairedOn: civil.NoDate}
		last, ok := r.DisplayUntil(&p)
		if ok != (want != "") || last != day(want) {
			t.Errorf("%s of %s: until %s (%v), want %s", category, decided, last, ok, want)
			return
		}
		if ok && (!r.Displayed(&p, last) || r.Displayed(&p, last+1) || r.Displayed(&p, p.DecidedOn-1)) {
			t.Errorf("%s of %s is not displayed through %s exactly", category, decided, last)
		}
	}
	f("罚款", "2026-05-01", "", "", "2027-05-01")
	f("罚款", "2026-03-31", "", "", "2029-03-31")
	f("罚款", "2026-05-01", "2099-12-31", "", "2027-05-01")
	f("罚款", "2026-05-01", "2030-01-01", "", "2030-01-01")
	f("罚款", "2026-05-01", "", "2026-08-01", "2026-08-01")
	f("罚款", "2026-05-01", "", "2030-08-01", "2027-05-01")
	f("限制从业", "2026-05-01", "2031-05-01", "", "2031-05-01")
	f("限制从业", "2026-05-01", "2099-12-31", "", "2099-12-31")
	f("暂扣许可证件", "2026-05-01", "", "", "2029-05-01")
	f("警告", "2026-05-01", "", "", "")
	f("通报批评", "2024-05-01", "", "", "")
	f("", "2026-05-01", "", "", "2027-05-01")
	f("罚款", "", "", "", "")
}

func TestSeverity(t *testing.T) {
	r := load(t)
	f := func(category string, want Severity) {
		t.Helper()
		if got := r.Severity(&Penalty{Category: category}); got != want {
			t.Errorf("%q is %s, want %s", category, got, want)
		}
	}
	f("警告", Minor)
	f("警告;罚款", General)
	f("没收非法财物", General)
	f("降低资质等级", Serious)
	f("罚款;责令停产停业", Serious)
	f("其他-责令改正", General)
	f("", General)
}

// More evidence never makes the class better, and the class is without memory.
func TestGradeIsMonotone(t *testing.T) {
	r := load(t)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (out []list.Entry) {
			for i := range rapid.IntRange(0, 4).Draw(t, name) {
				out = append(out, list.Entry{ID: fmt.Sprint(name, i), List: list.Code(rapid.IntRange(1, int(list.CodeEnd)-1).Draw(t, "list")),
					State: list.State(rapid.IntRange(1, 6).Draw(t, "state")), Since: civil.NoDate, Until: civil.NoDate})
			}
			return out
		}
		some, more := draw("a"), draw("b")
		one, reasons := r.Grade(&Facts{Day: today, Entries: some})
		both, _ := r.Grade(&Facts{Day: today, Entries: append(append([]list.Entry(nil), some...), more...)})
		if both < one {
			t.Fatalf("%s became %s by more evidence", one, both)
		}
		if (one == Good) != (len(reasons) == 0) {
			t.Fatalf("%s with reasons %v", one, reasons)
		}
	})
}

func TestRulesLint(t *testing.T) {
	const sound = `
version: 2026-04-01
penalties:
  - {class: SERIOUS, words: [吊销], basis: b, months: 36, monthsBefore: 36}
  - {class: MINOR, words: [警告], basis: b}
otherwise: MINOR
changedOn: 2026-04-01
rules:
  - {code: A, grade: DISHONEST, fact: list, lists: [L20]}
  - {code: B, grade: WARNING, fact: penalty, values: [MINOR]}
`
	if _, err := parse([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	f := func(old, broken, want string) {
		t.Helper()
		if !strings.Contains(sound, old) {
			t.Fatalf("no %q", old)
		}
		_, err := parse([]byte(strings.Replace(sound, old, broken, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q for %q: want an error with %q, got %v", broken, old, want, err)
		}
	}
	f("fact: list", "facts: list", "unknown field")
	f("changedOn: 2026-04-01", "changedOn: soon", "is no date")
	f("class: MINOR", "class: TINY", `penalty class "TINY"`)
	f("words: [警告], basis: b", "words: [警告]", `penalty class "MINOR"`)
	f("words: [警告]", "words: ['']", `penalty class "MINOR"`)
	f("class: SERIOUS", "class: MINOR", "not less severe")
	f("otherwise: MINOR", "otherwise: GENERAL", "is no penalty class")
	f("grade: DISHONEST", "grade: GOOD", "a grade above GOOD")
	f("grade: DISHONEST", "grade: BAD", "a grade above GOOD")
	f("fact: penalty", "fact: weather", "a known fact")
	f("grade: WARNING", "grade: SERIOUSLY_DISHONEST", "graver than the one before")
	f("code: B", "code: A", "rule A twice")
	f(", lists: [L20]", "", "lists belong to the fact list")
	f("lists: [L20]", "lists: [L99]", `unknown list "L99"`)
	f(", values: [MINOR]", "", "values belong to")
}
