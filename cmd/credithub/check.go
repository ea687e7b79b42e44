package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"credithub/deploy/platform/client"
	"credithub/schema/policy"
)

type checkCmd struct {
	URL    string `name:"url" help:"Address of the hub." required:"" env:"CREDITHUB_URL"`
	Token  string `help:"Bearer token." required:"" env:"CREDITHUB_TOKEN"`
	CaseNo string `help:"Case number, kept in the audit log."`
	After  string `help:"Receipt of a push that the answer must reflect."`
	Person string `name:"person-key" help:"Keyed hash of a person's identity number (credithub person-key): ask about that person." placeholder:"HEX"`
	USCC   string `arg:"" name:"uscc" help:"统一社会信用代码."`
	Matter string `arg:"" help:"Matter by code (GOVERNMENT_PROCUREMENT), by name (食品经营许可) or by a part of one that is its own."`
}

const checkDocument = `query($u:ID!,$m:ID!,$c:String,$a:String,$p:String){check(uscc:$u,matter:$m,caseNo:$c,after:$a,personKey:$p){
id uscc outcome obligation asOf matter{code nameZh} subject{name}
hits{obligation role citation measure{code nameZh} entry{documentNo since until wayOutZh list{code nameZh} decidedBy{name}}
evidence{reason since until record{id version unit{name}}}}
staleSources{unit{code name} domain} unconnectedSources{unit{code name} domain}}}`

// checkAnswer is what the command prints.
type checkAnswer struct {
	ID, USCC, Outcome, Obligation, AsOf string

	Matter  struct{ Code, NameZh string }
	Subject *struct{ Name string }
	Hits    []struct {
		Obligation string
		Role       string
		Citation   string
		Measure    struct{ Code, NameZh string }
		Entry      *struct {
			DocumentNo, Since, Until, WayOutZh string
			List                               struct{ Code, NameZh string }
			DecidedBy                          struct{ Name string }
		}
		Evidence *struct {
			Reason, Since, Until string
			Record               struct {
				ID      string
				Version int
				Unit    struct{ Name string }
			}
		}
	}
	StaleSources, UnconnectedSources []struct {
		Unit   struct{ Code, Name string }
		Domain string
	}
}

// roleZh are the words for whom a measure binds.
var roleZh = map[string]string{"ENTERPRISE": "企业", "LEGAL_REPRESENTATIVE": "法定代表人",
	"RESPONSIBLE_PERSON": "负责人、直接责任人员", "BRANCH": "分支机构"}

// exit status of each outcome.
var checkExit = map[string]int{"CLEAR": 0, "HIT": 3, "SUBJECT_UNKNOWN": 4, "SUBJECT_AMBIGUOUS": 4, "SOURCE_STALE": 4}

// Run asks and prints; the exit status tells the outcome.
func (c *checkCmd) Run(ctx context.Context) error {
	a, err := c.ask(ctx, c.Matter)
	var unknown *unknownMatter
	if errors.As(err, &unknown) {
		if code := unknown.only(c.Matter); code != "" {
			a, err = c.ask(ctx, code)
		}
	}
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	a.print()
	status, known := checkExit[a.Outcome]
	switch {
	case !known:
		return fmt.Errorf("check: outcome %q is unknown to this program", a.Outcome)
	case status != 0:
		return exitError(status)
	}
	return nil
}

// unknownMatter is the refusal of a matter that the hub doesn't know, with those
// that could be meant.
type unknownMatter struct{ near []policy.Matter }

func (u *unknownMatter) Error() string {
	var b strings.Builder
	b.WriteString("没有这一审批事项或不止一项 (no such matter, or several)")
	for _, m := range u.near {
		fmt.Fprintf(&b, "\n  %-28s %s  %s", m.Code, m.NameZh, m.NameEn)
	}
	return b.String()
}

// only is the code of the one matter whose code or name holds the text; "" when
// there is none, or more than one.
func (u *unknownMatter) only(text string) (code string) {
	for i := range u.near {
		switch {
		case !u.near[i].Holds(text):
		case code != "":
			return ""
		default:
			code = u.near[i].Code
		}
	}
	return code
}

// ask asks about a matter.
func (c *checkCmd) ask(ctx context.Context, matter string) (*checkAnswer, error) {
	vars := map[string]any{"u": c.USCC, "m": matter}
	if c.CaseNo != "" {
		vars["c"] = c.CaseNo
	}
	if c.After != "" {
		vars["a"] = c.After
	}
	if c.Person != "" {
		vars["p"] = c.Person
	}
	var answer struct{ Check *checkAnswer }
	err := client.At(c.URL, c.Token).Query(ctx, checkDocument, vars, &answer)
	var fault *client.GraphError
	var refused *client.Refusal
	switch {
	case errors.As(err, &fault):
		var x struct{ Near []policy.Matter }
		if json.Unmarshal(fault.Extensions, &x) == nil && len(x.Near) > 0 {
			return nil, &unknownMatter{x.Near}
		}
		return nil, err
	case errors.As(err, &refused):
		return nil, errors.New(refused.Detail)
	case err == nil && answer.Check == nil:
		return nil, fmt.Errorf("the answer of %s is empty", c.URL)
	}
	return answer.Check, err
}

// orOpen is the end of a term in words.
func orOpen(until string) string {
	if until == "" {
		return "无固定期限"
	}
	return until
}

func (a *checkAnswer) print() {
	name := "（登记名称尚未入库）" // the index knows the subject a moment before the store
	switch {
	case a.Subject != nil && a.Subject.Name != "":
		name = a.Subject.Name
	case a.Outcome == "SUBJECT_UNKNOWN":
		name = "（未登记）"
	}
	fmt.Printf("%s  %s\n%s %s: %s %s\n", a.USCC, name, a.Matter.Code, a.Matter.NameZh, a.Outcome, a.Obligation)
	for _, h := range a.Hits {
		fmt.Printf("  %-9s %s %s\n    对象 %s\n    依据 %s\n", h.Obligation, h.Measure.Code, h.Measure.NameZh, roleZh[h.Role], h.Citation)
		if e := h.Entry; e != nil {
			fmt.Printf("    名单 %s %s  文书 %s  认定 %s\n    期限 %s 至 %s\n    移出 %s\n",
				e.List.Code, e.List.NameZh, e.DocumentNo, e.DecidedBy.Name, e.Since, orOpen(e.Until), e.WayOutZh)
		}
		if e := h.Evidence; e != nil {
			fmt.Printf("    事实 %s\n    记录 %s 第 %d 版  来源 %s\n", e.Reason, e.Record.ID, e.Record.Version, e.Record.Unit.Name)
			if e.Since != "" || e.Until != "" {
				fmt.Printf("    期限 %s 至 %s\n", e.Since, orOpen(e.Until))
			}
		}
	}
	for _, s := range a.StaleSources {
		fmt.Printf("  来源延迟 %s %s %s\n", s.Unit.Code, s.Unit.Name, s.Domain)
	}
	for _, s := range a.UnconnectedSources {
		fmt.Printf("  来源未接入 %s %s %s\n", s.Unit.Code, s.Unit.Name, s.Domain)
	}
	fmt.Printf("编号 %s  时间 %s\n平台给出依据，是否办理由办理机关依法决定。\n", a.ID, a.AsOf)
}
