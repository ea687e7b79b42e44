package view

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"credithub/schema/fault"
	"credithub/schema/policy"
)

// Occasion is why conditionally shared data are asked for: a purpose of the table,
// or an approval matter with the number of the case.
type Occasion struct {
	Purpose *policy.Purpose
	Matter  *policy.Matter
	CaseNo  string
}

// CheckCaseNo tells what is wrong with the number of a case, as fault.BadInput. The
// message never holds it.
func CheckCaseNo(caseNo string, most int) error {
	switch {
	case len(caseNo) > most || !utf8.ValidString(caseNo):
		return fault.New(fault.BadInput, "caseNo: longer than %d bytes", most)
	case caseNo != "" && Personal(caseNo):
		return fault.New(fault.BadInput, "caseNo: looks like an identity number")
	}
	return nil
}

// Occasion makes the occasion of what a caller gave; nil when nothing was. most
// bounds the number of the case, in bytes. The occasion is noted for the audit log.
func (w *Viewer) Occasion(purpose, matter, caseNo string, most int) (*Occasion, error) {
	if purpose == "" && matter == "" && caseNo == "" {
		return nil, nil
	}
	o := &Occasion{CaseNo: caseNo}
	p := w.views.Policy
	if purpose != "" {
		var err error
		if o.Purpose, err = PurposeOf(p, purpose); err != nil {
			return nil, err
		}
	}
	if matter != "" {
		if o.Matter, _ = p.FindMatter(matter); o.Matter == nil {
			return nil, fault.New(fault.BadInput, "matter: no such approval matter")
		}
	}
	if err := CheckCaseNo(caseNo, most); err != nil {
		return nil, err
	}
	w.Note(o)
	return o, nil
}

// PurposeOf is the purpose of a code, or fault.BadInput.
func PurposeOf(p *policy.Policy, code string) (*policy.Purpose, error) {
	if u := p.Purpose(code); u != nil {
		return u, nil
	}
	return nil, fault.New(fault.BadInput, "purpose: no such purpose; there are %s", codesOf(p.Purposes))
}

func codesOf(all []*policy.Purpose) string {
	var codes []string
	for _, u := range all {
		codes = append(codes, u.Code)
	}
	return strings.Join(codes, ", ")
}

// Note keeps an occasion for the audit log.
func (w *Viewer) Note(o *Occasion) { w.occasions = append(w.occasions, o) }

// Occasions are those on which anything was asked.
func (w *Viewer) Occasions() []*Occasion { return w.occasions }

// opens tells whether an occasion opens records of a kind.
func (w *Viewer) opens(o *Occasion, domain, kind string) bool {
	switch {
	case o == nil:
		return false
	case o.Purpose.Opens(domain, kind):
		return true
	}
	return o.Matter != nil && names(o.CaseNo) && w.views.Policy.CasePurpose().Opens(domain, kind)
}

// names tells whether a case number names a case: blanks and dashes don't.
func names(caseNo string) bool {
	return strings.ContainsFunc(caseNo, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// needed is what a caller has to name to see conditional data.
func (v *Views) needed(domain, kind string) error {
	return fault.New(fault.Forbidden, "%s/%s is shared conditionally (政务数据共享条例 第二十五条): name a purpose (%s), or a matter with its caseNo",
		domain, kind, strings.Join(v.Policy.PurposesFor(domain, kind), ", "))
}
