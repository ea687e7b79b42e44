package storetest

import (
	"fmt"
	"strings"
	"testing"

	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

const reg = "registration/registration/SAMR/R"

// versions are those of one registration: corrected, sent again, moved to another
// code and taken back there. They stand in no order.
var versions = Rows{Records: []stored.Message{
	but(version(beta, reg, 5, 6, ""), record.Retract, stored.Accepted),
	version(alpha, reg, 2, 2, "二"),
	version(alpha, reg, 1, 1, "一"),
	but(version(alpha, reg, 3, 3, "错"), record.Upsert, stored.Rejected),
	but(version(alpha, reg, 2, 4, "二"), record.Upsert, stored.Duplicate),
	version(beta, reg, 4, 5, "三"),
	but(version(alpha, reg, 4, 5, ""), record.Upsert, stored.Moved),
	version(alpha, "tax/grade/TAX/late", 2, 3, "新"),
	version(alpha, "tax/grade/TAX/late", 1, 7, "旧"), // the older version comes last
}}

func versionHolds(t *testing.T, s Store) {
	f := func(sec int, a, b string) {
		t.Helper()
		codes := []string{alpha, beta}
		got, over, err := s.Registrations(t.Context(), &store.Registrations{Codes: codes, AsOf: second(sec), Most: plenty})
		check(t, fmt.Sprintf("registrations in second %d", sec), err, told(got[alpha])+"|"+told(got[beta]), a+"|"+b)
		check(t, "over", nil, len(over), 0)
		each := map[string][]store.Record{}
		q := &store.Identities{Codes: codes, Domains: []string{"registration"}, AsOf: second(sec), Most: plenty}
		_, err = s.EachIdentity(t.Context(), q, func(r *store.Record) { each[r.USCC] = append(each[r.USCC], *r) })
		check(t, "each", err, told(each[alpha])+"|"+told(each[beta]), a+"|"+b)
		sight := store.Sight{Kinds: []string{"registration/registration"}}
		n, err := s.CountRecords(t.Context(), &store.CountRecords{Code: alpha, AsOf: second(sec), Sight: sight})
		page, err2 := s.RecordPage(t.Context(), &store.RecordPage{Code: alpha, AsOf: second(sec), Sight: sight, Limit: 9})
		want := len(strings.Fields(a))
		check(t, "counted", err, n, want)
		check(t, "page", err2, len(page), want)
	}
	f(1, "R.1一", "")
	f(2, "R.2二", "")
	f(4, "R.2二", "")
	f(5, "", "R.4三")
	f(6, "", "")
	f(0, "", "")
	got, _, err := s.Identities(t.Context(), &store.Identities{Codes: []string{alpha}, Domains: []string{"tax"}, Most: plenty})
	check(t, "an older version that came later", err, told(got[alpha]), "late.2新")
}

func versionsByKey(t *testing.T, s Store) {
	key := func(code string, v uint32) store.RecordKey {
		return store.RecordKey{USCC: code, Domain: "registration", Unit: "SAMR", RecordID: "R", Version: v}
	}
	keys := []store.RecordKey{key(alpha, 1), key(alpha, 2), key(alpha, 3), key(alpha, 4), key(beta, 4), key(beta, 5), key(beta, 9)}
	data, err := s.Contents(t.Context(), &store.Contents{Keys: keys})
	rs, err2 := s.RecordVersions(t.Context(), &store.RecordVersions{Keys: keys})
	check(t, "contents", err, len(data), 4)
	check(t, "versions", err2, len(rs), 4)
	for k, want := range map[store.RecordKey]string{keys[0]: "一", keys[1]: "二", keys[4]: "三", keys[5]: ""} {
		d, ok := data[k]
		check(t, "content", nil, fmt.Sprintf("%t %s", ok && d != nil, d), "true "+want)
		r := rs[k]
		check(t, "version", nil, fmt.Sprintf("%v %s %s", r.Key(), r.Data, r.OccurredOn), fmt.Sprintf("%v %s 2026-03-01", k, want))
	}
	check(t, "taken back", nil, rs[keys[5]].Op, record.Retract)
	data, err = s.Contents(t.Context(), &store.Contents{})
	check(t, "of no keys", err, len(data), 0)
}

// assorted are records of several domains, kinds and units, three of them of one second.
var assorted = Rows{Records: []stored.Message{
	version(alpha, "tax/grade/TAX/T1", 1, 1, "{t1}"),
	version(alpha, "tax/arrears/TAX/T2", 1, 3, "{t2}"),
	version(alpha, "penalty/penalty/MEE/P1", 1, 3, "{p1}"),
	version(alpha, "penalty/penalty/MCT/P2", 1, 3, "{p2}"),
	version(alpha, "permit/permit/MEE/M1", 1, 5, "{m1}"),
	but(version(alpha, "permit/permit/MEE/M2", 2, 4, ""), record.Retract, stored.Accepted),
	version(alpha, "permit/permit/MEE/M2", 1, 2, "{m2}"),
	version(beta, "tax/grade/TAX/B1", 1, 2, "{b1}"),
}}

func questionsNarrow(t *testing.T, s Store) {
	f := func(q store.Identities, a, b string) {
		t.Helper()
		q.Most = plenty
		got, over, err := s.Identities(t.Context(), &q)
		check(t, fmt.Sprintf("%+v", q), err, fmt.Sprint(told(got[alpha]), "|", told(got[beta]), len(over)), fmt.Sprint(a, "|", b, 0))
	}
	both := []string{alpha, beta}
	f(store.Identities{Codes: both}, "M1.1{m1} P2.1{p2} P1.1{p1} T2.1{t2} T1.1{t1}", "B1.1{b1}")
	f(store.Identities{Codes: []string{beta}}, "", "B1.1{b1}")
	f(store.Identities{}, "", "")
	f(store.Identities{Codes: both, Domains: []string{"tax", "permit"}}, "M1.1{m1} T2.1{t2} T1.1{t1}", "B1.1{b1}")
	f(store.Identities{Codes: both, Kinds: []string{"tax/grade"}}, "T1.1{t1}", "B1.1{b1}")
	f(store.Identities{Codes: both, Kinds: []string{}}, "", "")
	f(store.Identities{Codes: both, Domains: []string{"tax"}, Plain: []string{"tax/grade"}}, "T2.1{t2} T1.1", "B1.1")
	f(store.Identities{Codes: both, AsOf: second(2)}, "M2.1{m2} T1.1{t1}", "B1.1{b1}")
}

func factsOfDomains(t *testing.T, s Store) {
	sieves := map[string]string{"tax": "1", "penalty": "1"}
	f := func(q store.Facts, want string) {
		t.Helper()
		q.Code = alpha
		got, err := s.Facts(t.Context(), &q)
		check(t, fmt.Sprintf("%+v", q), err, told(got), want)
	}
	f(store.Facts{Sieves: sieves, Limit: 4}, "P2.1{p2} P1.1{p1} T1.1{t1} T2.1{t2}")
	f(store.Facts{Sieves: sieves, AsOf: second(1), Limit: 4}, "T1.1{t1}")
	f(store.Facts{Sieves: map[string]string{"permit": "1"}, Limit: 1}, "M1.1{m1}")
	f(store.Facts{Limit: 4}, "")
	_, err := s.Facts(t.Context(), &store.Facts{Code: alpha, Sieves: sieves, Limit: 3})
	refused(t, "facts", err, fault.TooComplex, "more than 3 ")
}

func recordPages(t *testing.T, s Store) {
	f := func(what store.RecordPage, want string) {
		t.Helper()
		what.Code = alpha
		n, err := s.CountRecords(t.Context(), &store.CountRecords{Code: alpha, Domain: what.Domain, AsOf: what.AsOf, Sight: what.Sight})
		check(t, fmt.Sprintf("%+v counted", what), err, n, len(strings.Fields(want)))
		for limit := 1; limit <= 4; limit++ {
			q := what
			q.Limit = limit
			var all []store.Record
			for range 10 {
				page, err := s.RecordPage(t.Context(), &q)
				check(t, "page", err, len(page) <= limit, true)
				all = append(all, page...)
				if len(page) < limit {
					break
				}
				q.After = store.CursorOf(&page[len(page)-1])
			}
			check(t, fmt.Sprintf("%+v by %d", what, limit), nil, told(all), want)
		}
	}
	all := []string{"tax/grade", "tax/arrears", "penalty/penalty", "permit/permit"}
	f(store.RecordPage{Sight: store.Sight{Kinds: all}}, "M1.1 P2.1 P1.1 T2.1 T1.1")
	f(store.RecordPage{Domain: "tax", Sight: store.Sight{Kinds: all}}, "T2.1 T1.1")
	f(store.RecordPage{AsOf: second(2), Sight: store.Sight{Kinds: all}}, "M2.1 T1.1")
	f(store.RecordPage{Sight: store.Sight{Kinds: []string{"tax/grade"}, Unit: "MEE", OwnKinds: all}}, "M1.1 P1.1 T1.1")
	f(store.RecordPage{Sight: store.Sight{Unit: "MEE", OwnKinds: []string{"penalty/penalty"}}}, "P1.1")
	f(store.RecordPage{Sight: store.Sight{OwnKinds: all}}, "")
}

// aged are versions and states, one a second; the tax record is of another partition.
var aged = func() (r Rows) {
	for i := range 4 {
		r.Records = append(r.Records, version(alpha, reg, uint32(i+1), i+1, fmt.Sprint(i+1)))
		r.Entries = append(r.Entries, state(alpha, fmt.Sprintf("E%d", i+1), uint64(4*(i+1))))
	}
	other := version(alpha, "tax/grade/TAX/T", 1, 1, "t")
	other.Partition = 3
	r.Records = append(r.Records, other)
	return r
}()

func noYoungerThanItsAge(t *testing.T, s Store) {
	at := func(d record.Domain, partition uint16, offset int64) receipt.Position {
		return receipt.Position{Domain: d, Partition: partition, Offset: offset}
	}
	f := func(age *store.Age, records, entries string) {
		t.Helper()
		got, _, err := s.Identities(t.Context(), &store.Identities{Codes: []string{alpha}, Age: age, Most: plenty})
		check(t, fmt.Sprintf("%+v", age), err, told(got[alpha]), records)
		es, _, err := s.Entries(t.Context(), &store.Entries{Codes: []string{alpha}, Age: age, Most: plenty})
		check(t, fmt.Sprintf("%+v entries", age), err, numbers(es[alpha]), entries)
		sight := store.Sight{Kinds: []string{"registration/registration", "tax/grade"}}
		n, err := s.CountRecords(t.Context(), &store.CountRecords{Code: alpha, Age: age, Sight: sight})
		check(t, "counted", err, n, len(strings.Fields(records)))
		page, err := s.RecordPage(t.Context(), &store.RecordPage{Code: alpha, Age: age, Sight: sight, Limit: 9})
		check(t, "page", err, len(page), n)
	}
	through := func(below uint64, ps ...receipt.Position) *store.Age {
		return &store.Age{Through: ps, EntriesBelow: below}
	}
	f(nil, "R.44 T.1t", "E1 E2 E3 E4")
	f(through(13, at(record.Registration, 0, 2), at(record.Tax, 3, 1)), "R.22 T.1t", "E1 E2 E3")
	f(through(12, at(record.Registration, 0, 1), at(record.Tax, 0, 9)), "R.11", "E1 E2")
	f(through(4, at(record.Registration, 0, 0), at(record.Tax, 3, 0)), "", "")
	f(through(99), "", "E1 E2 E3 E4")
	regs, _, err := s.Registrations(t.Context(), &store.Registrations{Codes: []string{alpha}, Age: through(0, at(record.Registration, 0, 3)), Most: plenty})
	check(t, "registrations", err, told(regs[alpha]), "R.33")
}

// crowded are six records and entries of one code, of which one is gone, and two of
// another.
var crowded = func() (r Rows) {
	for i := range 8 {
		code := alpha
		if i >= 6 {
			code = beta
		}
		r.Records = append(r.Records, version(code, fmt.Sprintf("tax/grade/TAX/T%d", i), 1, i+1, "{}"))
		r.Entries = append(r.Entries, state(code, fmt.Sprintf("E%d", i), uint64(i+1)))
	}
	r.Records = append(r.Records, but(version(alpha, "tax/grade/TAX/T0", 2, 9, ""), record.Retract, stored.Accepted))
	r.Entries = append(r.Entries, state(alpha, "E0", 9, gone))
	return r
}()

func tooMuch(t *testing.T, s Store) {
	codes := []string{alpha, beta}
	f := func(each, all int, a, b int, says string) {
		t.Helper()
		m := store.Most{Each: each, All: all}
		rs, over, err := s.Identities(t.Context(), &store.Identities{Codes: codes, Most: m})
		check(t, fmt.Sprintf("records, %+v", m), err, fmt.Sprint(len(rs[alpha]), len(rs[beta])), fmt.Sprint(a, b))
		n := 0
		over2, err := s.EachIdentity(t.Context(), &store.Identities{Codes: codes, Most: m}, func(*store.Record) { n++ })
		check(t, fmt.Sprintf("each, %+v", m), err, n, a+b)
		es, over3, err := s.Entries(t.Context(), &store.Entries{Codes: codes, Most: m})
		check(t, fmt.Sprintf("entries, %+v", m), err, fmt.Sprint(len(es[alpha]), len(es[beta])), fmt.Sprint(a, b))
		for _, over := range []store.Over{over, over2, over3} {
			if says == "" {
				check(t, "over", nil, len(over), 0)
				continue
			}
			refused(t, fmt.Sprintf("%+v", m), over[alpha], fault.TooComplex, says)
			check(t, "a neighbour", over[beta], "", "")
		}
	}
	f(8, 8, 5, 2, "")
	f(6, 8, 5, 2, "") // what is gone counts as well
	f(5, 8, 0, 2, "more than 5 ")
	f(6, 7, 0, 2, "more than 7 ")
	f(2, 2, 0, 2, "more than 2 ")
}
