package derive

import (
	"fmt"
	"maps"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/record"
	"credithub/schema/stored"
	"credithub/schema/uscc"
)

func code(n int) string { return uscc.Random(rand.New(rand.NewPCG(3, uint64(n))), "420100", "91") }

func TestCodesComeBack(t *testing.T) {
	c := NewCodes()
	odd := []string{"91420100000000000X", "ABCDEFGHJKLMNPQRTU"} // no keys
	for i := range 50 {
		odd = append(odd, code(i))
	}
	seen := map[Subject]string{}
	for range 2 {
		for _, s := range odd {
			n := c.Subject([]byte(s))
			if got := c.String(n); got != s {
				t.Errorf("%s came back as %s", s, got)
			}
			if was, ok := seen[n]; ok && was != s {
				t.Errorf("%s and %s are one subject", was, s)
			}
			seen[n] = s
		}
	}
	if c.Subject(nil) != 0 || c.String(0) != "" {
		t.Error("no code is subject 0")
	}
}

func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x table[int]
		want := map[ID]int{}
		for i, k := range rapid.SliceOfN(rapid.Uint64Range(0, 400), 0, 600).Draw(t, "keys") {
			id := ID{uint8(k % 3), k}
			x.put(id, i)
			id.key = max(k, 1)
			want[id] = i
		}
		if x.n != len(want) {
			t.Fatalf("%d keys, want %d", x.n, len(want))
		}
		got := map[ID]int{}
		x.each(func(id ID, v *int) { got[id] = *v })
		if !maps.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for id, v := range want {
			if p := x.get(id); p == nil || *p != v {
				t.Fatalf("key %v lost", id)
			}
		}
		if x.get(ID{2, 1 << 40}) != nil {
			t.Fatal("found what was never put")
		}
	})
}

// Keys lie near their place, whichever way the segment was chosen.
func TestKeysAreSpread(t *testing.T) {
	subjects, old := NewSubjects(NewCodes()), table[uint32]{}
	for i := range uint64(100_000) {
		subjects.Stand(Subject(i*7919+1), ID{1, i}, 0)
		old.put(ID{3, mix(i)}.version(1), 1)
	}
	far := func(name string, distance, n int) {
		if mean := float64(distance) / float64(n); mean > 8 {
			t.Errorf("%s: keys lie %.1f slots from their place", name, mean)
		}
	}
	far("subjects", distance(&subjects.one), subjects.one.n)
	far("old versions", distance(&old), old.n)
}

func distance[V any](t *table[V]) (sum int) {
	for i := range t.seg {
		slots := t.seg[i].slots
		for j := range slots {
			if slots[j].key != 0 {
				at, _ := bits.Mul64(mix(slots[j].key)<<8, uint64(len(slots)))
				sum += (j - int(at) + len(slots)) % len(slots)
			}
		}
	}
	return sum
}

func TestIndexTakesLittleRoom(t *testing.T) {
	var x Index
	var ids Identifier
	const n = 200_000
	for i := range n {
		id := ids.ID("SAMR", fmt.Appendf(nil, "R-%d", i))
		h := Held{Version: 1}
		if v := x.Judge(id, h); v.Status != stored.Accepted {
			t.Fatalf("record %d meets another", i)
		}
		x.Accept(id, h)
	}
	if per := float64(x.Bytes()) / n; per > 34 {
		t.Errorf("%.1f bytes a record", per)
	}
}

// A version counts once whatever came between, in whatever order versions come.
func TestVersionsCountOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x Index
		var ids Identifier
		seen := map[string]uint32{}
		top := map[string]uint32{}
		for range rapid.IntRange(0, 60).Draw(t, "messages") {
			rec := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "record")
			v := uint32(rapid.IntRange(1, 5).Draw(t, "version"))
			hash := uint32(rapid.IntRange(1, 2).Draw(t, "content"))
			id, h := ids.ID("U", []byte(rec)), Held{Version: v, Hash: hash}
			key := fmt.Sprint(rec, v)
			want := stored.Accepted
			if was, ok := seen[key]; ok {
				want = stored.Rejected
				if was == hash {
					want = stored.Duplicate
				}
			}
			got := x.Judge(id, h)
			if got.Status != want {
				t.Fatalf("%s version %d: %v, want %v", rec, v, got.Status, want)
			}
			if want != stored.Accepted {
				continue
			}
			if got.Current != (v > top[rec]) || got.Was.Version != top[rec] {
				t.Fatalf("%s version %d: %+v, highest was %d", rec, v, got, top[rec])
			}
			x.Accept(id, h)
			seen[key], top[rec] = hash, max(top[rec], v)
		}
	})
}

// version is one version of a registration record in the log.
type version struct {
	id   string
	v    uint32
	op   record.Op
	code string
	name string
}

// truth is what the current versions say of each code.
func truth(log []version) map[string]SubjectState {
	top := map[string]version{}
	out := map[string]SubjectState{}
	for _, v := range log {
		if v.code != "" {
			out[v.code] = Unknown
		}
		if v.v > top[v.id].v {
			top[v.id] = v
		}
	}
	names := map[string]map[string]bool{}
	for _, v := range top {
		if v.op == record.Upsert && v.code != "" {
			if names[v.code] == nil {
				names[v.code] = map[string]bool{}
			}
			names[v.code][v.name] = true
			out[v.code] = Known
			if len(names[v.code]) > 1 {
				out[v.code] = Ambiguous
			}
		}
	}
	return out
}

// reader is the restriction index's view of codes: it passes over a message
// whose partition it has read further.
type reader struct {
	state   map[string]SubjectState
	through [3]int
}

func (r *reader) apply(n *News, partition, through int) {
	if through <= r.through[partition] {
		return
	}
	r.through[partition] = through
	for _, x := range []struct {
		codes []byte
		s     SubjectState
	}{{n.Known, Known}, {n.Ambiguous, Ambiguous}, {n.Gone, Unknown}} {
		for c := range slices.Chunk(x.codes, uscc.Length) {
			r.state[string(c)] = x.s
		}
	}
}

// turn is what was read of a partition in one go.
type turn struct{ partition, through int }

// Readers are at the truth of everything told, at any moment, although the
// process is restarted at any moments and joins the partitions in any order: what
// was told and not stored is read again in the order in which it was told.
func TestReadersOfSubjectsAreAtTheTruth(t *testing.T) {
	codes := []string{code(1), code(2), code(3), ""}
	rapid.Check(t, func(t *rapid.T) {
		var logs [3][]version
		taken := map[string]bool{}
		for range rapid.IntRange(0, 14).Draw(t, "messages") {
			v := version{id: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "record"), v: uint32(rapid.IntRange(1, 5).Draw(t, "version")),
				op:   rapid.SampledFrom([]record.Op{record.Upsert, record.Upsert, record.Retract}).Draw(t, "op"),
				code: rapid.SampledFrom(codes).Draw(t, "code"), name: rapid.SampledFrom([]string{"甲", "乙"}).Draw(t, "name")}
			k := fmt.Sprint(v.id, v.v)
			p := rapid.IntRange(0, 2).Draw(t, "partition")
			if !taken[k] {
				taken[k] = true
				logs[p] = append(logs[p], v)
			}
		}
		r := reader{state: map[string]SubjectState{}}
		var kept [3]int // rows in ClickHouse by partition
		var told []turn // the order told, from the first row that is not stored
		for lives := rapid.IntRange(1, 3).Draw(t, "lives"); lives > 0; lives-- {
			c := NewCodes()
			var ids Identifier
			var x Index
			regs := NewRegistrations(c)
			take := func(v version, news *News) {
				id := ids.ID("SAMR", []byte(v.id))
				h := Held{Version: v.v, Hash: 1, Subject: c.Subject([]byte(v.code))}
				verdict := x.Judge(id, h)
				if verdict.Status == stored.Accepted {
					x.Accept(id, h)
				}
				regs.Apply(verdict, id, h, v.op, NameHash(v.name), news)
			}
			var none News
			for p, l := range logs {
				for _, v := range l[:kept[p]] {
					take(v, &none)
				}
			}
			at := kept
			replay, all := slices.Clone(told), told
			told = nil
			steps := 1000
			if lives > 1 {
				steps = rapid.IntRange(0, 10).Draw(t, "steps")
			}
			for ; steps > 0 && at != [3]int{len(logs[0]), len(logs[1]), len(logs[2])}; steps-- {
				var p, n int
				if len(replay) > 0 {
					p = replay[0].partition
					n = rapid.IntRange(1, replay[0].through-at[p]).Draw(t, "fetched again")
					if at[p]+n == replay[0].through {
						replay = replay[1:]
					}
				} else if p = rapid.IntRange(0, 2).Draw(t, "next partition"); at[p] == len(logs[p]) {
					continue
				} else {
					n = rapid.IntRange(1, len(logs[p])-at[p]).Draw(t, "fetched")
				}
				var news News
				for range n {
					take(logs[p][at[p]], &news)
					at[p]++
				}
				told = append(told, turn{p, at[p]})
				ahead := r.through[p] >= at[p]
				r.apply(&news, p, at[p])
				if ahead {
					continue
				}
				for code, want := range truth(slices.Concat(logs[0][:r.through[0]], logs[1][:r.through[1]], logs[2][:r.through[2]])) {
					if code != "" && r.state[code] != want {
						t.Fatalf("%s is %v, want %v; read to %v of %v", code, r.state[code], want, r.through, logs)
					}
				}
			}
			// A beginning of what was told is stored; what was told in an earlier life
			// beyond this one stays told.
			for _, x := range all {
				if x.through > at[x.partition] {
					told = append(told, x)
				}
			}
			for n := rapid.IntRange(0, len(told)).Draw(t, "stored"); n > 0 && told[0].through <= at[told[0].partition]; n-- {
				kept[told[0].partition] = told[0].through
				told = told[1:]
			}
		}
	})
}

func TestNewsHoldTheLastWord(t *testing.T) {
	a, b := code(1), code(2)
	var n, m News
	n.Add([]byte(a), Known)
	n.Add([]byte(b), Known)
	n.Add([]byte(a), Unknown)
	m.Add([]byte(b), Ambiguous)
	m.Add([]byte(a), Known)
	n.Merge(&m)
	if string(n.Known) != a || string(n.Ambiguous) != b || len(n.Gone) > 0 {
		t.Errorf("got %s %s %s", n.Known, n.Ambiguous, n.Gone)
	}
	n.Reset()
	if n.Add([]byte("short"), Known); len(n.Known) > 0 {
		t.Error("took a code that the message can't carry")
	}
}

func eventOf(rec string, v uint32, entry, code string, ev list.Event, day int) list.EventRecord {
	return list.EventRecord{RecordID: rec, Version: v, OccurredOn: civil.Date(20000 + day),
		Facts: list.Facts{EntryID: entry, List: 9, USCC: code, Unit: "MOF", Event: ev, Cause: "1", DocumentNo: "财〔2026〕" + entry + "号",
			DecidedOn: civil.Date(20000 + day), ServedOn: civil.NoDate, EffectiveFrom: civil.NoDate, TermUntil: civil.NoDate}}
}

func TestEventsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := func(n string) string { return rapid.StringN(0, 20, 200).Draw(t, n) }
		day := func(n string) civil.Date {
			return rapid.SampledFrom([]civil.Date{civil.NoDate, 0, -25567, 20000}).Draw(t, n)
		}
		e := entry{id: word("entry"), unit: "MOF"}
		var want []list.EventRecord
		for i := range rapid.IntRange(0, 4).Draw(t, "events") {
			r := list.EventRecord{RecordID: fmt.Sprint(i, word("id")), Version: rapid.Uint32().Draw(t, "v"), Seq: rapid.Uint64().Draw(t, "seq"),
				OccurredOn: day("on"), Facts: list.Facts{EntryID: e.id, Unit: "MOF", List: 9, USCC: word("code"),
					Event: list.EventServed, Cause: word("cause"), DocumentNo: word("doc"), DecidedOn: day("d"), ServedOn: day("s"),
					EffectiveFrom: day("f"), TermUntil: day("u"), ExitType: list.Repaired, ExitDocumentNo: word("x"),
					Annotated: rapid.Bool().Draw(t, "annotated")}}
			want = append(want, r)
			e.events = replaceEvent(e.events, r.RecordID, &r)
		}
		var got []list.EventRecord
		for ev := range events(e.events) {
			got = append(got, ev.record(&e))
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
		for _, r := range want {
			e.events = replaceEvent(e.events, r.RecordID, nil)
		}
		if len(e.events) > 0 {
			t.Fatal("events left")
		}
	})
}

func TestEntriesFollowTheirRecords(t *testing.T) {
	a, b := code(1), code(2)
	d := NewDecisions(list.Law{})
	step := func(what string, r list.EventRecord, want ...string) {
		t.Helper()
		out := d.Apply(&r, uint64(r.Version)*1000+uint64(r.Event)+uint64(len(r.EntryID)), 0)
		var got []string
		for _, c := range out.Changes {
			got = append(got, fmt.Sprintf("%d %s %s was=%q gone=%v %s", c.Ordinal, c.ID, c.USCC, c.Was, c.Gone, c.Entry.State))
		}
		if out.Fault.Code != "" {
			got = append(got, string(out.Fault.Code))
		}
		if out.Left != "" {
			got = append(got, fmt.Sprintf("left %s at %d", out.Left, out.LeftVersion))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
		}
	}
	in := func(r list.EventRecord, v uint32, f func(*list.EventRecord)) list.EventRecord {
		r.Version = v
		f(&r)
		return r
	}
	decided := eventOf("D1", 1, "E1", a, list.EventInForce, 1)
	step("first", decided, "0 E1 "+a+` was="" gone=false IN_FORCE`)
	step("again", decided)
	step("other content", in(decided, 1, func(r *list.EventRecord) { r.Event = list.EventServed }), "E10")
	step("other unit", in(decided, 1, func(r *list.EventRecord) { r.Unit, r.RecordID = "MEM", "M1" }), "E12")
	step("other list while records speak of it", in(decided, 1, func(r *list.EventRecord) { r.List, r.RecordID = 10, "D9" }), "E12")
	step("its id used for another subject", eventOf("D8", 1, "E1", b, list.EventInForce, 2), "E04")
	step("freed under the wrong code", eventOf("D8", 1, "E1", b, list.EventExited, 2), "E04")
	step("moved to another subject", in(decided, 3, func(r *list.EventRecord) { r.USCC = b }),
		"0 E1 "+b+` was="`+a+`" gone=false IN_FORCE`, "left "+a+" at 3")
	step("a version in between comes late", in(decided, 2, func(*list.EventRecord) {}), "left "+a+" at 3")
	step("exit", eventOf("D2", 1, "E1", b, list.EventExited, 5), "0 E1 "+b+` was="" gone=false EXITED`)
	step("an older record joins", eventOf("D8", 1, "E1", a, list.EventServed, 0), "E04")
	step("exit was about another entry", in(eventOf("D2", 2, "E2!", b, list.EventExited, 5), 2, func(*list.EventRecord) {}),
		"0 E1 "+b+` was="" gone=false IN_FORCE`, "1 E2! "+b+` was="" gone=false EXITED`)
	step("retracted", in(decided, 4, func(r *list.EventRecord) { r.Retracted = true; r.USCC = b }), "0 E1 "+b+` was="" gone=true `)
	step("and back", in(decided, 5, func(r *list.EventRecord) { r.USCC = b }), "0 E1 "+b+` was="" gone=false IN_FORCE`)
	step("list corrected by its only record", in(decided, 6, func(r *list.EventRecord) { r.USCC, r.List = b, 10 }),
		"0 E1 "+b+` was="" gone=false IN_FORCE`)
	step("retracted what was never sent", in(eventOf("D7", 1, "", a, list.NoEvent, 1), 1, func(r *list.EventRecord) { r.Retracted = true }))
}

// What was accepted before a rule stays accepted when it is loaded again.
func TestLoadJudgesNothingAnew(t *testing.T) {
	d := NewDecisions(list.Law{})
	one, two := eventOf("D1", 1, "E1", code(1), list.EventInForce, 1), eventOf("D2", 1, "E1", code(2), list.EventInForce, 2)
	d.Load(&one, 1)
	d.Load(&two, 2)
	if records, entries := d.Len(); records != 2 || entries != 1 {
		t.Errorf("%d records of %d entries", records, entries)
	}
	three := eventOf("D3", 1, "E1", code(2), list.EventExited, 3)
	if out := d.Apply(&three, 3, 0); len(out.Changes) != 1 || out.Changes[0].USCC != code(2) || out.Changes[0].Entry.State != list.Exited {
		t.Errorf("%+v", out)
	}
}

// The entries that readers end with equal a fold over everything accepted, and
// a process that starts in between from what is stored says the same again.
func TestDecisionsEqualAFoldOverEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type message struct {
			r    list.EventRecord
			hash uint64
		}
		var log []message
		for i := range rapid.IntRange(0, 25).Draw(t, "messages") {
			r := eventOf(rapid.SampledFrom([]string{"D1", "D2", "D3"}).Draw(t, "record"), uint32(rapid.IntRange(1, 4).Draw(t, "version")),
				rapid.SampledFrom([]string{"E1", "E2"}).Draw(t, "entry"), code(rapid.IntRange(1, 2).Draw(t, "code")),
				list.Event(rapid.IntRange(1, 7).Draw(t, "event")), rapid.IntRange(0, 5).Draw(t, "day"))
			r.Unit = rapid.SampledFrom([]string{"MOF", "MOF", "MOF", "MEM"}).Draw(t, "unit")
			hash := uint64(r.Event)<<8 | uint64(r.OccurredOn)<<16
			if rapid.IntRange(0, 4).Draw(t, "retract") == 0 {
				r.Retracted = true
				hash |= 1
			}
			r.Seq = feed.Seq(int64(i), 0)
			log = append(log, message{r, hash})
		}
		cut := rapid.IntRange(0, len(log)).Draw(t, "restart after")
		run := func(kept int) (map[string]list.Entry, []stored.Status, []string) {
			d := NewDecisions(list.Law{})
			all := map[string]list.Entry{}
			var st []stored.Status
			var said []string
			for i, m := range log {
				if i == kept {
					n := NewDecisions(list.Law{})
					for j := range i {
						if st[j] == stored.Accepted {
							n.Load(&log[j].r, log[j].hash)
						}
					}
					d = n
				}
				out := d.Apply(&m.r, m.hash, 0)
				st = append(st, out.Status)
				for _, c := range out.Changes {
					said = append(said, fmt.Sprintf("%d/%d %+v", i, c.Ordinal, c))
					if c.Gone {
						delete(all, c.ID)
					} else {
						all[c.ID] = c.Entry
					}
				}
			}
			return all, st, said
		}
		got, st, said := run(-1)
		again, st2, said2 := run(cut)
		if !maps.Equal(got, again) || !slices.Equal(st, st2) || !slices.Equal(said, said2) {
			t.Fatalf("a restart after %d changed what is said:\n%q\n%q", cut, said, said2)
		}
		// The current version of each record, by the entry it names.
		top := map[string]list.EventRecord{}
		for i, m := range log {
			if k := m.r.Unit + m.r.RecordID; st[i] == stored.Accepted && m.r.Version > top[k].Version {
				top[k] = m.r
			}
		}
		byEntry := map[string][]list.EventRecord{}
		for _, r := range top {
			if !r.Retracted {
				byEntry[r.EntryID] = append(byEntry[r.EntryID], r)
			}
		}
		want := map[string]list.Entry{}
		for id, rs := range byEntry {
			if e, ok := list.Fold(rs, list.Law{}); ok {
				want[id] = e
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}

func TestVersionFaultSaysHowToCorrect(t *testing.T) {
	if f := VersionFault(); f.Code != fault.E10Duplicate || f.Field != "version" {
		t.Errorf("got %+v", f)
	}
}

// Only the latest version of a record is kept: an entry whose one record ran
// through the states is in force again when the pause is lifted, and a resumption
// beside a record that is on its way into force puts nothing there.
func TestResumptions(t *testing.T) {
	d := NewDecisions(list.Law{})
	apply := func(id string, version uint32, e list.Event) list.State {
		t.Helper()
		r := list.EventRecord{RecordID: id, Version: version, Seq: feed.Seq(int64(version), 0), OccurredOn: civil.NoDate,
			Facts: list.Facts{EntryID: "E", List: list.Code(3), USCC: "91420100MA4N0A2B5Y", Unit: "SAMR", Event: e,
				DecidedOn: civil.MakeDate(2026, 3, 2), ServedOn: civil.MakeDate(2026, 3, 4), EffectiveFrom: civil.NoDate, TermUntil: civil.NoDate}}
		out := d.Apply(&r, uint64(version), 0)
		if len(out.Changes) != 1 {
			t.Fatalf("%+v", out)
		}
		return out.Changes[0].Entry.State
	}
	for _, step := range []struct {
		record  string
		version uint32
		event   list.Event
		want    list.State
	}{{"R", 1, list.EventInForce, list.InForce}, {"R", 2, list.EventSuspended, list.Suspended}, {"R", 3, list.EventResumed, list.InForce}} {
		if got := apply(step.record, step.version, step.event); got != step.want {
			t.Errorf("version %d: %s, want %s", step.version, got, step.want)
		}
	}
}

// each calls f with every value.
func (t *table[V]) each(f func(id ID, v *V)) {
	for i := range t.seg {
		for j := range t.seg[i].slots {
			if sl := &t.seg[i].slots[j]; sl.key != 0 {
				f(ID{uint8(i), sl.key}, &sl.val)
			}
		}
	}
}
