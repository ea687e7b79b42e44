package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// makeTraffic makes records with repetitions, corrections that move them to
// another subject, retractions, late old versions and faults. The same version
// of a record always has the same code, so that it stands in one partition.
func makeTraffic(rnd *rand.Rand, n int) []rec {
	var out []rec
	codes := make([]string, 12)
	for i := range codes {
		codes[i] = code(100 + i)
	}
	for range n {
		i := rnd.IntN(1 + n/8)
		v := 1 + rnd.IntN(4)
		c := codes[(i*7+v*3)%len(codes)]
		if v < 3 {
			c = codes[i%len(codes)]
		}
		var r rec
		switch rnd.IntN(4) {
		case 0:
			r = registration(fmt.Sprintf("R%d", i), v, c, fmt.Sprintf("第%d公司", i%3))
			r.data["status"] = []string{"1", "2", "1", "4"}[(i+v)%4]
		case 1:
			r = rec{unit: "TAX", domain: "tax", kind: "grade", id: fmt.Sprintf("T%d", i), version: v, op: "upsert", uscc: c, on: "2026-04-01",
				data: map[string]any{"year": 2022 + (i+v)%3, "grade": []string{"A", "D", "M", "D", "Z"}[(i+v)%5]}} // Z is E06
		default:
			// Two records an entry. They agree on the subject, but for corrections and
			// for some that used the entry's id by mistake.
			ev, e := []string{"DECIDED", "IN_FORCE", "SUSPENDED", "EXITED"}[(i+v)%4], (i+v/3)/2
			switch c = codes[e%len(codes)]; {
			case v == 4:
				c = codes[(e+5)%len(codes)]
			case (i*v)%9 == 1:
				c = codes[(e+3)%len(codes)]
			}
			r = decision("SAMR", fmt.Sprintf("D%d", i), v, c, fmt.Sprintf("E%d", e), "L03", ev)
			if ev == "EXITED" {
				r.data["exitType"], r.data["exitDocumentNo"] = "REPAIRED", "鄂市监〔2026〕2号"
			}
		}
		switch {
		case (i+v)%11 == 0 && v > 1:
			r.op, r.data = "retract", nil
		case (i+v)%13 == 0:
			r.unit = "MEM" // may not: E12
		}
		out = append(out, r)
		if rnd.IntN(5) == 0 {
			out = append(out, r)
		}
	}
	return out
}

// readLog reads a domain's topic, partition by partition.
func (h *hub) readLog(d record.Domain) (out [][]kafka.Message) {
	h.t.Helper()
	ends, err := h.kafka.EndOffsets(context.Background(), d.Topic())
	must(h.t, err)
	for p, end := range ends {
		var msgs []kafka.Message
		f := kafka.NewFetcher(h.kafka, d.Topic(), p, 0, 0)
		for f.Offset() < end {
			b, err := f.Fetch(context.Background())
			must(h.t, err)
			for _, m := range b.Messages {
				msgs = append(msgs, kafka.Message{Value: slices.Clone(m.Value), Key: slices.Clone(m.Key), Offset: m.Offset})
			}
		}
		out = append(out, msgs)
	}
	return out
}

// fact is a version of a record in the model.
type fact struct {
	version int
	op      string
	uscc    string
	name    string
	event   list.EventRecord
	read    policy.Reading
}

// model is what the log means, computed without any of the machinery.
type model struct {
	counts map[string]int // domain and status
	top    map[string]fact
}

func (h *hub) model(d record.Domain) model {
	m := model{counts: map[string]int{}, top: map[string]fact{}}
	seen, strays := map[string]uint64{}, 0
	dec := record.NewDecoder(record.Kafka(), record.NoService(h.policy.Serviceless))
	for p, msgs := range h.readLog(d) {
		for _, msg := range msgs {
			var row record.Row
			dec.Decode(msg.Value, civil.DateOf(h.now), &row)
			status := "ACCEPTED"
			id := row.Unit + "/" + string(row.RecordID)
			version := fmt.Sprintf("%s@%d", id, row.Version)
			l, isList := list.ParseCode(row.Get("list"))
			switch hash, known := seen[version]; {
			case row.Rejected() || !h.policy.MayPush(row.Unit, d) || isList && !h.policy.MayDecide(row.Unit, l):
				status = "REJECTED"
			case known && hash == row.Hash:
				status = "DUPLICATE"
			case known:
				status = "REJECTED"
			}
			if status == "ACCEPTED" && d == record.Decision && m.stray(id, &row) {
				status = "REJECTED"
				strays++
			}
			m.counts[d.String()+" "+status]++
			if status != "ACCEPTED" {
				continue
			}
			seen[version] = row.Hash
			if f := (fact{version: int(row.Version), op: row.Op.String(), uscc: string(row.USCC), name: string(row.Get("name"))}); f.version > m.top[id].version {
				if row.Op == record.Upsert {
					h.policy.Read(&f.read, d, row.Kind, policy.StoredValues(row.Data, row.OccurredOn))
				}
				e := record.EventOf(&row, row.Unit, feed.Seq(msg.Offset, 0))
				f.event = list.EventRecord{RecordID: strings.Clone(e.RecordID), Version: e.Version, Seq: e.Seq, Retracted: e.Retracted, OccurredOn: e.OccurredOn, OccurredAt: e.OccurredAt, Facts: e.Facts}
				x := &f.event.Facts
				for _, s := range []*string{&x.EntryID, &x.USCC, &x.Cause, &x.DocumentNo, &x.ExitDocumentNo} {
					*s = strings.Clone(*s)
				}
				m.top[id] = f
			}
		}
		_ = p
	}
	if d == record.Decision && strays == 0 {
		h.t.Error("no record used another entry's id: the traffic tries too little")
	}
	return m
}

// stray tells of a record that joins an entry whose records all speak of other
// subjects.
func (m *model) stray(id string, row *record.Row) bool {
	own := m.top[id]
	if row.Op != record.Upsert || int(row.Version) <= own.version {
		return false
	}
	entry, others := string(row.Get("entryId")), false
	for _, f := range m.top {
		if f.op != "upsert" || f.event.EntryID != entry {
			continue
		}
		if f.uscc == string(row.USCC) {
			return false
		}
		others = true
	}
	return others && (own.op != "upsert" || own.event.EntryID != entry)
}

// compare says where stored rows and what was told differ from the model.
func (h *hub) compare() {
	h.t.Helper()
	domains := []record.Domain{record.Registration, record.Tax, record.Decision}
	want := []string{}
	current := []string{}
	all := map[record.Domain]model{}
	for _, d := range domains {
		m := h.model(d)
		all[d] = m
		for k, n := range m.counts {
			want = append(want, fmt.Sprintf("%s %d", k, n))
		}
		for id, f := range m.top {
			if f.op == "upsert" {
				current = append(current, fmt.Sprintf("%s %s %s %d", d, f.uscc, id, f.version))
			}
		}
	}
	slices.Sort(want)
	slices.Sort(current)
	got := h.rows("SELECT concat(domain, ' ', toString(status), ' ', toString(count())) AS x FROM records WHERE status != 'MOVED' GROUP BY domain, status ORDER BY x")
	if !slices.Equal(got, want) {
		h.t.Errorf("counts:\ngot  %q\nwant %q", got, want)
	}
	if twice := h.rows("SELECT concat(topic, ' ', toString(partition), ' ', toString(offset)) FROM records WHERE status != 'MOVED' GROUP BY topic, partition, offset HAVING count() > 1"); len(twice) > 0 {
		h.t.Errorf("stored twice: %q", twice)
	}
	got = h.rows("SELECT concat(domain, ' ', uscc, ' ', unit, '/', record_id, ' ', toString(max(version))) AS x FROM records " +
		"WHERE status IN ('ACCEPTED', 'MOVED') GROUP BY domain, uscc, unit, record_id " +
		"HAVING argMax((status, op), (version, status = 'MOVED')) = ('ACCEPTED', 'upsert') ORDER BY x")
	if !slices.Equal(got, current) {
		h.t.Errorf("current versions:\ngot  %q\nwant %q", got, current)
	}
	h.compareEntries(all[record.Decision])
	h.compareSubjects(all[record.Registration])
	h.compareFacts(all)
}

// compareFacts says where what was told of facts differs from what the current
// versions of the records say.
func (h *hub) compareFacts(all map[record.Domain]model) {
	h.t.Helper()
	want, superseded := map[string]bool{}, 0
	for d, m := range all {
		latest, facts := map[string]int32{}, map[string]bool{}
		for id, f := range m.top {
			for _, x := range f.read.Found {
				want[fmt.Sprintf("%s %s %s@%d %s %d", f.uscc, d, id, f.version, x.Fact.Code, f.read.Place)] = true
			}
			if key := fmt.Sprintf("%s %d", f.uscc, f.read.Group); f.read.Series {
				if at, ok := latest[key]; !ok || f.read.Place > at {
					latest[key] = f.read.Place
				}
				facts[key] = facts[key] || len(f.read.Found) > 0
			}
		}
		for key, place := range latest {
			if facts[key] {
				superseded++
				want[fmt.Sprintf("%s latest %d", key, place)] = true
			}
		}
	}
	if len(want) == 0 || superseded == 0 {
		h.t.Error("no record was a fact: the traffic tries too little")
	}
	told := map[string]map[string]bool{}
	through := map[string]int64{}
	for _, v := range h.values(feed.SubjectsTopic) {
		var msg feed.SubjectsMessage
		must(h.t, json.Unmarshal(v, &msg))
		p := msg.Progress.Through[0]
		key := fmt.Sprint(p.Domain, p.Partition)
		if last, ok := through[key]; ok && p.Offset <= last {
			continue
		}
		through[key] = p.Offset
		for _, s := range msg.Facts {
			for _, r := range s.Records {
				own := map[string]bool{}
				for _, x := range r.Facts {
					own[fmt.Sprintf("%s %s %s/%s@%d %s %d", s.USCC, r.Domain, r.Unit, r.RecordID, r.Version, x.Code, r.Place)] = true
				}
				told[s.USCC+" "+r.Domain+" "+r.Unit+"/"+r.RecordID] = own
			}
			for _, l := range s.Latest {
				key := fmt.Sprintf("%s %d", s.USCC, l.Group)
				if told[key] = nil; !l.Gone {
					told[key] = map[string]bool{fmt.Sprintf("%s latest %d", key, l.Place): true}
				}
			}
		}
	}
	got := map[string]bool{}
	for _, own := range told {
		maps.Copy(got, own)
	}
	for x := range want {
		if !got[x] {
			h.t.Errorf("a fact was never told: %s", x)
		}
	}
	for x := range got {
		if !want[x] {
			h.t.Errorf("was told as a fact and is none: %s", x)
		}
	}
}

func (h *hub) compareEntries(m model) {
	h.t.Helper()
	byEntry := map[string][]list.EventRecord{}
	for _, f := range m.top {
		if f.op == "upsert" {
			byEntry[f.event.EntryID] = append(byEntry[f.event.EntryID], f.event)
		}
	}
	var want []string
	for id, rs := range byEntry {
		if e, ok := list.Fold(rs, h.policy.Law()); ok {
			want = append(want, fmt.Sprintf("%s %s %s %s %s", id, e.USCC, e.State, e.Since, e.Until))
		}
	}
	slices.Sort(want)
	day := func(c string) string { return "if(" + c + " = '1900-01-01', '', toString(" + c + "))" }
	got := h.rows("SELECT concat(entry_id, ' ', uscc, ' ', argMax(state, seq), ' ', argMax(" + day("since") + ", seq), ' ', argMax(" + day("until") +
		", seq)) AS x FROM entries GROUP BY entry_id, uscc HAVING NOT argMax(gone, seq) ORDER BY x")
	if !slices.Equal(got, want) {
		h.t.Errorf("entries stored:\ngot  %q\nwant %q", got, want)
	}
	told := map[string]*list.Wire{}
	next := uint64(0)
	for _, v := range h.values(feed.EntriesTopic) {
		var msg feed.EntryMessage
		must(h.t, json.Unmarshal(v, &msg))
		if msg.Progress != nil || msg.Seq < next {
			continue
		}
		next = msg.Seq + 1
		told[msg.ID] = msg.Entry
	}
	got = nil
	for id, e := range told {
		if e != nil {
			got = append(got, fmt.Sprintf("%s %s %s %s %s", id, e.USCC, e.State, e.Since, e.Until))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		h.t.Errorf("entries told:\ngot  %q\nwant %q", got, want)
	}
}

func (h *hub) compareSubjects(m model) {
	h.t.Helper()
	want := map[string]derive.SubjectState{}
	names := map[string]map[string]bool{}
	for _, f := range m.top {
		if f.op == "upsert" {
			if names[f.uscc] == nil {
				names[f.uscc] = map[string]bool{}
			}
			names[f.uscc][f.name] = true
			if want[f.uscc] = derive.Known; len(names[f.uscc]) > 1 {
				want[f.uscc] = derive.Ambiguous
			}
		}
	}
	got := map[string]derive.SubjectState{}
	through := map[string]int64{}
	for _, v := range h.values(feed.SubjectsTopic) {
		var msg feed.SubjectsMessage
		must(h.t, json.Unmarshal(v, &msg))
		p := msg.Progress.Through[0]
		key := fmt.Sprint(p.Domain, p.Partition)
		if last, ok := through[key]; ok && p.Offset <= last {
			continue
		}
		through[key] = p.Offset
		for s, codes := range map[derive.SubjectState]string{derive.Known: msg.Known, derive.Ambiguous: msg.Ambiguous, derive.Unknown: msg.Gone} {
			for c := range slices.Chunk([]byte(codes), uscc.Length) {
				got[string(c)] = s
			}
		}
	}
	for c, s := range got {
		if s != want[c] {
			h.t.Errorf("%s was told as %v, is %v", c, s, want[c])
		}
	}
	for c, s := range want {
		if _, ok := got[c]; !ok {
			h.t.Errorf("%s was never told, is %v", c, s)
		}
	}
}

// Whatever is killed while records arrive, everything that was acknowledged is
// stored once and told as it is.
func TestNothingLostNothingTwice(t *testing.T) {
	h := newHub(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	cfg := h.config()
	cfg.BlockRows, cfg.Linger, cfg.MaxBytes = 40, 5*time.Millisecond, 6000
	h.start(cfg)
	traffic := makeTraffic(rnd, 1500)
	var wg sync.WaitGroup
	wg.Go(func() {
		for part := range slices.Chunk(traffic, 25) {
			h.push(part...)
		}
	})
	kills := 6
	if testing.Short() {
		kills = 3
	}
	for range kills {
		time.Sleep(time.Duration(100+rnd.IntN(500)) * time.Millisecond)
		switch rnd.IntN(4) {
		case 0:
			h.engine.Restart()
		case 1:
			h.broker.Restart()
		default:
			h.stopIntake()
			h.start(cfg)
		}
	}
	wg.Wait()
	h.settled()
	h.compare()
}
