package site

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// pageNames are the templates with a page of their own.
var pageNames = []string{"home", "search", "entity", "lists", "measures", "matters", "sources", "docs", "problem"}

// parse reads the templates for one language. A key that the dictionary lacks is
// an error when the page is made, which a test does for every page.
func parse(lang int) (map[string]*template.Template, error) {
	out := map[string]*template.Template{}
	base, err := template.New("layout.html").Funcs(funcs(lang)).Option("missingkey=error").ParseFS(templateFiles, "templates/layout.html")
	if err != nil {
		return nil, err
	}
	for _, name := range pageNames {
		t, err := template.Must(base.Clone()).ParseFS(templateFiles, "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		out[name] = t
	}
	out["none"] = out["problem"]
	return out, nil
}

func funcs(lang int) template.FuncMap {
	pick := func(chinese, english string) string {
		if lang == en && english != "" {
			return english
		}
		return chinese
	}
	return template.FuncMap{
		"t": func(key string) (string, error) {
			w, ok := words[key]
			if !ok {
				return "", fmt.Errorf("no word for %q", key)
			}
			return w[lang], nil
		},
		"lang":    func() string { return [...]string{"zh-CN", "en"}[lang] },
		"english": func() bool { return lang == en },
		"pick":    pick,
		"date":    func(d civil.Date) string { return d.String() },
		"day":     func(t time.Time) string { return t.In(civil.China).Format(time.DateOnly) },
		"minute":  func(t time.Time) string { return t.In(civil.China).Format("2006-01-02 15:04") },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"none":    func(d civil.Date) bool { return d == civil.NoDate },
		"split":   split,
		"status":  func(code string) string { return statusWord(code, lang) },
		"domain":  func(d record.Domain) string { return domainWord(d, lang) },
		"kind":    func(k *record.KindSpec) string { return pick(k.NameZh, strings.ReplaceAll(k.Name, "_", " ")) },
		"units": func(p *policy.Policy, codes []string) string {
			names := make([]string, 0, len(codes))
			for _, c := range codes {
				if u := p.Unit(c); u != nil {
					names = append(names, pick(u.NameZh, u.NameEn))
				}
			}
			return strings.Join(names, pick("、", ", "))
		},
		"cause":        func(e *Entry) string { return causeWord(e, lang) },
		"exit":         func(e *Entry) string { return exitWord(e, lang) },
		"abnormalList": func(c list.Code) bool { return c == list.L01 || c == list.L02 },
	}
}

// split cuts a code into the groups by which it is read.
func split(code string) []string {
	if len(code) != 18 {
		return []string{code}
	}
	return []string{code[:2], code[2:8], code[8:17], code[17:]}
}

// statusWord is the word for a registration status of GSXT.
func statusWord(code string, lang int) string {
	w, ok := map[string][2]string{
		"1": {"存续（在营）", "Active"}, "2": {"吊销，未注销", "Licence revoked"}, "3": {"吊销，已注销", "Revoked and deregistered"},
		"4": {"注销", "Deregistered"}, "5": {"撤销", "Registration cancelled"}, "6": {"迁出", "Moved away"}, "9": {"其他", "Other"},
	}[code]
	if !ok {
		return code
	}
	return w[lang]
}

// domainWord is the word for a domain.
func domainWord(d record.Domain, lang int) string {
	w, ok := map[record.Domain][2]string{
		record.Registration: {"登记", "registration"}, record.Tax: {"税务", "tax"}, record.SocialSecurity: {"社会保险", "social insurance"},
		record.Bank: {"金融", "bank"}, record.Decision: {"名单决定", "list decisions"}, record.Permit: {"行政许可", "licences"},
		record.Penalty: {"行政处罚", "penalties"}, record.AnnualReport: {"年度报告", "annual reports"}, record.Inspection: {"抽查检查", "inspections"},
		record.Judgment: {"司法执行", "judgments"}, record.Commitment: {"信用承诺", "commitments"}, record.Complaint: {"投诉举报", "complaints"},
	}[d]
	if !ok {
		return d.String()
	}
	return w[lang]
}

// exitWord tells how the entry ends, with the clause.
func exitWord(e *Entry, lang int) string {
	if lang == en {
		return e.WayOut.En + "."
	}
	return e.WayOut.Zh + "（" + e.WayOut.Basis + "）。"
}

// causeWord is the name of a known cause as it read when it was decided, else the
// text that the unit gave.
func causeWord(e *Entry, lang int) string {
	c := e.List.Cause(e.Cause, e.DecidedOn)
	switch {
	case c == nil:
		return e.Cause
	case lang == en:
		return c.NameEn
	}
	return c.NameZh
}
