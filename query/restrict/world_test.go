package restrict

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// world is the rest of the hub in small: two domains' topics, an ingestor that
// can be killed between any two of its steps, ClickHouse, and the two feeds. It
// is what the argument at Index.Run is about.
type world struct {
	mu sync.Mutex

	decisions []decision         // credit.decision
	changes   [partitions][]fact // credit.registration

	feeds   [2][][]byte // credit.entries, credit.subjects
	trimmed [2]int64    // first offset still held

	decided ingestor             // of credit.decision
	took    [partitions]ingestor // of credit.registration
	entries []storedEntry        // ClickHouse

	between func(*world) // called, locked, between reading the head and the rest
	fail    func() error // asked before each fetch
	grown   chan struct{}
}

const partitions = 3

// ingestor is how far one partition has come: messages sent to the feed, and
// rows stored. Being killed is forgetting the difference.
type ingestor struct {
	sent   int // next offset to work on
	stored int // next offset to store
	feed   int64
	marks  map[int]int64 // feed offset that speaks of the rows before an offset
}

type decision struct {
	id, code string
	state    list.State
	gone     bool
	also     string // another entry that the same record takes back
}

type fact struct {
	code    string
	to      SubjectState
	revoked bool // its registration is one that bears on matters
}

// records are what the registration under a code says.
func (f *fact) records(p *policy.Policy) []FactRecord {
	x := FactRecord{Unit: "SAMR", RecordID: "R-" + f.code, Version: 1}
	if f.revoked {
		p.Read(&x.Reading, record.Registration, "registration", policy.StoredValues([]byte(`{"status":"2"}`), civil.NoDate))
	}
	return []FactRecord{x}
}

type storedEntry struct {
	seq   uint64
	code  string
	id    string
	gone  bool
	entry list.Wire
}

func newWorld() *world {
	w := &world{grown: make(chan struct{})}
	w.decided = ingestor{feed: -1, marks: map[int]int64{}}
	for p := range w.took {
		w.took[p] = ingestor{feed: -1, marks: map[int]int64{}}
	}
	return w
}

// messages are what the record at an offset of credit.decision makes of the
// entries: a function of the log up to it, whenever it is computed.
func (w *world) messages(offset int) []feed.EntryMessage {
	d := w.decisions[offset]
	was := func(id string) string {
		code := ""
		for _, o := range w.decisions[:offset] {
			if o.id == id {
				code = o.code
			}
		}
		return code
	}
	e := list.Entry{ID: d.id, List: list.L01, USCC: d.code, State: d.state, Cause: "1", DecidedBy: "SAMR",
		DocumentNo: fmt.Sprint(offset), DecidedOn: today - 9, ServedOn: today - 9, Since: today - 9,
		Until: civil.NoDate, ExitedOn: civil.NoDate}
	m := feed.EntryMessage{Seq: uint64(offset) * feed.SeqPerRecord, ID: d.id, USCC: d.code, RecordedAt: noon}
	if !d.gone {
		m.Entry = e.Wire()
	}
	if c := was(d.id); c != d.code {
		m.WasUSCC = c
	}
	all := []feed.EntryMessage{m}
	if c := was(d.also); d.also != "" && d.also != d.id && c != "" {
		all = append(all, feed.EntryMessage{Seq: m.Seq + 1, ID: d.also, USCC: c, RecordedAt: noon})
	}
	return all
}

// foldEntries is the model: entries by id after all messages below a Seq.
func (w *world) foldEntries(below uint64) map[string]map[string]string {
	at := map[string]feed.EntryMessage{}
	for o := range w.decisions {
		for _, m := range w.messages(o) {
			if m.Seq < below {
				at[m.ID] = m
			}
		}
	}
	byCode := map[string]map[string]string{}
	for id, m := range at {
		if m.Entry == nil || m.Entry.State != list.InForce {
			continue
		}
		if byCode[m.USCC] == nil {
			byCode[m.USCC] = map[string]string{}
		}
		byCode[m.USCC][id] = m.Entry.DocumentNo
	}
	return byCode
}

// foldFacts is the model of one partition's subjects up to an offset.
func (w *world) foldFacts(p int, through int64) map[string]fact {
	at := map[string]fact{}
	for _, f := range w.changes[p][:through+1] {
		at[f.code] = f
	}
	return at
}

func (w *world) send(which int, v any) int64 {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.feeds[which] = append(w.feeds[which], b)
	close(w.grown)
	w.grown = make(chan struct{})
	return int64(len(w.feeds[which]) - 1)
}

// decide works on up to n records of credit.decision: messages, then progress.
// A kill may come in the middle: cut is how many messages get out.
func (w *world) decide(n, cut int) {
	to := min(w.decided.sent+n, len(w.decisions))
	for o := w.decided.sent; o < to; o++ {
		for _, m := range w.messages(o) {
			if cut == 0 {
				w.kill()
				return
			}
			cut--
			w.send(entriesTail, m)
		}
	}
	if to == w.decided.sent {
		return
	}
	at := w.send(entriesTail, feed.EntryMessage{Progress: &feed.Progress{
		Through: []receipt.Position{{Domain: record.Decision, Offset: int64(to - 1)}},
		Reports: []feed.Report{{Unit: "SAMR", Domain: "decision", At: noon}}}})
	w.decided.sent = to
	w.decided.marks[to] = at
}

// storeEntries stores the entry rows of what has been sent; storeRecords the
// block of records, which may never be reached.
func (w *world) storeEntries() {
	for o := w.decided.stored; o < w.decided.sent; o++ {
		for _, m := range w.messages(o) {
			r := storedEntry{seq: m.Seq, code: m.USCC, id: m.ID, gone: m.Entry == nil}
			if m.Entry != nil {
				r.entry = *m.Entry
			}
			w.entries = append(w.entries, r)
			if m.WasUSCC != "" {
				w.entries = append(w.entries, storedEntry{seq: m.Seq, code: m.WasUSCC, id: m.ID, gone: true})
			}
		}
	}
}

func (w *world) storeRecords() { w.decided.store() }

// store stores the first block that has been sent and not stored.
func (g *ingestor) store() {
	for to := g.stored + 1; to <= g.sent; to++ {
		if at, ok := g.marks[to]; ok {
			g.stored, g.feed = to, at
			return
		}
	}
}

// take works on up to n records of a partition of credit.registration.
func (w *world) take(p, n int) {
	g := &w.took[p]
	to := min(g.sent+n, len(w.changes[p]))
	if to == g.sent {
		return
	}
	net := map[string]fact{}
	for _, f := range w.changes[p][g.sent:to] {
		net[f.code] = f
	}
	var m feed.SubjectsMessage
	for c, f := range net {
		news := feed.RecordFacts{Domain: "registration", Unit: "SAMR", RecordID: "R-" + c, Version: 1}
		if f.revoked {
			news.Facts = []feed.FactState{{Code: "REGISTRATION_REVOKED"}}
		}
		m.Facts = append(m.Facts, feed.SubjectFacts{USCC: c, Records: []feed.RecordFacts{news}})
		switch f.to {
		case Known:
			m.Known += c
		case Ambiguous:
			m.Ambiguous += c
		case Unknown:
			m.Gone += c
		}
	}
	m.Progress = feed.Progress{
		Through: []receipt.Position{{Domain: record.Registration, Partition: uint16(p), Offset: int64(to - 1)}},
		Reports: []feed.Report{{Unit: "SAMR", Domain: "registration", At: noon}}}
	at := w.send(subjectsTail, m)
	g.sent = to
	g.marks[to] = at
}

// kill ends the ingestor; it starts again from what is stored.
func (w *world) kill() {
	for _, g := range append([]*ingestor{&w.decided}, &w.took[0], &w.took[1], &w.took[2]) {
		g.sent = g.stored
		clear(g.marks)
	}
}

// Snapshot.

func (w *world) Head(context.Context) (Head, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var h Head
	add := func(d record.Domain, p int, g *ingestor) {
		if g.stored > 0 {
			h.Stored = append(h.Stored, Stored{
				Position: receipt.Position{Domain: d, Partition: uint16(p), Offset: int64(g.stored - 1)}, Feed: g.feed})
		}
	}
	add(record.Decision, 0, &w.decided)
	for p := range w.took {
		add(record.Registration, p, &w.took[p])
	}
	if len(h.Stored) > 0 {
		h.Reports = []feed.Report{{Unit: "SAMR", Domain: "registration", At: noon.Add(-time.Hour)}}
	}
	if w.between != nil {
		w.between(w)
	}
	return h, nil
}

func (w *world) Subjects(_ context.Context, h *Head, f func([]byte, SubjectState) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.between != nil {
		w.between(w)
	}
	for _, s := range h.Stored {
		if s.Domain != record.Registration {
			continue
		}
		for c, x := range w.foldFacts(int(s.Partition), s.Offset) {
			if x.to != Unknown {
				if err := f([]byte(c), x.to); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *world) Facts(_ context.Context, h *Head, p *policy.Policy, f func([]byte, []FactRecord) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.between != nil {
		w.between(w)
	}
	for _, s := range h.Stored {
		if s.Domain != record.Registration {
			continue
		}
		for c, x := range w.foldFacts(int(s.Partition), s.Offset) {
			if x.revoked {
				if err := f([]byte(c), x.records(p)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *world) Entries(_ context.Context, h *Head, f func(*list.Entry) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.between != nil {
		w.between(w)
	}
	cut := h.cut()
	type key struct{ code, id string }
	at := map[key]storedEntry{}
	for _, r := range w.entries {
		k := key{r.code, r.id}
		if old, ok := at[k]; r.seq < cut && (!ok || r.seq >= old.seq) {
			at[k] = r
		}
	}
	for _, r := range at {
		if !r.gone {
			e := r.entry.Entry()
			if err := f(&e); err != nil {
				return err
			}
		}
	}
	return nil
}

// Log.

func (w *world) Ends(_ context.Context, topic string) ([]int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch topic {
	case feed.EntriesTopic:
		return []int64{int64(len(w.feeds[entriesTail]))}, nil
	case feed.SubjectsTopic:
		return []int64{int64(len(w.feeds[subjectsTail]))}, nil
	case record.Registration.Topic():
		var e []int64
		for p := range w.changes {
			e = append(e, int64(len(w.changes[p])))
		}
		return e, nil
	}
	return nil, nil
}

func (w *world) Tail(topic string, offset int64) Tail {
	which := entriesTail
	if topic == feed.SubjectsTopic {
		which = subjectsTail
	}
	return &worldTail{w: w, which: which, at: offset}
}

type worldTail struct {
	w     *world
	which int
	at    int64
}

func (l *worldTail) Close() error { return nil }

func (l *worldTail) Fetch(ctx context.Context) ([][]byte, int64, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if l.w.fail != nil {
		if err := l.w.fail(); err != nil {
			return nil, 0, err
		}
	}
	if l.at < 0 {
		l.at = l.w.trimmed[l.which]
	}
	if l.at < l.w.trimmed[l.which] || l.at > int64(len(l.w.feeds[l.which])) {
		return nil, 0, errors.Join(ErrOutOfRange)
	}
	if l.at == int64(len(l.w.feeds[l.which])) {
		grown := l.w.grown
		l.w.mu.Unlock()
		select {
		case <-grown:
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
		l.w.mu.Lock()
	}
	values := l.w.feeds[l.which][l.at:]
	l.at = int64(len(l.w.feeds[l.which]))
	return append([][]byte(nil), values...), l.at, ctx.Err()
}
