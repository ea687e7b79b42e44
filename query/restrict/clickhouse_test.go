package restrict

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/testing/embedtest"
	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/ddl"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

// plainHTTP is a Streamer that runs statements as well.
type plainHTTP struct {
	Streamer
	url *url.URL
}

func newPlainHTTP(t testing.TB, dsn string) plainHTTP {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := clickhouse.Open(clickhouse.Config{URL: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return plainHTTP{s, u}
}

func (c plainHTTP) exec(t testing.TB, query string) {
	t.Helper()
	u := *c.url
	u.User = nil
	u.Path = "/"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.String(), strings.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := c.url.User.Password()
	req.SetBasicAuth(c.url.User.Username(), password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%.300s\n%s: %.1000s", query, resp.Status, b)
	}
}

// freshTables is an engine with the hub's tables in the desired state.
func freshTables(t testing.TB) plainHTTP {
	t.Helper()
	c := newPlainHTTP(t, embedtest.Engine(t))
	c.exec(t, ddl.Layout{}.CreateDatabase())
	steps, err := ddl.Diff(ddl.Schema{}, ddl.Desired())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		for _, q := range s.SQL(ddl.Layout{}) {
			c.exec(t, q)
		}
	}
	return c
}

type row struct {
	code, unit, id, op, status, name string
	domain                           record.Domain
	version, partition               int
	offset, feed                     int64
}

func (c plainHTTP) rows(t testing.TB, rows ...row) {
	t.Helper()
	var b strings.Builder
	b.WriteString("INSERT INTO credithub.records (uscc, domain, kind, unit, record_id, version, op, status, data, topic, partition, offset, feed_offset, recorded_at) VALUES ")
	for i, r := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%s, '%s', '', '%s', '%s', %d, '%s', '%s', '{\"name\":\"%s\"}', '%s', %d, %d, %d, '%s')", quote(r.code), r.domain, r.unit, r.id,
			r.version, r.op, r.status, r.name, r.domain.Topic(), r.partition, r.offset, r.feed,
			noon.Add(-time.Minute).UTC().Format("2006-01-02 15:04:05.000"))
	}
	c.exec(t, b.String())
}

func (c plainHTTP) entries(t testing.TB, seq uint64, gone bool, es ...list.Entry) {
	t.Helper()
	day := func(d civil.Date) string {
		if d == civil.NoDate {
			return column.NoDay.String()
		}
		return d.String()
	}
	var b strings.Builder
	b.WriteString("INSERT INTO credithub.entries (entry_id, seq, uscc, list, state, cause, document_no, decided_by, decided_on, served_on, since, until, annotated, gone, exit_type, exited_on, persons, recorded_at) VALUES ")
	for i, e := range es {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%s, %d, %s, '%s', '%s', %s, %s, '%s', '%s', '%s', '%s', '%s', %v, %v, '%s', '%s', '%s', 0)", quote(e.ID), seq, quote(e.USCC), e.List, e.State,
			quote(e.Cause), quote(e.DocumentNo), e.DecidedBy, day(e.DecidedOn), day(e.ServedOn), day(e.Since), day(e.Until), e.Annotated, gone, e.ExitType, day(e.ExitedOn), e.Persons)
	}
	c.exec(t, b.String())
}

// The snapshot of the tables is what their rows up to the stored positions say.
func TestSnapshotOfClickHouse(t *testing.T) {
	db := freshTables(t)
	snap := ClickHouse(db)
	ctx := t.Context()

	h, err := snap.Head(ctx)
	if err != nil || len(h.Stored) > 0 || len(h.Reports) > 0 || h.cut() != 0 {
		t.Fatalf("empty tables: %+v, %v", h, err)
	}
	none := func([]byte, SubjectState) error { return errors.New("a subject out of nothing") }
	if err := snap.Subjects(ctx, &h, none); err != nil {
		t.Fatal(err)
	}
	if err := snap.Entries(ctx, &h, func(*list.Entry) error { return errors.New("an entry out of nothing") }); err != nil {
		t.Fatal(err)
	}

	codes := testCodes(t, 12, 11)
	reg := func(i int, id string, version, partition int, offset int64, status, op, name string) row {
		return row{code: codes[i], unit: "SAMR", id: id, op: op, status: status, name: name, domain: record.Registration,
			version: version, partition: partition, offset: offset, feed: offset + 100}
	}
	db.rows(t,
		reg(0, "R0", 1, 0, 0, "ACCEPTED", "upsert", "甲公司"),
		reg(1, "R1", 1, 0, 1, "ACCEPTED", "upsert", "乙公司"), // retracted below
		reg(1, "R1", 2, 0, 2, "ACCEPTED", "retract", ""),
		reg(2, "R2", 1, 1, 0, "ACCEPTED", "upsert", "丙公司"), // two that disagree
		reg(2, "R2b", 1, 1, 1, "ACCEPTED", "upsert", "丁公司"),
		reg(3, "R3", 1, 1, 2, "ACCEPTED", "upsert", "戊（武汉）公司"), // two that agree
		reg(3, "R3b", 1, 1, 3, "ACCEPTED", "upsert", "戊(武汉)公司"),
		reg(4, "R4", 1, 1, 4, "ACCEPTED", "upsert", "己公司"), // moved away by a higher version elsewhere
		reg(4, "R4", 2, 1, 5, "MOVED", "upsert", "己公司"),
		reg(5, "R4", 2, 1, 5, "ACCEPTED", "upsert", "己公司"),
		reg(6, "R6", 1, 2, 0, "REJECTED", "upsert", "庚公司"),
		reg(7, "R7", 1, 2, 1, "DUPLICATE", "upsert", "辛公司"),
		reg(8, "R8", 1, 2, 2, "ACCEPTED", "upsert", "壬公司"), // disagreed once, the other was corrected
		reg(8, "R8b", 1, 2, 3, "ACCEPTED", "upsert", "癸公司"),
		reg(8, "R8b", 2, 2, 4, "ACCEPTED", "upsert", "壬公司"),
		row{unit: "TAX", op: "heartbeat", status: "HEARTBEAT", domain: record.Tax, partition: 1, offset: 7, feed: 120},
		row{code: codes[9], unit: "MOF", id: "D1", op: "upsert", status: "ACCEPTED", version: 1, domain: record.Decision, offset: 5, feed: 11},
	)
	e := func(id string, i int, state list.State, version int) list.Entry {
		x := inForce(3)
		x.ID, x.USCC, x.State, x.DocumentNo, x.Annotated = id, codes[i], state, fmt.Sprint("文'号", version), version%2 == 0
		x.Until = today + 365
		return x
	}
	db.entries(t, 4*feed.SeqPerRecord/4, false, e("E1", 9, list.InForce, 1), e("E2", 9, list.InForce, 1), e("E3", 10, list.InForce, 1))
	db.entries(t, 8*feed.SeqPerRecord/4, false, e("E1", 9, list.Suspended, 2), e("E3", 11, list.InForce, 2))
	db.entries(t, 8*feed.SeqPerRecord/4, true, e("E3", 10, list.InForce, 2)) // moved to 11
	db.entries(t, 12*feed.SeqPerRecord/4, false, e("E4", 9, list.InForce, 1))
	db.entries(t, 20*feed.SeqPerRecord/4, false, e("E1", 9, list.InForce, 3))
	db.entries(t, 24*feed.SeqPerRecord/4, false, e("E2", 9, list.Exited, 2)) // of a record that is not stored yet

	if h, err = snap.Head(ctx); err != nil {
		t.Fatal(err)
	}
	at := map[receipt.Position]int64{}
	for _, s := range h.Stored {
		at[s.Position] = s.Feed
	}
	want := map[receipt.Position]int64{
		{Domain: record.Registration, Partition: 0, Offset: 2}: 102, {Domain: record.Registration, Partition: 1, Offset: 5}: 105,
		{Domain: record.Registration, Partition: 2, Offset: 4}: 104, {Domain: record.Tax, Partition: 1, Offset: 7}: 120,
		{Domain: record.Decision, Offset: 5}: 11,
	}
	if !maps.Equal(at, want) {
		t.Errorf("stored %v, want %v", at, want)
	}
	heard := map[string]bool{}
	for _, r := range h.Reports {
		heard[r.Unit+" "+r.Domain] = r.At.After(noon.Add(-2*time.Minute)) && r.At.Before(noon)
	}
	if !maps.Equal(heard, map[string]bool{"SAMR registration": true, "TAX tax": true, "MOF decision": true}) {
		t.Errorf("heard %v", heard)
	}

	// Rows that come after the head don't count.
	db.rows(t, reg(0, "R0", 2, 0, 3, "ACCEPTED", "retract", ""), reg(6, "R6x", 1, 0, 4, "ACCEPTED", "upsert", "庚公司"))

	subjects := map[string]SubjectState{}
	if err := snap.Subjects(ctx, &h, func(c []byte, s SubjectState) error { subjects[string(c)] = s; return nil }); err != nil {
		t.Fatal(err)
	}
	if want := map[string]SubjectState{codes[0]: Known, codes[2]: Ambiguous, codes[3]: Known, codes[5]: Known, codes[8]: Known}; !maps.Equal(subjects, want) {
		t.Errorf("subjects %v, want %v", subjects, want)
	}
	got := map[string]list.Entry{}
	err = snap.Entries(ctx, &h, func(x *list.Entry) error {
		c := *x
		for _, s := range []*string{&c.ID, &c.USCC, &c.Cause, &c.DocumentNo, &c.DecidedBy} {
			*s = strings.Clone(*s)
		}
		if _, ok := got[c.USCC+c.ID]; ok {
			t.Errorf("%s twice", c.ID)
		}
		got[c.USCC+c.ID] = c
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantEntries := map[string]list.Entry{}
	for _, x := range []list.Entry{e("E1", 9, list.InForce, 3), e("E2", 9, list.InForce, 1), e("E3", 11, list.InForce, 2), e("E4", 9, list.InForce, 1)} {
		wantEntries[x.USCC+x.ID] = x
	}
	if !maps.Equal(got, wantEntries) {
		t.Errorf("entries\n%v\nwant\n%v", got, wantEntries)
	}
}

// Whatever the rows and their order, the fold is the plain one: of each record
// the highest version, and the records that stand under each code.
func TestSubjectRowsEqualAPlainFold(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	g := newSubjectRows()
	for range 300 {
		got, want, crowded := map[string]SubjectState{}, map[string]int{}, map[string][]version{}
		var calls []func()
		for c := range 5 {
			code := fmt.Sprint("CODE", c)
			for r := range rng.IntN(4) {
				stands := false
				for v := range 1 + rng.IntN(3) {
					stands = rng.IntN(3) > 0
					calls = append(calls, func(s bool) func() {
						x := &stored.Record{USCC: code, Unit: "SAMR", RecordID: fmt.Sprint(r), Version: uint32(v + 1), Op: record.Retract, Status: stored.Accepted}
						if s {
							x.Op = record.Upsert
						}
						return func() { g.row(x) }
					}(stands))
				}
				if stands {
					want[code]++
				}
			}
		}
		g.reset()
		for _, i := range rng.Perm(len(calls)) {
			calls[i]()
		}
		err := g.emit(func(c []byte, s SubjectState) error { got[string(c)] = s; return nil }, crowded)
		if err != nil {
			t.Fatal(err)
		}
		for c := range 5 {
			code := fmt.Sprint("CODE", c)
			if (want[code] == 1) != (got[code] == Known) || want[code] > 1 && len(crowded[code]) != want[code] || want[code] < 2 && crowded[code] != nil {
				t.Fatalf("%s: %d records, got %d and %v", code, want[code], got[code], crowded[code])
			}
		}
	}
}

// Whatever the sample, each code falls into exactly one range.
func TestRangesPartTheCodes(t *testing.T) {
	codes := testCodes(t, 300, 17)
	for _, n := range []int{0, 1, 2, 7, 300} {
		for _, want := range []int{2, 3, 50} {
			ranges := parted(slices.Clone(codes[:n]), want)
			for _, c := range codes {
				in := 0
				for _, r := range ranges {
					ok := true
					for _, cond := range strings.Split(r, " AND ")[1:] {
						f := strings.Fields(cond)
						b := strings.Trim(f[2], "'")
						ok = ok && (f[1] == "<" && c < b || f[1] == ">=" && c >= b)
					}
					if ok {
						in++
					}
				}
				if in != 1 {
					t.Fatalf("%s is in %d of %v", c, in, ranges)
				}
			}
		}
	}
}

// An answer that breaks off is an error, never a short snapshot.
func TestBrokenAnswersAreErrors(t *testing.T) {
	full, err := freshTables(t).Stream(t.Context(), "SELECT toString(number), toInt64(1), 'SAMR', 'tax', toInt8(1), toInt64(1), toInt64(1), toInt64(1) FROM numbers(1000)")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(full)
	full.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 3, 10, 100, 1000, len(b) / 2, len(b) - 1} {
		if _, err := ClickHouse(fixed(b[:n])).Head(t.Context()); err == nil {
			t.Errorf("%d of %d bytes read as a whole", n, len(b))
		}
	}
	if _, err := ClickHouse(fixed(b)).Head(t.Context()); err != nil {
		t.Error(err)
	}
}

type fixed []byte

func (f fixed) Stream(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f)), nil
}
