package restrict

import (
	"math"
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

const (
	listedCode = "91420100MA4N0A2B5Y"
	otherCode  = "91420100MA44P7CC80"
	pilotCode  = "914201000000000000" // doesn't pack
)

var (
	barred  = strings.Repeat("ab", 32)
	another = strings.Repeat("cd", 32)
)

// on puts an entry into an index as the log tells it.
func on(t *testing.T, x *Index, seq uint64, e list.Entry, was string) {
	t.Helper()
	if !x.Apply(&feed.EntryMessage{ID: e.ID, Seq: seq, USCC: e.USCC, WasUSCC: was, Entry: e.Wire()}) {
		t.Fatal("applied before")
	}
}

func naming(l list.Code, code, persons string) list.Entry {
	e := inForce(l)
	e.ID, e.USCC, e.Persons, e.DecidedOn = "E-"+l.String()+"-"+code, code, persons, max(e.DecidedOn, civil.MakeDate(2026, 4, 1))
	return e
}

func index(t *testing.T) *Index {
	t.Helper()
	w := newWorld()
	x, err := Open(Config{Policy: testPolicy(t), Snapshot: w, Log: w, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The bar follows the person into another enterprise, by whatever entry names them,
// and leaves with it.
func TestCase_L13_TheBarFollowsThePerson(t *testing.T) {
	x := index(t)
	p := x.policy
	f := func(name, code, person, matter string, want policy.Obligation, role string) {
		t.Helper()
		var d Decision
		x.CheckPersonInto(&d, code, person, p.Matter(matter), noon, math.MaxInt)
		if d.Obligation != want || role != "" && (len(d.Hits) == 0 || d.Hits[0].Role.String() != role) {
			t.Errorf("%s: %s %s %+v", name, d.Outcome, d.Obligation, d.Hits)
		}
	}
	const rep, fly, leave = "LEGAL_REP_APPOINTMENT", "NON_ESSENTIAL_SPENDING", "BORDER_EXIT"
	on(t, x, 4, naming(3, listedCode, list.Persons(barred, "")), "")
	f("another enterprise", otherCode, barred, rep, policy.Reject, "LEGAL_REPRESENTATIVE")
	f("by a pilot code", pilotCode, barred, rep, policy.Reject, "")
	f("somebody else there", otherCode, another, rep, policy.None, "")
	f("the listed one and somebody new", listedCode, another, rep, policy.None, "")
	f("the listed one keeps its own", listedCode, barred, rep, policy.Inform, "LEGAL_REPRESENTATIVE")
	f("a matter the measure doesn't answer", otherCode, barred, fly, policy.None, "")
	on(t, x, 8, naming(7, pilotCode, list.Persons(barred+" "+another, "RESPONSIBLE_PERSON")), "")
	f("wages, two responsible", otherCode, another, fly, policy.Reject, "RESPONSIBLE_PERSON")
	f("and in the enterprise itself", pilotCode, barred, fly, policy.Reject, "RESPONSIBLE_PERSON")
	f("an honour, which the law denies the representative too", otherCode, barred, "HONOUR_AWARD", policy.Reject, "")
	f("the enterprise's own measure stands", pilotCode, another, "HONOUR_AWARD", policy.Reject, "ENTERPRISE")
	on(t, x, 12, naming(6, listedCode, ""), "")
	f("nobody is named: whom it binds is for a person to see", listedCode, another, leave, policy.Caution, "LEGAL_REPRESENTATIVE")
	f("elsewhere nothing is known", otherCode, another, leave, policy.None, "")

	moved := naming(3, otherCode, list.Persons(barred, ""))
	moved.ID = "E-L03-" + listedCode
	on(t, x, 16, moved, listedCode)
	f("moved: now the other is the listed one", otherCode, barred, rep, policy.Inform, "")
	f("and bars where it stood", listedCode, barred, rep, policy.Reject, "")
	freed := moved
	freed.State, freed.ExitType, freed.ExitedOn = list.Exited, list.Repaired, today
	on(t, x, 20, freed, "")
	f("freed", listedCode, barred, rep, policy.None, "")
	if n := x.cur.Load().entries.Naming(barred); len(n) != 1 || n[0] != pilotCode {
		t.Errorf("still looked for under %v", n)
	}
	for _, junk := range []string{"", "x", strings.Repeat("zz", 32)} {
		if len(boundBy(x, junk)) > 0 {
			t.Errorf("%q is bound", junk)
		}
	}
}

// A bar that outlives its entry is answered from the index, at once and from a
// snapshot.
func TestCase_L15_TheIndexKeepsWhatABarOutlives(t *testing.T) {
	x := index(t)
	f := func(x *Index, code, matter string, want policy.Obligation) {
		t.Helper()
		if d := x.Check(code, x.policy.Matter(matter), noon); d.Obligation != want {
			t.Errorf("%s at %s: %s", code, matter, d.Obligation)
		}
	}
	back := naming(15, listedCode, "")
	on(t, x, 4, back, "")
	back.State, back.ExitType, back.ExitedOn = list.Exited, list.Repaired, today
	on(t, x, 8, back, "")
	f(x, listedCode, "CUSTOMS_AEO", policy.Reject)
	f(x, listedCode, "CUSTOMS_INSPECTION", policy.None)
	if n := len(x.Lookup(listedCode)); n != 0 {
		t.Errorf("%d entries in force", n)
	}
	fraud := naming(25, otherCode, list.Persons(barred, ""))
	fraud.Cause, fraud.State, fraud.ExitType, fraud.ExitedOn = "2", list.Exited, list.Repaired, today
	on(t, x, 12, fraud, "")
	f(x, otherCode, "DRUG_LICENCE", policy.Reject)
	back.ExitType = list.Revoked
	on(t, x, 16, back, "")
	f(x, listedCode, "CUSTOMS_AEO", policy.None)
	on(t, x, 20, naming(9, listedCode, list.Persons(another, "")), "") // lies behind it in one blob
	f(x, listedCode, "GOVERNMENT_PROCUREMENT", policy.Reject)

	db := freshTables(t)
	gone := naming(3, listedCode, list.Persons(barred, ""))
	gone.State, gone.ExitType, gone.ExitedOn = list.Exited, list.Repaired, today
	held := naming(7, pilotCode, list.Persons(another, "RESPONSIBLE_PERSON"))
	db.entries(t, 4, false, fraud, gone, held)
	back.ExitType = list.Expired
	db.entries(t, 8, false, back)
	db.rows(t, row{domain: record.Decision, unit: "SAMR", id: "R", version: 1, op: "upsert", status: "ACCEPTED", code: listedCode, offset: 9})
	snap := ClickHouse(db)
	h, err := snap.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again := index(t)
	again.snapshot = snap
	if err = again.fill(t.Context(), again.cur.Load(), &h); err != nil {
		t.Fatal(err)
	}
	f(again, otherCode, "DRUG_LICENCE", policy.Reject)
	f(again, listedCode, "CUSTOMS_AEO", policy.Reject)
	if b := boundBy(again, another); len(b) != 1 || b[0] != held {
		t.Errorf("bound by %+v, want %+v", b, held)
	}
	if len(boundBy(again, barred)) != 1 { // by the bar that outlives, not by the list that was left
		t.Errorf("bound by %+v", boundBy(again, barred))
	}
}

// boundBy are the entries that name a person.
func boundBy(x *Index, person string) (out []list.Entry) {
	x.cur.Load().bound(person, func(e *list.Entry) bool {
		out = append(out, *e)
		return true
	})
	return out
}
