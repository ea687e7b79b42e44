package intake

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unsafe"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/ingest/sent"
	"credithub/ingest/sink"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/fold"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// payload is what has to be told about the messages of one fetch.
type payload struct {
	domain    record.Domain
	partition uint16
	first     int64 // first offset
	through   int64 // last offset
	reports   []feed.Report
	rejects   []feed.Reject
	unstamped bool // some message came without a stamp: its sender waits to hear of it

	news    derive.News // of registrations
	facts   derive.FactNews
	changes []change // of entries
	changed changed  // codes
}

// change is a new state of an entry with its place among all.
type change struct {
	derive.Change
	seq uint64
	at  time.Time
}

// report notes a sign of life; the zero time is none.
func (p *payload) report(unit string, d record.Domain, at time.Time) {
	if at.IsZero() {
		return
	}
	for i := range p.reports {
		if r := &p.reports[i]; r.Unit == unit {
			if at.After(r.At) {
				r.At = at
			}
			return
		}
	}
	p.reports = append(p.reports, feed.Report{Unit: unit, Domain: d.String(), At: at})
}

// judge tells what messages of one lane mean. It belongs to whoever holds the
// lane.
type judge struct {
	policy *policy.Policy
	met    *counters
	dec    *record.Decoder
	row    record.Row
	out    stored.Message // its texts are those of row and origin
	ids    derive.Identifier
	codes  *derive.Codes
	index  map[record.Domain]*derive.Index
	regs   *derive.Registrations
	facts  map[record.Domain]*derive.Facts // of the domains whose records can be facts
	read   policy.Reading
	values policy.Values     // of row
	dcs    *derive.Decisions // nil but for decisions
	left   []byte            // code that the record left
	name   string            // folded name of the registration; may point into row
}

func newJudge(p *policy.Policy, met *counters) *judge {
	codes := derive.NewCodes()
	j := &judge{
		policy: p, met: met, dec: record.NewDecoder(record.Kafka(), record.NoService(p.Serviceless), record.Warn(p.Warn)), codes: codes,
		index: map[record.Domain]*derive.Index{}, regs: derive.NewRegistrations(codes),
		facts: map[record.Domain]*derive.Facts{},
	}
	j.values = j.value
	return j
}

// value is what policy.Read asks of the row.
func (j *judge) value(field string) []byte {
	if field != policy.OccurredOn {
		return j.row.Get(field)
	}
	if j.row.OccurredOn == civil.NoDate {
		return nil
	}
	return j.row.OccurredOn.AppendTo(nil)
}

// message judges one message, adds its rows to the block, and notes what has to
// be told. topic and domain must be constants of the hub.
func (j *judge) message(b *sink.Block, p *payload, topic string, m *kafka.Message, o *origin) {
	row := &j.row
	j.dec.Decode(m.Value, civil.DateOf(o.recordedAt), row)
	out := &j.out
	*out = stored.Message{
		Record:  stored.Record{Domain: p.domain.String(), RecordedAt: o.recordedAt, OccurredOn: civil.NoDate},
		BatchID: text(o.batchID), Line: o.line, Topic: topic, Partition: p.partition, Offset: m.Offset, FeedOffset: -1,
	}
	p.through, p.unstamped = m.Offset, p.unstamped || !o.proven || o.repeatable
	unit := row.Unit
	if o.unit != "" {
		unit = o.unit
	}
	if !o.proven || j.policy.Unit(unit) == nil {
		unit = "" // claims that nobody proves stand under nobody's name
	}
	out.Unit = unit
	j.rights(row, o, p.domain, unit, m.Err)
	if row.Op == record.Heartbeat && o.repeatable {
		signedAt(row, o)
	}
	if row.Op == record.Heartbeat && !row.Rejected() {
		out.Op, out.Status, out.RecordedAt = record.Heartbeat, stored.Heartbeat, o.life()
		p.report(unit, p.domain, o.heard)
		b.Append(out)
		j.met.heartbeats.Inc()
		return
	}
	out.RecordID, out.Version, out.Op, out.Kind = text(row.RecordID), row.Version, row.Op, row.Kind
	var v verdict
	if !row.Rejected() {
		v = j.version(p, m.Offset, unit, row, o.sent)
	}
	if row.Rejected() {
		j.reject(b, p, o, m, unit)
		return
	}
	j.accept(b, p, o, v)
}

// signedAt takes the time of a heartbeat that its unit signed itself: the time that
// it names, since the message alone could be anyone's who kept one.
func signedAt(row *record.Row, o *origin) {
	late := o.recordedAt.Sub(row.At)
	switch {
	case row.Rejected():
	case row.At.IsZero():
		row.Add(fault.E05Required, "at", "missing: a signed heartbeat names its time, such as 2026-03-02T08:00:00Z")
	case late < -feed.MaxSkew:
		row.Add(fault.E08Future, "at", "lies ahead of the hub's clock")
	case late > maxLate:
		row.Add(fault.E14Late, "at", "more than ten minutes old on arrival: it proves no life")
	case late > 0:
		o.heard = row.At
	}
}

// maxLate is how old a signed heartbeat may be when it arrives.
const maxLate = 10 * time.Minute

// verdict is what a version is beside the ones known.
type verdict struct {
	status  stored.Status
	current bool
	changes []derive.Change
	subject derive.Subject // of the row; 0: not looked up
	left    uint32         // version under which the record left the code in judge.left
}

// rights adds the faults of a message that is not proven, not of its topic, or
// not the unit's to send.
func (j *judge) rights(row *record.Row, o *origin, d record.Domain, unit string, broken error) {
	switch {
	case broken != nil:
		row.Faults = append(row.Faults[:0], fault.Fault{Code: fault.E13Catalogue, Message: "the message can't be unpacked"})
	case !o.proven:
		row.Faults = append(row.Faults[:0], fault.Fault{Code: fault.E12Right, Message: "the message carries neither a stamp of the hub nor a valid signature of a unit"})
		j.met.unproven.Inc()
	case o.unit != "" && row.Unit != "" && row.Unit != o.unit:
		row.Add(fault.E12Right, "unit", "the envelope names another unit than the signature")
	case unit == "" && !row.Rejected():
		row.Add(fault.E12Right, "unit", "the hub knows no such unit")
	case row.Domain != record.NoDomain && row.Domain != d:
		row.Add(fault.E13Catalogue, "domain", "the record belongs to another topic")
	case unit != "" && !j.policy.MayPush(unit, d):
		row.Add(fault.E12Right, "domain", "the unit may not push this domain")
	case d == record.Decision && row.Op == record.Upsert && unit != "":
		if l, ok := list.ParseCode(row.Get("list")); ok && !j.policy.MayDecide(unit, l) {
			row.Add(fault.E12Right, "list", "the unit does not decide on this list")
		}
	}
}

// version compares the row with the versions known and notes it; a fault goes
// to the row.
func (j *judge) version(p *payload, offset int64, unit string, row *record.Row, sent derive.Sent) verdict {
	j.left, j.out.Hash = j.left[:0], row.Hash
	given := row.Version > 0
	if !given {
		j.out.Sent = uint64(sent)
	}
	if p.domain == record.Decision {
		r := record.EventOf(row, unit, feed.Seq(offset, 0))
		out := j.dcs.Apply(&r, row.Hash, sent)
		row.Version, j.out.Version = r.Version, r.Version
		if out.Status == stored.Rejected {
			row.Faults = append(row.Faults, out.Fault)
		}
		if out.AtOdds.Code != "" { // says more than what the row alone may tell of the field
			row.Faults = append(row.Faults, out.AtOdds)
		}
		for _, w := range out.Warnings {
			if !slices.ContainsFunc(row.Faults, func(f fault.Fault) bool { return f.Code == w.Code && f.Field == w.Field }) {
				row.Faults = append(row.Faults, w)
			}
		}
		j.left = append(j.left, out.Left...)
		return verdict{status: out.Status, changes: out.Changes, left: out.LeftVersion}
	}
	x := j.index[p.domain]
	id := j.ids.ID(unit, row.RecordID)
	h := derive.Held{Version: row.Version, Hash: uint32(row.Hash), Subject: j.codes.Subject(row.USCC)}
	h, v := x.Settle(id, h, sent)
	row.Version, j.out.Version = h.Version, h.Version
	out := verdict{status: v.Status, current: v.Current, subject: h.Subject}
	switch v.Status {
	case stored.Rejected:
		row.Faults = append(row.Faults, derive.Fault(given))
	case stored.Accepted:
		var left derive.Subject
		left, out.left = v.Left(h)
		j.left = j.codes.AppendTo(j.left, left)
	}
	if f := j.facts[p.domain]; f != nil && v.Status == stored.Accepted && v.Current {
		if j.read = (policy.Reading{Found: j.read.Found[:0]}); row.Op == record.Upsert {
			j.policy.Read(&j.read, p.domain, row.Kind, j.values)
		}
		f.Apply(v, id, h, row.Op, unit, row.RecordID, &j.read, &p.facts)
	}
	if p.domain == record.Registration {
		if j.name = ""; v.Current && row.Op == record.Upsert {
			j.name = fold.Name(text(row.Get("name")))
		}
		j.regs.Apply(v, id, h, row.Op, derive.NameHash(j.name), &p.news)
	}
	return out
}

// reject adds the row of a message that doesn't count. Its content is not kept,
// and it stands under no code.
func (j *judge) reject(b *sink.Block, p *payload, o *origin, m *kafka.Message, unit string) {
	row, out := &j.row, &j.out
	out.Status, out.Faults, out.Hash = stored.Rejected, faults(row.Faults), 0
	if len(out.RecordID) > record.MaxRecordID {
		out.RecordID = ""
	}
	b.Append(out)
	j.met.rejected.Inc()
	r := feed.Reject{
		Unit: unit, Domain: p.domain.String(), BatchID: string(o.batchID), Line: o.line, RecordID: strings.Clone(out.RecordID),
		At: o.recordedAt, Topic: out.Topic, Partition: int(p.partition), Offset: m.Offset + 1,
	}
	r.Faults = append(r.Faults, row.Faults...)
	if kind := row.Spec(); o.proven && m.Err == nil { // what nobody proves can be mended by nobody
		r.Row = sent.Row(m.Value, kind)
		value := sent.Values(r.Row, kind)
		for i := range r.Faults {
			r.Faults[i].Value = value(r.Faults[i].Field)
		}
		r.Kind = row.Kind
	}
	p.rejects = append(p.rejects, r)
}

// accept adds the rows of a message that counts or is a repetition.
func (j *judge) accept(b *sink.Block, p *payload, o *origin, v verdict) {
	row, out := &j.row, &j.out
	out.USCC, out.Status, out.OccurredOn, out.Faults = text(row.USCC), v.status, row.OccurredOn, faults(row.Faults)
	if v.status == stored.Accepted || !o.repeatable {
		p.report(out.Unit, p.domain, o.heard)
	}
	if v.status == stored.Duplicate {
		if o.repeatable {
			o.heard = time.Time{}
		}
		out.RecordedAt = o.life()
		b.Append(out)
		j.met.duplicates.Inc()
		return
	}
	out.Data = row.Data
	b.Append(out)
	j.met.accepted.Inc()
	p.changed.note(v.subject, row.USCC)
	p.changed.add(j.left)
	for i := range v.changes {
		c := change{Change: v.changes[i], seq: feed.Seq(out.Offset, v.changes[i].Ordinal), at: o.recordedAt}
		p.changes = append(p.changes, c)
		if c.USCC != text(row.USCC) {
			p.changed.add([]byte(c.USCC))
		}
		p.changed.add([]byte(c.Was))
		b.Entries.Append(&c.Change, c.seq, c.at)
	}
	if p.domain == record.Registration && v.current && row.Op == record.Upsert && len(row.USCC) > 0 {
		j.names(b, o.recordedAt)
	}
	if len(j.left) > 0 {
		was := out.Record
		out.Record = stored.Record{
			USCC: text(j.left), Domain: was.Domain, Kind: was.Kind, Unit: was.Unit, RecordID: was.RecordID, Version: v.left,
			Op: record.Upsert, Status: stored.Moved, OccurredOn: civil.NoDate, RecordedAt: was.RecordedAt,
		}
		out.Hash, out.Faults, out.Sent = 0, "", 0
		b.Append(out)
		j.met.moved.Inc()
	}
}

// faults is how the faults of a row are stored.
func faults(fs []fault.Fault) string {
	if len(fs) == 0 {
		return ""
	}
	b, err := json.Marshal(fs)
	if err != nil { // texts and codes only: can't be
		panic("intake: faults: " + err.Error())
	}
	return text(b)
}

// text reads bytes as a string as long as they hold.
func text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
