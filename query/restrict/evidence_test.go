package restrict

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"credithub/query/restrict/memory"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// said is a record of a kind with its data.
type said struct {
	domain         record.Domain
	kind, id, data string
	version        uint32
}

func (s said) known(p *policy.Policy) FactRecord {
	x := FactRecord{Unit: "TAX", RecordID: s.id, Version: max(s.version, 1)}
	p.Read(&x.Reading, s.domain, s.kind, policy.StoredValues([]byte(s.data), today-9))
	return x
}

func evidence(p *policy.Policy, all ...said) []Evidence {
	var records []FactRecord
	for _, s := range all {
		records = append(records, s.known(p))
	}
	return Standing(records)
}

// A fact that is no list hit bears by its own clause.
func TestCase_L8_FactsThatAreNoListHit(t *testing.T) {
	p := testPolicy(t)
	f := func(matter, measure string, want policy.Obligation, all ...said) {
		t.Helper()
		d := Decide(nil, p.Matter(matter), p, Known, nil, noon, evidence(p, all...)...)
		if want == policy.None {
			if d.Outcome != Clear || len(d.Hits) > 0 {
				t.Errorf("%v × %s: %s %+v", all, matter, d.Outcome, d.Hits)
			}
			return
		}
		if d.Outcome != HitOutcome || d.Obligation != want || d.Hits[0].Measure.Code != measure || d.Hits[0].Evidence == nil {
			t.Errorf("%v × %s: %s %s %+v", all, matter, d.Outcome, d.Obligation, d.Hits)
		}
	}
	status := func(s string) said {
		return said{domain: record.Registration, kind: "registration", id: "R", data: `{"name":"甲","status":"` + s + `"}`}
	}
	for _, s := range []string{"2", "3", "4", "5"} {
		f("SIMPLE_DEREGISTRATION", "ENT-03", policy.Reject, status(s))
		f("TENDER", "", policy.None, status(s))
	}
	for _, s := range []string{"1", "6", "9"} {
		f("SIMPLE_DEREGISTRATION", "", policy.None, status(s))
	}
	broken := func(s string) said {
		return said{domain: record.Commitment, kind: "commitment", id: "C", data: `{"type":"主动型","madeOn":"2026-01-02","performance":"` + s + `"}`}
	}
	f("COMMITMENT_APPROVAL", "QUA-02", policy.Restrict, broken("全部未履行"))
	f("COMMITMENT_APPROVAL", "QUA-02", policy.Restrict, broken("部分履行"))
	f("COMMITMENT_APPROVAL", "", policy.None, broken("全部履行"))
	grade := func(year int, g string) said {
		return said{domain: record.Tax, kind: "grade", id: fmt.Sprint("G", year, g), data: fmt.Sprintf(`{"year":%d,"grade":%q}`, year, g)}
	}
	f("INVOICE_SUPPLY", "FIN-05", policy.Restrict, grade(2025, "D"))
	f("INVOICE_SUPPLY", "FIN-05", policy.Restrict, grade(2024, "B"), grade(2025, "D"))
	f("INVOICE_SUPPLY", "", policy.None, grade(2024, "D"), grade(2025, "C"))
	abnormal := func(until string) said {
		return said{domain: record.Tax, kind: "abnormal", id: "N", data: `{"from":"2026-01-02"` + until + `}`}
	}
	f("INVOICE_SUPPLY", "FIN-05", policy.Restrict, abnormal(""))
	f("INVOICE_SUPPLY", "FIN-05", policy.Restrict, abnormal(`,"until":"`+(today+1).String()+`"`))
	f("INVOICE_SUPPLY", "", policy.None, abnormal(`,"until":"`+today.String()+`"`))
	revoked := func(on civil.Date) said {
		return said{domain: record.Penalty, kind: "penalty", id: "P",
			data: `{"category":"吊销许可证件","revokedLicence":"食品经营许可证 JY1","decidedOn":"` + on.String() + `"}`}
	}
	f("FOOD_OPERATION_LICENCE", "ENT-04", policy.Reject, revoked(today-30))
	f("FOOD_OPERATION_LICENCE", "ENT-04", policy.Reject, revoked(today.AddMonths(-60)))
	f("FOOD_OPERATION_LICENCE", "", policy.None, revoked(today.AddMonths(-60)-1))
	f("DRUG_LICENCE", "", policy.None, revoked(today-30))
}

// A record in the place of a decision informs, and steps back behind the decision.
func TestCase_L9_ADecisionStandsForItsRecord(t *testing.T) {
	p := testPolicy(t)
	m := p.Matter("BANK_CREDIT")
	facts := evidence(p, said{domain: record.Judgment, kind: "defaulter", id: "J", data: `{"court":"某院","caseNo":"1","performance":"全部未履行"}`})
	d := Decide(nil, m, p, Known, nil, noon, facts...)
	if d.Outcome != HitOutcome || d.Obligation != policy.Inform || len(d.Hits) != 1 || d.Hits[0].Evidence.RecordID != "J" {
		t.Errorf("alone: %+v", d)
	}
	d = Decide([]list.Entry{inForce(4)}, m, p, Known, nil, noon, facts...)
	if len(d.Hits) != 1 || d.Hits[0].Evidence != nil {
		t.Errorf("with the decision: %+v", d.Hits)
	}
	exited := inForce(4)
	exited.State = list.Exited
	if d = Decide([]list.Entry{exited}, m, p, Known, nil, noon, facts...); len(d.Hits) != 1 || d.Hits[0].Evidence == nil {
		t.Errorf("after an exit: %+v", d.Hits)
	}
}

// newsOf is what intake says when a record's current version comes under a code.
func newsOf(r FactRecord, d record.Domain) feed.RecordFacts {
	x := feed.RecordFacts{Domain: d.String(), Unit: r.Unit, RecordID: r.RecordID, Version: r.Version}
	if r.Series {
		x.Group, x.Place = r.Group, r.Place
	}
	for _, f := range r.Found {
		x.Facts = append(x.Facts, feed.FactState{Code: f.Fact.Code, Since: f.Since.String(), Until: f.Until.String()})
	}
	return x
}

// What the index holds decides as the records themselves do, for codes that pack
// and codes that don't, whatever comes, changes and goes.
func TestIndexDecidesByFactsAsDecideDoes(t *testing.T) {
	p := testPolicy(t)
	for _, code := range []string{worldCodes[0], worldCodes[5]} {
		x := &Index{policy: p}
		x.met = newMetrics(nil, x)
		x.cur.Store(newState(p, time.Now))
		at := int64(0)
		now := map[string]said{}
		apply := func(step string, latest []feed.Latest, changed ...said) {
			t.Helper()
			news := feed.SubjectFacts{USCC: code, Latest: latest}
			var all []FactRecord
			for _, s := range changed {
				if now[s.id] = s; s.data == "" {
					delete(now, s.id)
				}
				news.Records = append(news.Records, newsOf(s.known(p), s.domain))
			}
			for _, s := range now {
				all = append(all, s.known(p))
			}
			x.ApplySubjects(&feed.SubjectsMessage{Facts: []feed.SubjectFacts{news}, Progress: feed.Progress{
				Through: []receipt.Position{{Domain: record.Tax, Offset: at}}}})
			at++
			for _, m := range p.Matters {
				want := Decide(nil, m, p, Unknown, nil, noon, Standing(all)...)
				got := x.Check(code, m, noon)
				if len(got.Hits) != len(want.Hits) || got.Obligation != want.Obligation {
					t.Fatalf("%s: %s × %s: got %+v, want %+v", step, code, m.Code, got.Hits, want.Hits)
				}
				for i := range got.Hits {
					if !reflect.DeepEqual(*got.Hits[i].Evidence, *want.Hits[i].Evidence) {
						t.Fatalf("%s: %s: got %+v, want %+v", step, m.Code, got.Hits[i].Evidence, want.Hits[i].Evidence)
					}
				}
			}
		}
		d24 := said{record.Tax, "grade", "G-24-" + code, `{"year":2024,"grade":"D"}`, 1}
		d25 := said{record.Tax, "grade", "G-25", `{"year":2025,"grade":"D"}`, 1}
		b25 := said{record.Tax, "grade", "G-25", `{"year":2025,"grade":"B"}`, 2}
		gone := said{record.Tax, "grade", "G-25", ``, 3}
		g24, g25 := d24.known(p).Reading, d25.known(p).Reading
		apply("first", []feed.Latest{{Group: g24.Group, Place: g24.Place}}, d24)
		apply("registration", nil, said{record.Registration, "registration", "R", `{"status":"4"}`, 1})
		apply("a later D", []feed.Latest{{Group: g25.Group, Place: g25.Place}}, d25)
		apply("a better one", []feed.Latest{{Group: g25.Group, Place: g25.Place}}, b25)
		apply("taken back", []feed.Latest{{Group: g24.Group, Place: g24.Place}}, gone)
		apply("penalty", nil, said{record.Penalty, "penalty", "P", `{"category":"吊销;责令关闭","revokedLicence":"营业执照和食品经营许可证","decidedOn":"2026-01-02"}`, 1})
		apply("registered again", nil, said{record.Registration, "registration", "R", `{"status":"1"}`, 2})
		apply("nothing is left", []feed.Latest{{Group: g24.Group, Gone: true}}, said{record.Tax, "grade", d24.id, ``, 2},
			said{record.Penalty, "penalty", "P", ``, 2})
		if s := x.cur.Load().facts.Size(); s.Codes != 0 || s.Aside != 0 {
			t.Errorf("%s: something is kept of a subject without facts: %+v", code, s)
		}
	}
}

// A check of a subject without facts takes no memory for them.
func TestNoFactsNoAllocations(t *testing.T) {
	p := testPolicy(t)
	x := &Index{policy: p}
	x.met = newMetrics(nil, x)
	x.cur.Store(newState(p, time.Now))
	x.cur.Load().addFacts(worldCodes[1], []FactRecord{said{record.Registration, "registration", "R", `{"status":"2"}`, 1}.known(p)})
	m := p.Matter("SIMPLE_DEREGISTRATION")
	var d Decision
	x.CheckInto(&d, worldCodes[0], m, noon, math.MaxInt)
	if n := testing.AllocsPerRun(100, func() { x.CheckInto(&d, worldCodes[0], m, noon, math.MaxInt) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// The snapshot of the engine says of facts what the rows say, up to the head and
// no further.
func TestFactsFromTables(t *testing.T) {
	p := testPolicy(t)
	c := freshTables(t)
	put := func(code, d, kind, id string, version int, op, status string, offset int, data string) {
		t.Helper()
		c.exec(t, fmt.Sprintf("INSERT INTO credithub.records (uscc, domain, kind, unit, record_id, version, op, status, data, topic, partition, offset, feed_offset, recorded_at) "+
			"VALUES ('%s', '%s', '%s', 'TAX', '%s', %d, '%s', '%s', %s, 'credit.%s', 0, %d, -1, '2026-11-19 00:00:00.000')", code, d, kind, id, version, op, status, quote(data), d, offset))
	}
	a, b := worldCodes[0], worldCodes[4]
	put(a, "tax", "grade", "G1", 1, "upsert", "ACCEPTED", 0, `{"year":2024,"grade":"D"}`)
	put(a, "tax", "grade", "G2", 1, "upsert", "ACCEPTED", 1, `{"year":2025,"grade":"B"}`)
	put(b, "tax", "grade", "G3", 1, "upsert", "ACCEPTED", 2, `{"year":2025,"grade":"D"}`)
	put(a, "tax", "abnormal", "N1", 2, "upsert", "ACCEPTED", 3, `{"from":"2026-01-02"}`)
	put(a, "tax", "abnormal", "N1", 1, "upsert", "ACCEPTED", 4, `{"from":"2025-01-02"}`)
	put(b, "tax", "abnormal", "N2", 1, "upsert", "ACCEPTED", 5, `{"from":"2026-01-02"}`)
	put(b, "tax", "abnormal", "N2", 2, "retract", "ACCEPTED", 6, ``)
	put(b, "tax", "abnormal", "N3", 1, "upsert", "ACCEPTED", 7, `{"from":"2026-01-02"}`)
	put(b, "tax", "abnormal", "N3", 2, "upsert", "MOVED", 8, ``)
	put(b, "tax", "abnormal", "N4", 1, "upsert", "REJECTED", 9, `{"from":"2026-01-02"}`)
	put(a, "penalty", "penalty", "P1", 1, "upsert", "ACCEPTED", 0, `{"category":"罚款;吊\u9500许可证件","revokedLicence":"食品经营许可证","decidedOn":"2026-01-02"}`)
	put(a, "judgment", "defaulter", "J1", 1, "upsert", "ACCEPTED", 0, `{"court":"某院","caseNo":"1"}`)
	snapshot := ClickHouse(c)
	h, err := snapshot.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put(b, "tax", "abnormal", "N5", 1, "upsert", "ACCEPTED", 10, `{"from":"2026-01-02"}`)
	st := newState(p, time.Now)
	err = snapshot.Facts(t.Context(), &h, p, func(code []byte, records []FactRecord) error {
		st.addFacts(string(code), records)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ code, matter, want string }{
		{a, "INVOICE_SUPPLY", "N1@2"}, {b, "INVOICE_SUPPLY", "G3@1"}, {a, "FOOD_OPERATION_LICENCE", "P1@1"}, {a, "BANK_CREDIT", "J1@1"},
		{b, "BANK_CREDIT", ""},
	} {
		got := ""
		for _, h := range st.testify(nil, memory.KeyOf(x.code), p.Matter(x.matter), today, math.MaxInt) {
			got += fmt.Sprintf("%s@%d", h.Evidence.RecordID, h.Evidence.Version)
		}
		if got != x.want {
			t.Errorf("%s × %s: %q, want %q", x.code, x.matter, got, x.want)
		}
	}
}
