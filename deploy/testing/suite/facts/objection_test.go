//go:build suite

package facts

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"credithub/deploy/platform/client"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
)

// An objection marks the entry in checks, in what is read and on the page as soon as
// it was pushed, and changes nothing else; a restart keeps the mark, an answer takes it
// back. An order to correct that is overdue weighs in the class.
func TestCase_P6_AnObjectionOverTheWholePath(t *testing.T) {
	d := &drive{t: t, hub: hub.Start(t)}
	token, err := d.hub.Token("officer", "SAMR")
	if err != nil {
		t.Fatal(err)
	}
	listing := func(version int, annotated any) {
		data := map[string]any{"entryId": "E-9", "list": "L03", "event": "IN_FORCE", "cause": "1", "documentNo": "武市监〔2026〕9号",
			"decidedOn": "2026-03-02", "servedOn": "2026-03-03"}
		if annotated != nil {
			data["annotated"] = annotated
		}
		d.push("SAMR", "decision", "entry", "D-9", version, "upsert", first, data)
	}
	says := func(mark bool) {
		t.Helper()
		var a struct {
			Check struct {
				Outcome string
				Hits    []struct {
					Entry *struct {
						State     string
						Annotated bool
					}
				}
				Subject *struct {
					Blacklisted bool
					Entries     []struct {
						State     string
						Annotated bool
					}
				}
			}
		}
		const q = `query($u:ID!,$a:String){check(uscc:$u,matter:"GOVERNMENT_PROCUREMENT",caseNo:"1",after:$a){outcome hits{entry{state annotated}} subject{blacklisted entries{state annotated}}}}`
		if err := client.At("http://"+d.hub.Addr, token).Query(t.Context(), q, map[string]any{"u": first, "a": d.receipt}, &a); err != nil {
			t.Fatal(err)
		}
		c := a.Check
		if len(c.Hits) == 0 || c.Hits[0].Entry == nil || c.Hits[0].Entry.Annotated != mark || c.Hits[0].Entry.State != "IN_FORCE" || c.Subject == nil ||
			!c.Subject.Blacklisted || len(c.Subject.Entries) != 1 || c.Subject.Entries[0].Annotated != mark || c.Subject.Entries[0].State != "IN_FORCE" {
			t.Errorf("annotated must be %v: %+v", mark, a)
		}
		r, err := client.At("http://"+d.hub.Addr, "").Do(t.Context(), "GET", "/e/"+first, "", nil)
		if err != nil || r.Status != 200 || strings.Contains(string(r.Body), "异议处理中") != mark {
			t.Errorf("page: %v %d, annotated must be %v", err, r.Status, mark)
		}
	}
	d.push("SAMR", "registration", "registration", "R-9", 1, "upsert", first, registration("1"))
	listing(1, nil)
	says(false)
	listing(2, true)
	says(true)
	dir := d.hub.Dir
	d.hub.Stop()
	again, err := probe.Start(context.Background(), hub.Exe(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Stop)
	d.hub = again
	says(true)
	listing(3, "N")
	says(false)

	order := func(version int, corrected string) {
		data := map[string]any{"name": "武汉示例贸易有限公司", "documentNo": "武环罚〔2026〕6号", "category": "警告", "decidedOn": "2026-03-04", "correctBy": "2026-04-01"}
		if corrected != "" {
			data["correctedOn"] = corrected
		}
		d.push("MEE", "penalty", "penalty", "P-6", version, "upsert", second, data)
	}
	class := func(want string) {
		t.Helper()
		var a struct {
			Entity struct {
				Grade        string
				GradeReasons []string
			}
		}
		if err := client.At("http://"+d.hub.Addr, token).Query(t.Context(), `query($u:ID!,$a:String){entity(uscc:$u,after:$a){grade gradeReasons}}`, map[string]any{"u": second, "a": d.receipt}, &a); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(a.Entity.Grade, a.Entity.GradeReasons); got != want {
			t.Errorf("class %s, want %s", got, want)
		}
	}
	order(1, "")
	class("WARNING[OVERDUE_RECTIFICATION: MEE/penalty/P-6]")
	order(2, "2026-04-20")
	class("GOOD[]")
}
