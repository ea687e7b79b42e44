//go:build suite

// Package facts drives a whole hub by records that bear on matters although no list
// entry does: they are pushed, corrected, taken back and asked about, now, after a
// restart and as of before.
package facts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
)

// Codes with both check characters right, and one that doesn't pack.
const (
	first  = "91420100MA4N0A2B5Y"
	second = "91420100MA0000007L"
	odd    = "91350211M0000XUF46"
)

const question = `query($u:ID!,$m:ID!,$a:String,$t:DateTime){check(uscc:$u,matter:$m,caseNo:"2026-7",after:$a,asOf:$t){outcome obligation
hits{obligation entry{id} measure{code} citation evidence{code reason record{id version data}}}}}`

type hit struct {
	Obligation, Citation string
	Entry                *struct{ ID string }
	Measure              struct{ Code string }
	Evidence             *struct {
		Code, Reason string
		Record       struct {
			ID      string
			Version int
			Data    map[string]any
		}
	}
}

type drive struct {
	t       *testing.T
	hub     *probe.Hub
	receipt string
}

// push sends one record and keeps the receipt.
func (d *drive) push(unit, domain, kind, id string, version int, op, code string, data map[string]any) {
	d.t.Helper()
	r := map[string]any{"domain": domain, "kind": kind, "recordId": id, "version": version, "op": op, "uscc": code, "occurredOn": "2026-06-01"}
	if data != nil {
		r["data"] = data
	}
	body, err := json.Marshal(r)
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := d.hub.Push(d.t.Context(), unit, "", body)
	if err != nil || p.Accepted != 1 {
		d.t.Fatalf("push %s: %+v %v", body, p, err)
	}
	d.receipt = p.Receipt
}

// says checks what is answered after the last push: want is obligation, measure,
// fact, record and version of the first hit, or NONE.
func (d *drive) says(code, matter, want string) {
	d.t.Helper()
	if got := d.ask(code, matter, map[string]any{"a": d.receipt}); got != want {
		d.t.Errorf("%s × %s: %s, want %s", code, matter, got, want)
	}
}

func (d *drive) ask(code, matter string, more map[string]any) string {
	d.t.Helper()
	token, err := d.hub.Token("officer", "SAMR")
	if err != nil {
		d.t.Fatal(err)
	}
	vars := map[string]any{"u": code, "m": matter}
	for k, v := range more {
		vars[k] = v
	}
	var a struct {
		Check struct {
			Outcome, Obligation string
			Hits                []hit
		}
	}
	if err := client.At("http://"+d.hub.Addr, token).Query(d.t.Context(), question, vars, &a); err != nil {
		d.t.Fatalf("%s × %s: %v", code, matter, err)
	}
	if len(a.Check.Hits) == 0 {
		return a.Check.Obligation
	}
	h := a.Check.Hits[0]
	switch {
	case (h.Entry == nil) == (h.Evidence == nil):
		d.t.Errorf("%s × %s: a hit with an entry and evidence, or neither", code, matter)
		return "?"
	case h.Entry != nil:
		return fmt.Sprintf("%s %s %s", a.Check.Obligation, h.Measure.Code, h.Entry.ID)
	case h.Citation == "" || h.Evidence.Reason == "":
		d.t.Errorf("%s × %s: without clause or reason: %+v", code, matter, h)
	}
	r := h.Evidence.Record
	return fmt.Sprintf("%s %s %s %s@%d", a.Check.Obligation, h.Measure.Code, h.Evidence.Code, r.ID, r.Version)
}

func registration(status string) map[string]any {
	return map[string]any{"name": "武汉示例科技有限公司", "establishedOn": "2020-05-06", "status": status}
}

func grade(year int, g string) map[string]any { return map[string]any{"year": year, "grade": g} }

func TestCase_L8_FactsOverTheWholePath(t *testing.T) {
	d := &drive{t: t, hub: hub.Start(t)}
	const dereg, invoice = "SIMPLE_DEREGISTRATION", "INVOICE_SUPPLY"

	for _, code := range []string{first, odd} {
		d.push("SAMR", "registration", "registration", "R-"+code, 1, "upsert", code, registration("1"))
		d.says(code, dereg, "NONE")
		before := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
		time.Sleep(20 * time.Millisecond)
		d.push("SAMR", "registration", "registration", "R-"+code, 2, "upsert", code, registration("2"))
		d.says(code, dereg, "REJECT ENT-03 REGISTRATION_REVOKED SAMR/registration/R-"+code+"@2")
		if got := d.ask(code, dereg, map[string]any{"t": before}); got != "NONE" {
			t.Errorf("before the push: %s", got)
		}
		d.push("SAMR", "registration", "registration", "R-"+code, 3, "upsert", code, registration("4"))
		d.says(code, dereg, "REJECT ENT-03 REGISTRATION_ENDED SAMR/registration/R-"+code+"@3")
		// An older version that comes late is history only.
		d.push("SAMR", "registration", "registration", "R-"+code, 4, "upsert", code, registration("1"))
		d.says(code, dereg, "NONE")
	}

	// The latest year counts, whatever comes first.
	d.push("TAX", "tax", "grade", "G-25", 1, "upsert", first, grade(2025, "B"))
	d.push("TAX", "tax", "grade", "G-24", 1, "upsert", first, grade(2024, "D"))
	d.says(first, invoice, "NONE")
	d.push("TAX", "tax", "grade", "G-25", 2, "retract", first, nil)
	d.says(first, invoice, "RESTRICT FIN-05 TAX_GRADE_D TAX/tax/G-24@1")
	d.push("TAX", "tax", "grade", "G-25", 3, "upsert", first, grade(2025, "D"))
	d.says(first, invoice, "RESTRICT FIN-05 TAX_GRADE_D TAX/tax/G-25@3")
	// A correction moves it to another subject.
	d.push("TAX", "tax", "grade", "G-25", 4, "upsert", second, grade(2025, "D"))
	d.says(first, invoice, "RESTRICT FIN-05 TAX_GRADE_D TAX/tax/G-24@1")
	d.says(second, invoice, "RESTRICT FIN-05 TAX_GRADE_D TAX/tax/G-25@4")

	d.push("MOHURD", "commitment", "commitment", "C-1", 1, "upsert", first, map[string]any{"type": "审批替代型", "madeOn": "2026-02-03",
		"performance": "部分履行", "unperformed": "未提交材料", "consequence": "撤销"})
	d.says(first, "COMMITMENT_APPROVAL", "RESTRICT QUA-02 COMMITMENT_BROKEN MOHURD/commitment/C-1@1")
	d.push("SAMR", "penalty", "penalty", "P-1", 1, "upsert", first, map[string]any{"name": "武汉示例科技有限公司", "documentNo": "武市监处罚〔2026〕1号",
		"category": "吊销许可证件", "revokedLicence": "食品经营许可证 JY14201000000001", "decidedOn": "2026-03-04"})
	d.says(first, "FOOD_OPERATION_LICENCE", "REJECT ENT-04 FOOD_LICENCE_REVOKED SAMR/penalty/P-1@1")
	d.push("COURT", "judgment", "defaulter", "J-1", 1, "upsert", second, map[string]any{"name": "武汉示例贸易有限公司", "court": "武汉示例法院", "caseNo": "（2026）鄂01执1号",
		"performance": "全部未履行", "publishedOn": "2026-04-05"})
	d.says(second, "BANK_CREDIT", "INFORM FIN-02 COURT_DEFAULTER COURT/judgment/J-1@1")

	// The command prints what the hit rests on.
	token, err := d.hub.Token("officer", "SAMR")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(hub.Exe(t), "check", "--url", "http://"+d.hub.Addr, "--token", token, first, "FOOD_OPERATION_LICENCE").Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(string(out), "事实 食品生产经营许可证被吊销") || !strings.Contains(string(out), "SAMR/penalty/P-1") {
		t.Errorf("check: %v\n%s", err, out)
	}

	// A node that starts from what is stored says the same.
	all := func() (out []string) {
		for _, code := range []string{first, second, odd} {
			for _, m := range []string{dereg, invoice, "COMMITMENT_APPROVAL", "FOOD_OPERATION_LICENCE", "BANK_CREDIT", "GOVERNMENT_PROCUREMENT"} {
				out = append(out, code+" × "+m+": "+d.ask(code, m, map[string]any{"a": d.receipt}))
			}
		}
		return out
	}
	was := all()
	dir := d.hub.Dir
	d.hub.Stop()
	again, err := probe.Start(context.Background(), hub.Exe(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Stop)
	d.hub = again
	if now := all(); strings.Join(now, "\n") != strings.Join(was, "\n") {
		t.Errorf("after the restart:\n%s\nwant\n%s", strings.Join(now, "\n"), strings.Join(was, "\n"))
	}
	// And intake knows what it has told.
	d.push("TAX", "tax", "grade", "G-26", 1, "upsert", first, grade(2025, "C"))
	d.says(first, invoice, "NONE")
	d.push("TAX", "tax", "grade", "G-26", 2, "retract", first, nil)
	d.says(first, invoice, "RESTRICT FIN-05 TAX_GRADE_D TAX/tax/G-24@1")
	d.push("SAMR", "penalty", "penalty", "P-1", 2, "retract", first, nil)
	d.says(first, "FOOD_OPERATION_LICENCE", "NONE")
	d.push("COURT", "judgment", "defaulter", "J-1", 2, "upsert", second, map[string]any{"name": "武汉示例贸易有限公司", "court": "武汉示例法院", "caseNo": "（2026）鄂01执1号",
		"performance": "全部已履行", "publishedOn": "2026-04-05"})
	d.says(second, "BANK_CREDIT", "NONE")
}
