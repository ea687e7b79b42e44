package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"credithub/deploy/testing/golden"
	"credithub/schema/civil"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// What is asked of the server is text that can be read.
func TestSQL(t *testing.T) {
	at := time.UnixMilli(1772400000000)
	filter := EntryFilter{Day: civil.MakeDate(2026, 3, 2), List: "L09", USCC: "u", State: "IN_FORCE", Lists: []string{"L01", "L09"}, States: []string{"IN_FORCE"}, Unit: "MOF"}
	age := &Age{Through: []receipt.Position{{Domain: record.Decision, Offset: 7}, {Domain: record.Registration, Partition: 3, Offset: 41}}, EntriesBelow: 32}
	var b strings.Builder
	for _, q := range []Statement{
		&Registrations{Codes: []string{"a", "b"}},
		&Registrations{Codes: []string{"a"}, AsOf: at},
		&Registrations{Codes: []string{"a"}, Age: age},
		&Identities{Codes: []string{"a"}},
		&Identities{Codes: []string{"a"}, Age: age},
		&Identities{Codes: []string{"a"}, Domains: []string{"bank"}, Age: age},
		&Identities{Codes: []string{"a", "b"}, Domains: []string{"permit", "tax"}, Kinds: []string{"tax/grade"}, AsOf: at, Plain: []string{"permit/permit", "tax/grade"}},
		few{&Identities{Codes: []string{"a"}}, 1032}, census{&Identities{Codes: []string{"a"}, Domains: []string{"tax"}}},
		&RecordPage{Code: "a", Sight: Sight{Kinds: []string{"permit/permit"}, Unit: "MOF", OwnKinds: []string{"permit/permit", "tax/grade"}}, Limit: 21},
		&RecordPage{Code: "a", Domain: "tax", AsOf: at, After: &RecordCursor{at, "tax", "TAX", "T-1"}, Sight: Sight{Kinds: []string{"tax/grade"}}, Limit: 21},
		&CountRecords{Code: "a", Domain: "tax", Age: age, Sight: Sight{Kinds: []string{"tax/grade"}}},
		&Contents{Keys: []RecordKey{{USCC: "a", Domain: "permit", Unit: "SAMR", RecordID: "P-1", Version: 2}, {USCC: "b", Domain: "permit", Unit: "SAMR", RecordID: "P-2", Version: 1}}},
		&Entries{Codes: []string{"a"}},
		&Entries{Codes: []string{"a", "b"}, AsOf: at},
		&Entries{Codes: []string{"a"}, Age: age}, few{&Entries{Codes: []string{"a"}}, 1032}, census{&Entries{Codes: []string{"a"}}},
		&ListEntries{Limit: 21},
		&ListEntries{EntryFilter: EntryFilter{Day: 20514, States: []string{"IN_FORCE", "SUSPENDED"}, Unit: "MOF"}, AfterUSCC: "a", AfterID: "E-1", Limit: 21},
		&ListEntries{EntryFilter: filter, Limit: 21},
		&CountEntries{EntryFilter: filter},
		&LooksPersonal{EntryFilter: filter},
		&Names{Text: "武汉", Limit: 21},
		&Names{Text: "武汉", Match: Contains, AfterName: "武汉示例", AfterUSCC: "a", Limit: 21},
		&CountNames{Text: "武汉"},
		SourceCounts{}, RejectCounts{}, StoredPositions{},
		&HeardBy{Domains: []string{"decision"}, Since: at.Add(-time.Hour), At: at},
	} {
		sql, args := q.SQL()
		fmt.Fprintf(&b, "-- %s\n%s\n-- %v\n\n", strings.TrimPrefix(strings.TrimPrefix(fmt.Sprintf("%T", q), "*"), "store."), sql, args)
		if n := strings.Count(sql, "?"); n != len(args) {
			t.Errorf("%T: %d places for %d arguments", q, n, len(args))
		}
	}
	golden.Compare(t, "testdata/statements.sql", b.String())
}
