package graph

import (
	"strings"
	"testing"
)

// Conditionally shared data need a purpose, or a matter with the number of its case;
// without one the field is null and the error says what is needed. Either is in the
// audit log.
func TestCase_L22_ConditionalDataNeedAPurpose(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.add(clearCode, "bank", "loan", "PBC", "B-1", `{"class":"LOSS","consentRef":"c"}`)
	h.add(clearCode, "social_security", "insurance", "HRSS", "S-1", `{"period":"2026-01","insuredCount":7}`)
	h.add(clearCode, "tax", "arrears", "TAX", "T-1", `{"taxType":"增值税","amount":"12.00","asOf":"2026-01-31"}`)
	h.add(clearCode, "tax", "grade", "TAX", "T-2", `{"year":2025,"grade":"B"}`)
	h.add(clearCode, "tax", "grade", "TAX", "T-3", `{"year":2024,"grade":"A","reason":"细节"}`)
	const open, shut = `,"data":{`, `,"data":null`
	f := func(token, args, domain string, want string, inAudit ...string) {
		t.Helper()
		h.audit = nil
		a := ask(t, s, token, `{entity(uscc:"`+clearCode+`"`+args+`){records(domain:"`+domain+`"){totalCount edges{node{withheld data}}}}}`, nil)
		if !strings.Contains(a.raw, want) || want == shut && (a.code() != "FORBIDDEN" || !strings.Contains(a.raw, "purpose")) || want == open && len(a.Errors) > 0 {
			t.Errorf("%s%s %s: %s", token, args, domain, a.raw)
		}
		if len(h.audit) != 1 {
			t.Fatalf("%d audit records", len(h.audit))
		}
		if r := h.audit[0]; len(inAudit) == 3 && (r.Purpose != inAudit[0] || r.Matter != inAudit[1] || r.CaseNo != inAudit[2]) {
			t.Errorf("%s: recorded %+v", args, r)
		}
	}
	for _, domain := range []string{"bank", "social_security"} {
		for _, token := range []string{"officer:SAMR", "supervisor:SAMR", "auditor:SAMR", "admin:SAMR"} {
			f(token, "", domain, shut, "", "", "")
			f(token, `,purpose:"ADMINISTRATIVE_APPROVAL"`, domain, open, "ADMINISTRATIVE_APPROVAL", "", "")
			f(token, `,matter:"BANK_CREDIT",caseNo:"2026-7"`, domain, open, "", "BANK_CREDIT", "2026-7")
			f(token, `,matter:"BANK_CREDIT"`, domain, shut, "", "BANK_CREDIT", "") // no case
			f(token, `,caseNo:"2026-7"`, domain, shut, "", "", "2026-7")           // of no matter
			for _, blank := range []string{" ", "　", "-", "\u200b"} {
				f(token, `,matter:"BANK_CREDIT",caseNo:"`+blank+`"`, domain, shut)
			}
		}
	}
	// A purpose opens what it needs and nothing else.
	f("officer:SAMR", `,purpose:"PROCUREMENT_REVIEW"`, "social_security", open)
	f("officer:SAMR", `,purpose:"PROCUREMENT_REVIEW"`, "bank", shut)
	f("officer:SAMR", `,purpose:"CREDIT_FINANCING"`, "bank", open)
	// What a unit pushed is its own.
	f("officer:PBC", "", "bank", open)
	f("agency:HRSS", "", "social_security", open)
	// The published grade is open, its details and other grades are not.
	f("officer:SAMR", "", "tax", `{"node":{"withheld":["reason"],"data":{"year":2024,"grade":"A"}}}`)
	f("officer:SAMR", "", "tax", `{"node":{"withheld":["year","grade"],"data":null}}`)

	bad := ask(t, s, "officer:SAMR", `{entity(uscc:"`+clearCode+`",purpose:"CURIOSITY"){uscc}}`, nil)
	if bad.code() != "BAD_INPUT" || !strings.Contains(bad.raw, "ADMINISTRATIVE_APPROVAL") {
		t.Errorf("an unknown purpose: %s", bad.raw)
	}
}

// A check carries its occasion to what is read below it.
func TestCase_L22_ACheckCarriesItsOccasion(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.add(clearCode, "bank", "loan", "PBC", "B-1", `{"class":"LOSS","consentRef":"c"}`)
	f := func(q string, opens bool, purpose, caseNo string) {
		t.Helper()
		h.audit = nil
		a := ask(t, s, "officer:SAMR", q, nil)
		if got := strings.Contains(a.raw, `"node":{"data":{`); got != opens || got == (len(a.Errors) > 0) {
			t.Errorf("%s: %s", q, a.raw)
		}
		for _, r := range h.audit {
			if r.Purpose != purpose || r.CaseNo != caseNo {
				t.Errorf("%s: recorded %+v", q, r)
			}
		}
	}
	const below = `{outcome subject{records(domain:"bank"){edges{node{data}}}}}`
	f(`{check(uscc:"`+clearCode+`",matter:"BANK_CREDIT")`+below+`}`, false, "", "")
	f(`{check(uscc:"`+clearCode+`",matter:"BANK_CREDIT",caseNo:"2026-7")`+below+`}`, true, "", "2026-7")
	f(`{check(uscc:"`+clearCode+`",matter:"BANK_CREDIT",purpose:"CREDIT_FINANCING")`+below+`}`, true, "CREDIT_FINANCING", "")
	f(`{checks(usccs:["`+clearCode+`"],matter:"BANK_CREDIT",purpose:"CREDIT_FINANCING")`+below+`}`, true, "CREDIT_FINANCING", "")
	f(`{checks(usccs:["`+clearCode+`"],matter:"BANK_CREDIT",purpose:"PROCUREMENT_REVIEW")`+below+`}`, false, "PROCUREMENT_REVIEW", "")

	// By plan too, the purpose is recorded, and must be one.
	h.audit = nil
	if a := ask(t, s, "officer:SAMR", `{check(uscc:"`+clearCode+`",matter:"BANK_CREDIT",purpose:"SUPERVISION"){outcome}}`, nil); len(a.Errors) > 0 || h.audit[0].Purpose != "SUPERVISION" {
		t.Errorf("%s %+v", a.raw, h.audit)
	}
	if a := ask(t, s, "officer:SAMR", `{check(uscc:"`+clearCode+`",matter:"BANK_CREDIT",purpose:"CURIOSITY"){outcome}}`, nil); a.code() != "BAD_INPUT" {
		t.Errorf("%s", a.raw)
	}
}

// Codes stand with their names.
func TestCase_S7_CodesHaveNames(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(q, want string) {
		t.Helper()
		if a := ask(t, s, "supervisor:SAMR", q, nil); len(a.Errors) > 0 || !strings.Contains(a.raw, want) {
			t.Errorf("%s: %s, want %s", q, a.raw, want)
		}
	}
	h.add(listedCode, "decision", "entry", "MOF", "D-1", `{"entryId":"E-1","list":"L09","event":"IN_FORCE","cause":"1"}`)
	f(`{entity(uscc:"`+listedCode+`"){status statusZh statusEn}}`, `{"status":"1","statusZh":"存续（在营、开业、在册）","statusEn":"in operation"}`)
	f(`{listEntries(uscc:"`+listedCode+`",list:"L01"){edges{node{state stateZh stateEn exitType exitTypeZh exitTypeEn}}}}`, `{"state":"IN_FORCE","stateZh":"列入中","stateEn":"in force","exitType":null,"exitTypeZh":null,"exitTypeEn":null}`)
	f(`{listEntries(uscc:"`+listedCode+`",list:"L01"){edges{node{decidedBy{code name nameZh nameEn}}}}}`, `{"code":"SAMR","name":"市场监督管理部门","nameZh":"市场监督管理部门","nameEn":"Administration for Market Regulation"}`)
	f(`{entity(uscc:"`+listedCode+`"){records(domain:"decision"){edges{node{kind kindZh kindEn eventZh eventEn}}}}}`, `{"kind":"entry","kindZh":"名单决定","kindEn":"list decision","eventZh":"列入","eventEn":"in force"}`)
	f(`{measures{code kind kindZh kindEn}}`, `{"code":"PRO-01","kind":"procurement","kindZh":"政府采购","kindEn":"procurement"}`)
	f(`{purposes{code nameZh nameEn legalBasis}}`, `"legalBasis":"《政务数据共享条例》第二十五条；`)
	h.entries(listedCode)[1].Cause = "4"
	f(`{listEntries(uscc:"`+listedCode+`",list:"L01"){edges{node{cause causeZh causeEn}}}}`, `{"cause":"4","causeZh":"通过登记的住所或者经营场所无法联系","causeEn":"unreachable at the registered address"}`)
	h.entries(listedCode)[1].Cause = "自己的说法"
	f(`{listEntries(uscc:"`+listedCode+`",list:"L01"){edges{node{cause causeZh causeEn}}}}`, `{"cause":"自己的说法","causeZh":"自己的说法","causeEn":null}`)
}

// What a class rests on tells no more than the records themselves.
func TestCase_L22_ReasonsOfAClassAreSharedAsTheirRecords(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.add(clearCode, "tax", "grade", "TAX", "T-9", `{"year":2025,"grade":"D"}`)
	f := func(token, args, want string) {
		t.Helper()
		if a := ask(t, s, token, `{entity(uscc:"`+clearCode+`"`+args+`){grade gradeReasons}}`, nil); len(a.Errors) > 0 || !strings.Contains(a.raw, want) {
			t.Errorf("%s%s: %s, want %s", token, args, a.raw, want)
		}
	}
	f("officer:SAMR", "", `"grade":"DISHONEST","gradeReasons":["CONDITIONAL: `)
	f("officer:SAMR", `,purpose:"SUPERVISION"`, `"gradeReasons":["TAX_GRADE_D: TAX/tax/T-9"]`)
	f("officer:TAX", "", `"gradeReasons":["TAX_GRADE_D: TAX/tax/T-9"]`)
}
