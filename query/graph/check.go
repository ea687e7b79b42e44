package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/query/view"
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/uscc"
)

// question is what check and checks ask.
type question struct {
	codes  []string
	joined string // the codes with commas between, for the audit log
	many   bool   // checks
	matter string
	caseNo string
	after  string
	person string // key of the person that the answer is about; "" for the enterprise

	purpose string          // code; "" for none
	use     *policy.Purpose // of the code
	asOf    time.Time       // zero: now
	peer    string          // address of an anonymous caller
	asks    int             // checks among which the hits of a request are shared; 0 as 1
	still   bool            // more of the same age will be read of the subjects

	faults []placeFault // of checks, in the order of the codes
	first  []int32      // of checks, where each code stands first; empty when each stands once
	slots  []int32      // room to find that out
}

// placeFault is what is wrong with one of several codes. The others are answered.
type placeFault struct {
	at  int
	err *fault.Error
}

func (q *question) action() string {
	if q.person != "" {
		return "check person"
	}
	if q.many {
		return "checks"
	}
	return "check"
}

// reply is the answer to a question: a decision a code, and the audit records
// that name them, each of per codes.
type reply struct {
	matter    *policy.Matter
	occasion  *view.Occasion // on which what stands below it is read
	decisions []restrict.Decision
	records   []audit.Record
	one       [1]audit.Record
	per       int
	many      bool
	faults    []placeFault // places without a decision

	age *store.Age // of the decisions, when the question was still
}

// appendID writes the id of the i-th answer: writer and number of its audit
// record, and for checks its place in it.
func (r *reply) appendID(b []byte, i int) []byte {
	rec := &r.records[i/r.per]
	b = append(append(b, rec.Writer...), '-')
	b = strconv.AppendUint(b, rec.Seq, 10)
	if r.many {
		b = strconv.AppendInt(append(b, '-'), int64(i%r.per+1), 10)
	}
	return b
}

// ask answers a question and has the answer, or the refusal, in the audit log
// before it returns. out and facts lend it memory.
func (s *Server) ask(ctx context.Context, p access.Principal, q *question, now time.Time, rep *reply, out []restrict.Decision, facts []byte) ([]restrict.Decision, []byte, error) {
	m, err := s.admit(ctx, p, q, now)
	if err == nil {
		rep.matter, rep.many, rep.per = m, q.many, max(1, s.limits.AuditCodes)
		out, err = s.decide(ctx, q, m, now, rep, out)
		rep.faults = q.faults
	}
	if err != nil {
		return out, facts, s.recordRefusal(ctx, p, q, m, now, err)
	}
	facts, err = s.recordReply(ctx, p, q, now, rep, facts)
	return out, facts, err
}

// admit says whether a question may be asked and is well put, and waits for its
// receipt.
func (s *Server) admit(ctx context.Context, p access.Principal, q *question, now time.Time) (*policy.Matter, error) {
	switch {
	case p.Anonymous():
		return nil, fault.New(fault.Unauthenticated, "sign in to ask a check")
	case !p.Can(access.Check):
		return nil, fault.New(fault.Forbidden, "checks are for officers, supervisors and admins")
	}
	if len(q.codes) > s.limits.Checks {
		s.met.limits.WithLabelValues("checks").Inc()
	}
	if len(q.caseNo) > s.limits.CaseNo {
		s.met.limits.WithLabelValues("caseNo").Inc()
	}
	if q.many && (len(q.codes) == 0 || len(q.codes) > s.limits.Checks) {
		return nil, fault.New(fault.BadInput, "usccs: 1 to %d codes", s.limits.Checks)
	}
	q.fold()
	m, near := s.policy.FindMatter(q.matter)
	err := q.sound(m, near, s.limits.CaseNo, now)
	if err == nil && q.purpose != "" {
		q.use, err = view.PurposeOf(s.policy, q.purpose)
	}
	if err != nil {
		return m, err
	}
	if ok, _ := s.index.Ready(); !ok {
		return m, fault.New(fault.Unavailable, "the restriction index is catching up")
	}
	if q.after == "" {
		return m, nil
	}
	ps, err := positionsOf(q.after)
	if err != nil {
		return m, err
	}
	return m, s.index.WaitFor(ctx, ps)
}

// positionsOf reads a receipt given as after.
func positionsOf(after string) ([]receipt.Position, error) {
	ps, err := receipt.Parse(after)
	if err != nil {
		return nil, fault.New(fault.BadInput, "after: not a receipt of this hub")
	}
	return ps, nil
}

// fold brings codes into the form in which they are written, as the site does.
func (q *question) fold() {
	changed := false
	for i, c := range q.codes {
		if f := uscc.Fold(c); f != c {
			q.codes[i], changed = f, true
		}
	}
	if changed {
		q.joined = strings.Join(q.codes, ",")
	}
}

// sound tells what is wrong with the question itself; what is wrong with one of
// several codes it notes. No message repeats what the caller wrote.
func (q *question) sound(m *policy.Matter, near []*policy.Matter, maxCaseNo int, now time.Time) error {
	for i, c := range q.codes {
		var b [uscc.Length]byte
		v := uscc.Check(append(b[:0], c...))
		if v.Valid() {
			continue
		}
		if !q.many {
			return fault.New(fault.BadInput, "uscc: %s: %s", v.Code, v.Message)
		}
		q.faults = append(q.faults, placeFault{i, fault.New(fault.BadInput, "usccs[%d]: %s: %s", i, v.Code, v.Message)})
		q.codes[i] = "!" + string(v.Code) // so it stands in the audit log: it may be anything, and of a person
	}
	if len(q.faults) > 0 {
		q.joined = strings.Join(q.codes, ",")
	}
	switch {
	case m == nil:
		return &refusal{fault.BadInput, "matter: no such approval matter", near}
	case q.asOf.After(now):
		return fault.New(fault.BadInput, "asOf: lies in the future")
	case !q.asOf.IsZero() && q.after != "":
		return fault.New(fault.BadInput, "asOf and after exclude each other")
	}
	if q.person != "" {
		k, ok := list.ParsePersonKey(q.person)
		if !ok {
			return fault.New(fault.BadInput, "personKey: not the 64 hex digits of a keyed hash; credithub person-key makes it")
		}
		q.person = k
	}
	return view.CheckCaseNo(q.caseNo, maxCaseNo)
}

// occasion is that of the reply's question.
func (q *question) occasion(m *policy.Matter) *view.Occasion {
	return &view.Occasion{Purpose: q.use, Matter: m, CaseNo: q.caseNo}
}

// decide fills one decision a code; places with a fault get an empty one.
func (s *Server) decide(ctx context.Context, q *question, m *policy.Matter, now time.Time, rep *reply, out []restrict.Decision) ([]restrict.Decision, error) {
	for len(out) < len(q.codes) {
		if n := len(out); n < cap(out) {
			out = out[:n+1]
			continue
		}
		out = append(out, restrict.Decision{})
	}
	rep.decisions = out[:len(q.codes)]
	var err error
	switch {
	case !q.asOf.IsZero():
		err = s.decideThen(ctx, q, m, out)
	case q.still:
		rep.age = &store.Age{}
		rep.age.Through, rep.age.EntriesBelow = s.index.Still(func() { err = s.decideNow(ctx, q, m, now, out) })
	default:
		err = s.decideNow(ctx, q, m, now, out)
	}
	if err != nil {
		return out, err
	}
	for i := range q.codes {
		if o := out[i].Outcome; o != restrict.NoOutcome {
			s.met.outcome(o).Inc()
		}
	}
	return out, nil
}

// recordReply puts an answer into the audit log, in as many records as its
// codes need.
func (s *Server) recordReply(ctx context.Context, p access.Principal, q *question, now time.Time, rep *reply, facts []byte) ([]byte, error) {
	rep.records = rep.one[:0]
	joined := q.joined
	for from := 0; from < len(rep.decisions); from += rep.per {
		part := rep.decisions[from:min(len(rep.decisions), from+rep.per)]
		facts = facts[:0]
		for i := range part {
			facts = appendFacts(facts, q.codes[from+i], &part[i])
		}
		r := audit.Record{
			At: now, Actor: p.Subject, Unit: p.Unit, Role: string(p.Role), Action: q.action(),
			Subject: joined, Matter: rep.matter.Code, CaseNo: q.caseNo, Purpose: q.purpose, Outcome: outcomes(part, q.faults, from), Digest: digest(facts),
		}
		if len(rep.decisions) > rep.per {
			r.Subject = strings.Join(q.codes[from:from+len(part)], ",")
		}
		kept, err := s.append(ctx, r)
		if err != nil {
			return facts, err
		}
		rep.records = append(rep.records, kept)
	}
	return facts, nil
}

// recordRefusal puts a refusal into the audit log and gives it back. Codes and
// matters are named only when they are some. A stranger fills no log: what he
// asks beyond his rate is counted, and of many codes none is named.
func (s *Server) recordRefusal(ctx context.Context, p access.Principal, q *question, m *policy.Matter, now time.Time, cause error) error {
	r := s.refuse(ctx, cause)
	if p.Anonymous() && !s.recordable(q.peer) {
		return r
	}
	rec := audit.Record{At: now, Actor: p.Subject, Unit: p.Unit, Role: string(p.Role), Action: q.action(), Outcome: code(r.kind)}
	if m != nil {
		rec.Matter = m.Code
	}
	if len(q.codes) <= s.limits.Checks && q.allCodes() && (len(q.codes) == 1 || !p.Anonymous()) {
		rec.Subject = q.joined
	}
	if len(q.caseNo) <= s.limits.CaseNo && !view.Personal(q.caseNo) {
		rec.CaseNo = q.caseNo
	}
	if q.use != nil {
		rec.Purpose = q.use.Code
	}
	if _, err := s.append(context.WithoutCancel(ctx), rec); err != nil { // also of a caller who has left
		return err
	}
	return r
}

// recordable tells whether one more refusal of a stranger at an address is
// recorded.
func (s *Server) recordable(peer string) bool {
	if s.strangers == nil {
		return true
	}
	_, ok := s.strangers.Allow(peer)
	if !ok {
		s.met.limits.WithLabelValues("strangers").Inc()
	}
	return ok
}

// recordFailed puts a request of a signed-in caller that was refused as a whole
// into the audit log. The refusal leaves even when the log is away: it shows
// nothing.
func (s *Server) recordFailed(ctx context.Context, x *exchange, outcome string) {
	p := x.principal
	if p.Anonymous() {
		return
	}
	r := audit.Record{At: x.now, Actor: p.Subject, Unit: p.Unit, Role: string(p.Role), Action: "graphql", Outcome: outcome}
	if _, err := s.append(context.WithoutCancel(ctx), r); err != nil {
		s.log.Error("a refusal is not in the audit log", "outcome", outcome, "error", err)
	}
}

// allCodes tells whether the codes can be named, of faulty ones what is wrong.
func (q *question) allCodes() bool {
	for _, c := range q.codes {
		if v := uscc.Check([]byte(c)); !v.Valid() && !(len(c) == 4 && c[0] == '!' && fault.Code(c[1:]).Rejects()) {
			return false
		}
	}
	return true
}

// append puts a record into the audit log. When that can't be done nothing may
// be answered.
func (s *Server) append(ctx context.Context, r audit.Record) (audit.Record, error) {
	kept, err := s.auditor.Append(ctx, r)
	if err != nil {
		s.met.auditFail.Inc()
		return kept, fault.Wrap(fault.Unavailable, err, "the audit log cannot be written, so nothing is answered")
	}
	return kept, nil
}

// outcomes names the outcomes that occur in decisions from a place on, in their order,
// and last of what kinds the faults at other places are.
func outcomes(ds []restrict.Decision, faults []placeFault, from int) string {
	if len(ds) == 1 && ds[0].Outcome != restrict.NoOutcome {
		return ds[0].Outcome.String()
	}
	var seen uint
	for i := range ds {
		seen |= 1 << ds[i].Outcome
	}
	var names []string
	for o := restrict.Clear; o <= restrict.SourceStale; o++ {
		if seen>>o&1 == 1 {
			names = append(names, o.String())
		}
	}
	for _, f := range faults {
		if kind := code(f.err.Kind); f.at >= from && f.at < from+len(ds) && !slices.Contains(names, kind) {
			names = append(names, kind)
		}
	}
	return strings.Join(names, ",")
}

// appendFacts writes what a decision says, for the digest.
func appendFacts(b []byte, code string, d *restrict.Decision) []byte {
	b = append(append(b, code...), '\t')
	b = append(append(b, d.Outcome.String()...), '\t')
	b = append(append(b, d.Obligation.String()...), '\t')
	b = append(append(b, d.Receipt...), '\t')
	b = strconv.AppendInt(b, d.At.UnixMilli(), 10)
	for i := range d.Hits {
		h := &d.Hits[i]
		b = append(append(b, '\t'), h.Entry.ID...)
		if e := h.Evidence; e != nil {
			b = append(append(b, e.Unit...), '/')
			b = append(append(b, e.Fact.Domain.String()...), '/')
			b = append(append(b, e.RecordID...), '@')
			b = strconv.AppendUint(b, uint64(e.Version), 10)
			b = append(append(b, ' '), e.Fact.Code...)
		}
		b = append(append(b, '\t'), h.Measure.Code...)
		b = append(append(b, '\t'), h.Obligation.String()...)
		b = append(append(b, '\t'), h.Role.String()...)
	}
	for _, src := range d.Stale {
		b = append(append(b, '\t'), src.Unit...)
		b = append(append(b, '/'), src.Domain.String()...)
	}
	for _, src := range d.Unconnected {
		b = append(append(b, "\t-"...), src.Unit...)
		b = append(append(b, '/'), src.Domain.String()...)
	}
	return append(b, '\n')
}

// digest is the first 16 bytes of SHA-256 in hex.
func digest(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}

// outcome is the counter of an outcome.
func (m *metrics) outcome(o restrict.Outcome) interface{ Inc() } {
	return m.outcomes[o]
}
