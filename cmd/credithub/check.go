package main

import (
	"context"
	"encoding/json"
	"fmt"

	"credithub/deploy/probe"
)

type checkCmd struct {
	URL    string `name:"url" help:"Address of the hub." required:"" env:"CREDITHUB_URL"`
	Token  string `help:"Bearer token." required:"" env:"CREDITHUB_TOKEN"`
	CaseNo string `help:"Case number, kept in the audit log."`
	After  string `help:"Receipt of a push that the answer must reflect."`
	USCC   string `arg:"" name:"uscc" help:"统一社会信用代码."`
	Matter string `arg:"" help:"Matter code, such as GOVERNMENT_PROCUREMENT."`
}

const checkDocument = `query($u:ID!,$m:ID!,$c:String,$a:String){check(uscc:$u,matter:$m,caseNo:$c,after:$a){
id outcome obligation asOf receipt matter{nameZh} subject{name}
hits{obligation citation measure{code nameZh} entry{id documentNo since until wayOutZh list{code nameZh} decidedBy{name}}}
staleSources{unit{code name} domain}}}`

// checkAnswer is what the command prints.
type checkAnswer struct {
	ID, Outcome, Obligation, AsOf, Receipt string
	Matter                                 struct{ NameZh string }
	Subject                                *struct{ Name string }
	Hits                                   []struct {
		Obligation string
		Citation   string
		Measure    struct{ Code, NameZh string }
		Entry      struct {
			ID, DocumentNo string
			Since, Until   string
			WayOutZh       string
			List           struct{ Code, NameZh string }
			DecidedBy      struct{ Name string }
		}
	}
	StaleSources []struct {
		Unit   struct{ Code, Name string }
		Domain string
	}
}

// exit status of each outcome.
var checkExit = map[string]int{"CLEAR": 0, "HIT": 3, "SUBJECT_UNKNOWN": 4, "SUBJECT_AMBIGUOUS": 4, "SOURCE_STALE": 4}

// Run asks and prints; the exit status tells the outcome.
func (c *checkCmd) Run(ctx context.Context) error {
	vars := map[string]any{"u": c.USCC, "m": c.Matter}
	if c.CaseNo != "" {
		vars["c"] = c.CaseNo
	}
	if c.After != "" {
		vars["a"] = c.After
	}
	raw, err := probe.Ask(ctx, c.URL, c.Token, checkDocument, vars)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	var answer struct {
		Data   struct{ Check *checkAnswer }
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
		Detail string
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("check: the answer of %s is no GraphQL", c.URL)
	}
	a := answer.Data.Check
	switch {
	case len(answer.Errors) > 0:
		return fmt.Errorf("check: %s: %s", answer.Errors[0].Extensions.Code, answer.Errors[0].Message)
	case a == nil:
		return fmt.Errorf("check: %s", answer.Detail)
	}
	a.print(c.USCC)
	status, known := checkExit[a.Outcome]
	switch {
	case !known:
		return fmt.Errorf("check: outcome %q is unknown to this program", a.Outcome)
	case status != 0:
		return exitError(status)
	}
	return nil
}

func (a *checkAnswer) print(uscc string) {
	name := "（登记名称尚未入库）" // the index knows the subject a moment before the store
	switch {
	case a.Subject != nil && a.Subject.Name != "":
		name = a.Subject.Name
	case a.Outcome == "SUBJECT_UNKNOWN":
		name = "（未登记）"
	}
	fmt.Printf("%s  %s\n%s: %s %s\n", uscc, name, a.Matter.NameZh, a.Outcome, a.Obligation)
	for _, h := range a.Hits {
		until := h.Entry.Until
		if until == "" {
			until = "无固定期限"
		}
		fmt.Printf("  %-9s %s %s\n    依据 %s\n    名单 %s %s  文书 %s  认定 %s\n    期限 %s 至 %s\n    移出 %s\n", h.Obligation, h.Measure.Code, h.Measure.NameZh,
			h.Citation, h.Entry.List.Code, h.Entry.List.NameZh, h.Entry.DocumentNo, h.Entry.DecidedBy.Name, h.Entry.Since, until, h.Entry.WayOutZh)
	}
	for _, s := range a.StaleSources {
		fmt.Printf("  来源延迟 %s %s %s\n", s.Unit.Code, s.Unit.Name, s.Domain)
	}
	fmt.Printf("编号 %s  时间 %s\n平台给出依据，是否办理由办理机关依法决定。\n", a.ID, a.AsOf)
}
