package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/civil"
	"credithub/schema/ddl"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/receipt"
	"credithub/schema/uscc"
)

// follower reads a topic of the hub as anyone may, and checks what is promised.
type follower struct {
	t       testing.TB
	through map[string]int64 // by domain and partition
	codes   map[string]map[string]bool
	repeats int
}

func (f *follower) changes(values [][]byte) {
	f.through, f.codes = map[string]int64{}, map[string]map[string]bool{}
	for _, v := range values {
		var m feed.Changes
		must(f.t, json.Unmarshal(v, &m))
		at := fmt.Sprintf("%s/%d", m.Domain, m.Partition)
		last, heard := f.through[at]
		through, err := receipt.Parse(m.Receipt)
		must(f.t, err)
		if len(through) != 1 || through[0].Domain.String() != m.Domain || through[0].Partition != m.Partition || through[0].Offset != m.Last ||
			m.First > m.Last || m.At.IsZero() || m.Codes == "" || len(m.Codes)%uscc.Length != 0 {
			f.t.Fatalf("%s: %+v", v, through)
		}
		if f.codes[m.Domain] == nil {
			f.codes[m.Domain] = map[string]bool{}
		}
		before := ""
		for c := range slices.Chunk([]byte(m.Codes), uscc.Length) {
			if string(c) <= before {
				f.t.Fatalf("%s twice or not in order", c)
			}
			before = string(c)
			if heard && m.Last <= last { // passed over: must be known already
				f.repeats++
				if !f.codes[m.Domain][before] {
					f.t.Fatalf("%s at %s is new under an old offset %d, through %d", c, at, m.Last, last)
				}
			}
			f.codes[m.Domain][before] = true
		}
		f.through[at] = max(last, m.Last)
	}
}

// TestCase_P6_ChangesAndNoticesSurviveKills: whoever follows credit.changes and
// credit.notices misses nothing that was stored, however often intake is killed between
// telling and storing, and knows repetitions by offset and seq.
func TestCase_P6_ChangesAndNoticesSurviveKills(t *testing.T) {
	h := newHub(t)
	rnd := rand.New(rand.NewPCG(11, 3))
	for round := range 4 {
		c := h.config()
		h.push(makeTraffic(rnd, 120)...)
		if round < 3 { // told and never stored
			c.Store = &refusing{Store: c.Store}
			h.start(c)
			want := len(h.values(feed.ChangesTopic)) + 3
			for end := time.Now().Add(5 * time.Second); len(h.values(feed.ChangesTopic)) < want && time.Now().Before(end); {
				time.Sleep(20 * time.Millisecond)
			}
		} else {
			h.start(c)
			h.settled()
		}
		h.stopIntake()
	}

	f := &follower{t: t}
	f.changes(h.values(feed.ChangesTopic))
	if f.repeats == 0 {
		t.Error("nothing was told twice")
	}
	missing := 0
	for _, row := range h.rows("SELECT DISTINCT concat(domain, ' ', uscc) FROM records WHERE status IN ('ACCEPTED', 'MOVED') AND uscc != ''") {
		domain, c, _ := strings.Cut(row, " ")
		if !f.codes[domain][c] {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d codes changed and were never told", missing)
	}

	// Every message of the state feed that puts an entry in or out of force has its
	// notice under the same seq; notices come in order but for repetitions, which are the
	// same.
	entries := map[uint64]feed.EntryMessage{}
	for _, v := range h.values(feed.EntriesTopic) {
		var m feed.EntryMessage
		must(t, json.Unmarshal(v, &m))
		if m.Progress == nil {
			entries[m.Seq] = m
		}
	}
	told, repeated, kinds := map[uint64]string{}, 0, map[string]int{}
	for _, v := range h.values(feed.NoticesTopic) {
		var m feed.Notice
		must(t, json.Unmarshal(v, &m))
		kinds[m.Kind]++
		if was, ok := told[m.Seq]; ok {
			if repeated++; was != string(v) {
				t.Errorf("seq %d says\n%s, then\n%s", m.Seq, was, v)
			}
			continue
		}
		told[m.Seq] = string(v)
		e, ok := entries[m.Seq]
		if !ok || e.ID != m.ID || e.USCC != m.USCC || e.WasUSCC != m.WasUSCC || (e.Entry == nil) != m.Gone || m.DueOn <= m.At.Format(time.DateOnly) || m.Entry == nil {
			t.Errorf("notice %s of %+v", v, e)
		}
	}
	if repeated == 0 || kinds["ENTRY_IN_FORCE"] == 0 || kinds["ENTRY_EXITED"] == 0 {
		t.Errorf("%d repeated of %v", repeated, kinds)
	}
	inForce := map[string]bool{} // by the feed of states, in order
	seqs := make([]uint64, 0, len(entries))
	for s := range entries {
		seqs = append(seqs, s)
	}
	slices.Sort(seqs)
	for _, s := range seqs {
		m := entries[s]
		is := m.Entry != nil && m.Entry.State == list.InForce && m.Entry.Until == civil.NoDate
		if _, ok := told[s]; inForce[m.ID] != is && !ok && (m.Entry == nil || m.Entry.Until == civil.NoDate) {
			t.Errorf("%s was %v, is %v, and nobody was told: %+v", m.ID, inForce[m.ID], is, m.Entry)
		}
		inForce[m.ID] = is
	}
}

// refusing is a store that takes no records.
type refusing struct{ Store }

func (r *refusing) Insert(ctx context.Context, table string, in proto.Input, token string) error {
	if table == ddl.Records {
		return fmt.Errorf("refused")
	}
	return r.Store.Insert(ctx, table, in, token)
}

// An objection that a unit tells reaches entries, rows and notices, keeps the entry in
// force, and goes as it came, also after a restart.
func TestCase_P6_AnObjectionIsTold(t *testing.T) {
	h := newHub(t)
	h.start(h.config())
	a := code(1)
	listed := func(version int, annotated any) rec {
		d := decision("SAMR", "D1", version, a, "E-1", "L03", "IN_FORCE")
		d.data["personKey"], d.data["personRole"] = strings.Repeat("ab", 32), "LEGAL_REPRESENTATIVE"
		if annotated != nil {
			d.data["annotated"] = annotated
		}
		return d
	}
	f := func(want string, notices ...string) {
		t.Helper()
		h.settled()
		if got := h.rows("SELECT concat(state, ' ', toString(annotated)) FROM entries ORDER BY seq DESC LIMIT 1"); !slices.Equal(got, []string{want}) {
			t.Errorf("entries %q, want %s", got, want)
		}
		var got []string
		for _, v := range h.values(feed.NoticesTopic) {
			var m feed.Notice
			must(t, json.Unmarshal(v, &m))
			got = append(got, fmt.Sprintf("%s %v %s", m.Kind, m.Entry.Annotated, m.DueOn))
			if m.ID != "E-1" || m.USCC != a || len(m.Measures) == 0 || m.Measures[0].Department == "" || m.Entry.Persons != "" {
				t.Errorf("notice %s", v)
			}
		}
		if !slices.Equal(got, notices) {
			t.Errorf("notices %q, want %q", got, notices)
		}
	}
	h.push(listed(1, nil))
	h.settled()
	var first feed.Notice
	must(t, json.Unmarshal(h.values(feed.NoticesTopic)[0], &first))
	due := first.DueOn // of the day when the log had it
	force, objected, heard := "ENTRY_IN_FORCE false "+due, "ENTRY_CHANGED true "+due, "ENTRY_CHANGED false "+due
	if now := time.Now(); due < now.AddDate(0, 0, 5).Format(time.DateOnly) || due > now.AddDate(0, 0, 14).Format(time.DateOnly) {
		t.Errorf("due on %s, it is %s", due, now)
	}
	f("IN_FORCE false", force)
	h.push(listed(2, true))
	f("IN_FORCE true", force, objected)
	h.stopIntake()
	h.start(h.config())
	h.push(listed(2, true))
	f("IN_FORCE true", force, objected)
	h.push(listed(3, "N"))
	f("IN_FORCE false", force, objected, heard)
	if !slices.ContainsFunc(h.values(feed.EntriesTopic), func(v []byte) bool { return strings.Contains(string(v), "abab") }) {
		t.Error("the entry names no person who could have been told")
	}
}
