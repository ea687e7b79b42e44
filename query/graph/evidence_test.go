package graph

import (
	"encoding/json"
	"strings"
	"testing"
)

const evidenceQuery = `query($u:ID!,$m:ID!,$t:DateTime){check(uscc:$u,matter:$m,caseNo:"2026-7",asOf:$t){outcome obligation hits{obligation citation measure{code} entry{id}
evidence{code reason reasonEn since until record{id domain kind unit{code} version op occurredOn recordedAt data}}}}}`

// A hit rests on an entry or on a record, never on neither, and names it.
func TestCase_L8_AHitNamesItsEvidence(t *testing.T) {
	h := newHub(t)
	h.sayFacts()
	s := h.server()
	ask2 := func(token, code, matter string, asOf any) (hits []map[string]any, raw string) {
		t.Helper()
		a := ask(t, s, token, evidenceQuery, map[string]any{"u": code, "m": matter, "t": asOf})
		var d struct {
			Check struct {
				Outcome, Obligation string
				Hits                []map[string]any
			}
		}
		if err := json.Unmarshal(a.Data, &d); err != nil || len(a.Errors) > 0 {
			t.Fatalf("%s × %s: %s", code, matter, a.raw)
		}
		return d.Check.Hits, a.raw
	}
	f := func(code, matter, want string) {
		t.Helper()
		hits, raw := ask2("officer:SAMR", code, matter, nil)
		if len(hits) == 0 || !strings.Contains(raw, want) {
			t.Errorf("%s × %s: %s, want %s", code, matter, raw, want)
		}
		for _, hit := range hits {
			if (hit["entry"] == nil) == (hit["evidence"] == nil) {
				t.Errorf("%s × %s: a hit with both or neither: %v", code, matter, hit)
			}
		}
	}
	f(factCode, "INVOICE_SUPPLY", `"evidence":{"code":"TAX_GRADE_D","reason":"最近年度纳税缴费信用级别为D级"`)
	f(factCode, "INVOICE_SUPPLY", `"record":{"id":"TAX/tax/G-1","domain":"tax","kind":"grade","unit":{"code":"TAX"},"version":2,"op":"upsert","occurredOn":"2026-04-01"`)
	f(factCode, "INVOICE_SUPPLY", `"obligation":"RESTRICT","citation":"《纳税缴费信用管理办法》`)
	f(factCode, "BANK_CREDIT", `"since":"2026-03-04","until":null,"record":{"id":"COURT/judgment/J-1"`)
	f(listedCode, "GOVERNMENT_PROCUREMENT", `"evidence":null`)
	if last := h.audit[len(h.audit)-1]; last.Outcome != "HIT" || last.Digest == "" {
		t.Errorf("audit record %+v", last)
	}
	if hits, raw := ask2("officer:SAMR", factCode, "INVOICE_SUPPLY", "2026-11-21T08:00:00Z"); len(hits) > 0 {
		t.Errorf("before the records were known: %s", raw)
	}
	if hits, raw := ask2("officer:SAMR", factCode, "INVOICE_SUPPLY", "2026-11-21T09:00:00Z"); len(hits) != 1 {
		t.Errorf("since they were known: %s", raw)
	}
}

// The digest of an answer depends on the record that it rests on.
func TestDigestNamesTheEvidence(t *testing.T) {
	h := newHub(t)
	h.sayFacts()
	digest := func() string {
		s := h.server()
		ask(t, s, "officer:SAMR", evidenceQuery, map[string]any{"u": factCode, "m": "INVOICE_SUPPLY"})
		return h.audit[len(h.audit)-1].Digest
	}
	first := digest()
	for i := range h.kept.Rows.Records {
		if h.kept.Rows.Records[i].RecordID == "G-1" {
			h.kept.Rows.Records[i].Version++
		}
	}
	if digest() == first {
		t.Error("another version, the same digest")
	}
}

// A record without the decision beside it gives a class, and no mark of a list.
func TestCase_L9_AClassByRecords(t *testing.T) {
	h := newHub(t)
	h.sayFacts()
	s := h.server()
	f := func(want string) {
		t.Helper()
		a := ask(t, s, "officer:TAX", `{entity(uscc:"`+factCode+`",purpose:"CREDIT_REPAIR"){grade gradeReasons blacklisted}}`, nil)
		wantData(t, a, `{"entity":`+want+`}`)
	}
	drop := func(id string) {
		for i := range h.kept.Rows.Records {
			if h.kept.Rows.Records[i].RecordID == id {
				h.kept.Rows.Records = append(h.kept.Rows.Records[:i], h.kept.Rows.Records[i+1:]...)
				return
			}
		}
	}
	drop("G-1")
	f(`{"grade":"DISHONEST","gradeReasons":["COURT_DEFAULTER_RECORD: COURT/judgment/J-1"],"blacklisted":false}`)
	drop("J-1")
	f(`{"grade":"WARNING","gradeReasons":["TAX_ARREARS_RECORD: TAX/tax/Q-1"],"blacklisted":false}`)
	h.say(factCode, "TAX", "tax", "arrears", "Q-2", `{"taxType":"增值税","amount":"0.00","asOf":"2026-11-15"}`)
	f(`{"grade":"GOOD","gradeReasons":[],"blacklisted":false}`)
	h.say(factCode, "BANK", "bank", "debt_evasion", "D-1", `{"from":"2026-01-02","publisher":"某协会"}`)
	f(`{"grade":"WARNING","gradeReasons":["DEBT_EVASION_RECORD: BANK/bank/D-1"],"blacklisted":false}`)
}
