package restrict

import (
	"encoding/json"
	"maps"
	"math"
	"testing"

	"pgregory.net/rapid"

	"credithub/query/restrict/memory"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// node is an index driven by hand.
type node struct {
	x    *Index
	st   *state
	at   [2]int64 // next offset of each feed
	ends [2]int64 // caught up there
}

func newNode(t *rapid.T, w *world, p *policy.Policy) *node {
	x, err := Open(Config{Policy: p, Snapshot: w, Log: w})
	if err != nil {
		t.Fatal(err)
	}
	n := &node{x: x}
	if n.st, n.at, n.ends, err = x.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

// step applies up to n messages of one feed.
func (n *node) step(t *rapid.T, w *world, which, count int) {
	for ; count > 0 && n.at[which] < int64(len(w.feeds[which])); count-- {
		if err := n.x.applyOne(n.st, which, w.feeds[which][n.at[which]]); err != nil {
			t.Fatal(err)
		}
		n.at[which]++
		n.equals(t, w)
	}
}

// equals compares the state with the model at the point where the state says it
// stands: for entries that is the Seq, for subjects the applied positions.
func (n *node) equals(t *rapid.T, w *world) {
	want := w.foldEntries(n.st.seq)
	for _, code := range worldCodes {
		got := map[string]string{}
		var e list.Entry
		key := memory.KeyOf(code)
		for rest := n.st.entries.Of(key); len(rest) > 0; {
			rest = n.st.entries.Next(&e, rest, key)
			got[e.ID] = e.DocumentNo
		}
		if !maps.Equal(got, want[code]) {
			t.Fatalf("entries of %s below seq %d: %v, want %v", code, n.st.seq, got, want[code])
		}
	}
	now := n.st.progress.now.Load()
	if o := now.offset(record.Decision, 0); feed.Seq(o+1, 0) > n.st.seq && o >= 0 {
		// Ordinals that a record has no messages for leave room below.
		last := w.messages(int(o))
		if last[len(last)-1].Seq >= n.st.seq {
			t.Fatalf("says that decision %d is applied, stands at seq %d", o, n.st.seq)
		}
	}
	for p := range partitions {
		facts := w.foldFacts(p, now.offset(record.Registration, uint16(p)))
		for i, code := range worldCodes {
			if i%partitions != p {
				continue
			}
			if got := n.st.subjects.Of(memory.KeyOf(code)); got != facts[code].to {
				t.Fatalf("subject %s is %d, want %d at %v", code, got, facts[code].to, now.at)
			}
			if hits := n.st.testify(nil, memory.KeyOf(code), n.x.policy.Matter("SIMPLE_DEREGISTRATION"), today, math.MaxInt); (len(hits) == 1) != facts[code].revoked {
				t.Fatalf("%s: hits by facts %+v, want %v at %v", code, hits, facts[code].revoked, now.at)
			}
		}
	}
}

// worldCodes are regular codes and two that don't pack.
var worldCodes = []string{
	"91420100MA4N0A2B5Y", "914403001922038216", "9144030071526726XG", "91330100799655058B",
	"91350100M0001TGQXM", "91350211M0000XUF46",
}

var worldIDs = []string{"E-1", "E-2", "E-3", "E-91420100MA4N0A2B5Y"}

// Whatever the interleaving of agencies, an ingestor that is killed and does
// ranges again, ClickHouse and nodes that start from it at any moment, a node's
// answers are those of the log up to the point where its receipt says it
// stands.
func TestANodeEqualsTheLogWhereItSaysItStands(t *testing.T) {
	p := testPolicy(t)
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		var nodes []*node
		act := func(w *world, depth string) {
			draw := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, depth+what) }
			switch draw(12, "act") {
			case 0, 1:
				d := decision{id: worldIDs[draw(len(worldIDs), "id")], code: worldCodes[draw(len(worldCodes), "code")],
					state: []list.State{list.InForce, list.InForce, list.Suspended, list.Exited}[draw(4, "state")], gone: draw(5, "gone") == 0}
				if draw(4, "two") == 0 {
					d.also = worldIDs[draw(len(worldIDs), "also")]
				}
				w.decisions = append(w.decisions, d)
			case 2, 3:
				i := draw(len(worldCodes), "subject")
				w.changes[i%partitions] = append(w.changes[i%partitions], fact{worldCodes[i], SubjectState(draw(3, "to")), draw(2, "revoked") == 1})
			case 4, 5:
				w.decide(1+draw(3, "n"), 99)
			case 6:
				w.decide(1+draw(3, "n"), draw(3, "cut"))
			case 7:
				w.storeEntries()
			case 8:
				w.storeEntries()
				w.storeRecords()
			case 9:
				w.take(draw(partitions, "p"), 1+draw(3, "n"))
			case 10:
				w.took[draw(partitions, "p")].store()
			case 11:
				if draw(3, "kill") == 0 {
					w.kill()
				}
			}
		}
		w.between = func(w *world) {
			for range rapid.IntRange(0, 4).Draw(t, "meanwhile") {
				act(w, "meanwhile ")
			}
		}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "who") {
			case 0:
				n := newNode(t, w, p)
				n.equals(t, w)
				nodes = append(nodes, n)
			case 1, 2, 3:
				if len(nodes) > 0 {
					n := nodes[rapid.IntRange(0, len(nodes)-1).Draw(t, "node")]
					n.step(t, w, rapid.IntRange(0, 1).Draw(t, "feed"), rapid.IntRange(1, 6).Draw(t, "messages"))
				}
			default:
				act(w, "")
			}
		}
		// In the end everything that was pushed is worked on, and every node that
		// reads to the end knows all of it, from wherever it started.
		w.between = nil
		w.decide(len(w.decisions), 9999)
		w.storeEntries()
		for w.decided.stored < w.decided.sent {
			w.storeRecords()
		}
		for i := range w.took {
			w.take(i, len(w.changes[i]))
			for w.took[i].stored < w.took[i].sent {
				w.took[i].store()
			}
		}
		nodes = append(nodes, newNode(t, w, p))
		for _, n := range nodes {
			for which := range n.at {
				n.step(t, w, which, 1<<30)
			}
			now := n.st.progress.now.Load()
			if now.offset(record.Decision, 0) != int64(len(w.decisions)-1) {
				t.Fatalf("knows decisions up to %d of %d", now.offset(record.Decision, 0), len(w.decisions))
			}
			for i := range w.changes {
				if now.offset(record.Registration, uint16(i)) != int64(len(w.changes[i])-1) {
					t.Fatalf("knows registrations of %d up to %d of %d", i, now.offset(record.Registration, uint16(i)), len(w.changes[i]))
				}
			}
			n.equals(t, w)
		}
	})
}

func TestRepeatsChangeNothing(t *testing.T) {
	x := &Index{}
	x.met = newMetrics(nil, x)
	x.cur.Store(newState(testPolicy(t), x.now))
	code := worldCodes[0]
	e := inForce(list.L01)
	first := feed.EntryMessage{Seq: 0, ID: e.ID, USCC: code, Entry: e.Wire()}
	e.State = list.Exited
	second := feed.EntryMessage{Seq: feed.SeqPerRecord, ID: e.ID, USCC: code, Entry: e.Wire()}
	for i, c := range []struct {
		m       feed.EntryMessage
		applied bool
		left    int
	}{{first, true, 1}, {first, false, 1}, {second, true, 0}, {first, false, 0}, {second, false, 0}} {
		b, _ := json.Marshal(c.m)
		var m feed.EntryMessage
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if got := x.Apply(&m); got != c.applied || len(x.Lookup(code)) != c.left {
			t.Errorf("step %d: applied %v, %d entries left", i, got, len(x.Lookup(code)))
		}
	}
}
