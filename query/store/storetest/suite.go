package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Store is all that is asked of a store; *store.Store answers it, and Memory does.
type Store interface {
	Registrations(context.Context, *store.Registrations) (map[string][]store.Record, store.Over, error)
	Identities(context.Context, *store.Identities) (map[string][]store.Record, store.Over, error)
	EachIdentity(context.Context, *store.Identities, func(*store.Record)) (store.Over, error)
	RecordPage(context.Context, *store.RecordPage) ([]store.Record, error)
	CountRecords(context.Context, *store.CountRecords) (int, error)
	Contents(context.Context, *store.Contents) (map[store.RecordKey][]byte, error)
	RecordVersions(context.Context, *store.RecordVersions) (map[store.RecordKey]store.Record, error)
	Facts(context.Context, *store.Facts) ([]store.Record, error)
	Entries(context.Context, *store.Entries) (map[string][]list.Entry, store.Over, error)
	ListEntries(context.Context, *store.ListEntries) ([]list.Entry, error)
	CountEntries(context.Context, *store.CountEntries) (int, error)
	LooksPersonal(context.Context, *store.LooksPersonal) (map[string]int, error)
	Named(context.Context, *store.Named) ([]string, error)
	Names(context.Context, *store.Names) ([]store.Candidate, error)
	CountNames(context.Context, *store.CountNames) (int, error)
	Sources(context.Context) (map[policy.Source]store.Counts, error)
	HeardBy(context.Context, *store.HeardBy) (map[policy.Source]time.Time, error)
	WaitStored(ctx context.Context, want []receipt.Position) error
}

// Open makes a store of nothing but some rows.
type Open func(t *testing.T, rows Rows) Store

// Run holds a store to the rules of query/store, each by rows of its own.
func Run(t *testing.T, open Open) {
	for _, rule := range []struct {
		name  string
		rows  Rows
		holds func(t *testing.T, s Store)
	}{
		{"the highest version holds", versions, versionHolds},
		{"questions narrow what is read", assorted, questionsNarrow},
		{"versions are had by their keys", versions, versionsByKey},
		{"facts are of the domains asked", assorted, factsOfDomains},
		{"pages of records reach the end", assorted, recordPages},
		{"nothing is younger than its age", aged, noYoungerThanItsAge},
		{"too much is an error of its code", crowded, tooMuch},
		{"the last state of an entry holds", states, lastStateHolds},
		{"lists show what a filter lets through", listed, filtersHold},
		{"what is withheld is not shown", listed, withheldIsNotShown},
		{"persons are found by those who named them", states, personsAreFound},
		{"names are found by a part", named, namesAreFound},
		{"sources are counted and heard", heard, sourcesAreHeard},
		{"a read ends with its caller", Rows{}, readsEnd},
	} {
		t.Run(rule.name, func(t *testing.T) { rule.holds(t, open(t, rule.rows)) })
	}
}

// Codes of the rows. alpha is before beta.
const (
	alpha = "91310000MA0000015F"
	beta  = "91420100MA0000007L"
)

var plenty = store.Most{Each: 1000, All: 1000}

// second is an instant of the rows; the zero time before the first.
func second(n int) time.Time {
	if n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(1772400000000 + 1000*int64(n)).UTC()
}

// version is the row of an accepted version that was learned in a second, which is also
// its offset. what is domain/kind/unit/number.
func version(code, what string, v uint32, sec int, data string) stored.Message {
	p := strings.Split(what, "/")
	r := store.Record{USCC: code, Domain: p[0], Kind: p[1], Unit: p[2], RecordID: p[3], Version: v, Op: record.Upsert, OccurredOn: 20513, RecordedAt: second(sec)}
	if data != "" {
		r.Data = []byte(data)
	}
	return Accepted(r, int64(sec))
}

// but is a message of which something else came.
func but(m stored.Message, op record.Op, s stored.Status) stored.Message {
	m.Op, m.Status = op, s
	return m
}

// told are records in words: number, version and data, one behind the other.
func told(records []store.Record) string {
	var all []string
	for _, r := range records {
		all = append(all, fmt.Sprintf("%s.%d%s", r.RecordID, r.Version, r.Data))
	}
	return strings.Join(all, " ")
}

// check compares what was read with what should be.
func check(t *testing.T, what string, err error, got, want any) {
	t.Helper()
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v (%v), want %v", what, got, err, want)
	}
}

// refused tells whether an error is of a kind and says something.
func refused(t *testing.T, what string, err error, kind fault.Kind, says string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || !strings.Contains(f.Message, says) {
		t.Errorf("%s: %v, want %s with %q", what, err, kind, says)
	}
}

func readsEnd(t *testing.T, s Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Sources(ctx)
	refused(t, "sources", err, fault.Timeout, "")
	_, _, err = s.Entries(ctx, &store.Entries{Codes: []string{alpha}, Most: plenty})
	refused(t, "entries", err, fault.Timeout, "")
}
