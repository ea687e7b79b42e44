package gateway

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"credithub/deploy/platform/limit"
	"credithub/deploy/platform/problem"
	"credithub/ingest/body"
	"credithub/ingest/sent"
	"credithub/schema/access"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// push answers POST /v1/records.
func (g *Gateway) push(w http.ResponseWriter, r *http.Request) {
	g.metrics.inFlight.Inc()
	defer g.metrics.inFlight.Dec()
	who, err := g.caller(r)
	if err == nil {
		err = g.mayPush(who)
	}
	if err != nil {
		g.refuse(w, r, who, actPush, err)
		return
	}
	res, err := g.take(w, r, who)
	if err != nil {
		g.refuse(w, r, who, actPush, err)
		return
	}
	g.metrics.pushes.Inc()
	g.respond(w, r, who, actPush, res.BatchID, http.StatusAccepted, res)
}

// mayPush tells whether a caller may push at all, now.
func (g *Gateway) mayPush(who access.Principal) error {
	if !who.Can(access.Push) {
		return fault.New(fault.Forbidden, "only the role agency pushes records")
	}
	u := g.Rights.Unit(who.Unit)
	if u == nil || len(g.domains(who.Unit)) == 0 {
		return fault.New(fault.Forbidden, "the unit of this token reports no domain")
	}
	if g.Rate != nil {
		if wait, ok := g.Rate.Allow(who.Unit); !ok {
			return &retryable{fault.New(fault.TooMany, "the unit pushes more often than it may"), wait}
		}
	}
	return nil
}

// domains lists the domains that a unit may push.
func (g *Gateway) domains(unit string) []record.Domain {
	var all []record.Domain
	for _, d := range record.Domains() {
		if g.Rights.MayPush(unit, d) {
			all = append(all, d)
		}
	}
	return all
}

// take reads one push and makes it durable.
func (g *Gateway) take(w http.ResponseWriter, r *http.Request, who access.Principal) (*Response, error) {
	f, err := parseFormat(r)
	if err != nil {
		return nil, err
	}
	buf, err := g.read(w, r, who.Unit)
	if err != nil {
		return nil, err
	}
	defer buf.drop()
	g.metrics.bytes.Add(float64(len(buf.b)))
	src, done, err := g.open(buf, f)
	if err != nil {
		return nil, err
	}
	defer done()
	p := g.newPush(who.Unit, len(buf.b))
	defer g.decoders.Put(p.dec)
	p.kind = f.kind
	if err := p.run(r.Context(), src, f.domain); err != nil {
		return nil, err
	}
	a := p.response()
	if chinese(r) {
		a.Rejections = slices.Clone(a.Rejections) // the batch remembers them as they are
		speakChinese(a.Rejections)
		speakChinese(a.Warnings)
	}
	return a, nil
}

// decoder keeps the room of a decoder and its row for the next push.
type decoder struct {
	*record.Decoder
	row record.Row
}

// push turns the rows of one push into messages and findings. It belongs to
// one goroutine; produce runs beside it, one chunk at a time and in order.
type push struct {
	g     *Gateway
	unit  string
	id    string
	at    time.Time
	today civil.Date
	rows  int
	kind  *record.KindSpec // of tables

	dec    *decoder
	chunk  *chunk
	spare  *chunk
	flying chan error // result of the chunk being produced; nil: none
	flown  *chunk     // that chunk

	accepted, rejected int
	counts             [maxDomains]int // accepted rows by domain
	rejections         []Finding
	warned             int // accepted rows with a warning
	warnings           *body.Tally
	truncated          bool
	positions          []receipt.Position
}

func (g *Gateway) newPush(unit string, bytes int) *push {
	at := g.Now().UTC().Truncate(time.Millisecond)
	return &push{
		g: g, unit: unit, id: newBatchID(at), at: at, today: civil.DateOf(at), dec: g.decoders.Get().(*decoder), warnings: body.NewTally(g.Limits.Listed),
		chunk: newChunk(min(g.Limits.Chunk, 2*bytes) + 512),
	}
}

// run takes every row in and returns when all is durable.
func (p *push) run(ctx context.Context, src body.Source, only record.Domain) error {
	defer func() { _ = p.land() }() // nothing of the push may be in use after return
	var it body.Item
	for src.Next(&it) {
		p.rows++
		p.take(&it)
		if p.chunk.size() >= p.g.Limits.Chunk || p.chunk.rejected >= p.g.Limits.Chunk || len(p.chunk.rejects) >= maxChunkRejects {
			if err := p.launch(ctx); err != nil {
				return p.unsettled(err)
			}
		}
	}
	for _, n := range body.Notes(src) {
		p.warnings.Note(n)
	}
	if p.rows == 0 {
		if p.kind != nil && p.g.Rights.MayPush(p.unit, p.kind.Domain) { // what a broken export writes
			return fault.New(fault.BadInput, "the table has no rows: nothing was accepted. To say that there is nothing new, send [] as application/json with ?domain=%s", p.kind.Domain)
		}
		if err := p.heartbeat(only); err != nil {
			return err
		}
	}
	if err := p.close(ctx); err != nil {
		return p.unsettled(err)
	}
	return nil
}

// close makes what is left durable, and the head of the batch after it.
func (p *push) close(ctx context.Context) error {
	if err := p.land(); err != nil {
		return err
	}
	if err := p.g.produce(ctx, p.chunk); err != nil {
		return err
	}
	p.collect(p.chunk)
	return p.head(ctx)
}

// unsettled is the error of a push of which something may be durable: what was on
// its way when Kafka gave no answer may arrive after all. The batch is remembered,
// so that its unit can ask what became of it.
func (p *push) unsettled(err error) error {
	p.g.recent.put(&remembered{head: feed.Batch{ID: p.id, Unit: p.unit, ReceivedAt: p.at}, open: true})
	return &problem.Unsettled{Err: err, BatchID: p.id}
}

// launch lets the chunk at hand be produced while the next one is filled.
func (p *push) launch(ctx context.Context) error {
	if err := p.land(); err != nil {
		return err
	}
	c := p.chunk
	p.flown, p.flying = c, make(chan error, 1)
	if p.chunk = p.spare; p.chunk == nil {
		p.chunk = newChunk(p.g.Limits.Chunk + 4096)
	}
	p.spare = nil
	go func(done chan<- error) { done <- p.g.produce(ctx, c) }(p.flying)
	return nil
}

// land waits for the chunk being produced. A chunk whose production failed may
// still be in use and is left to the garbage collector.
func (p *push) land() error {
	if p.flying == nil {
		return nil
	}
	err := <-p.flying
	c := p.flown
	p.flying, p.flown = nil, nil
	if err == nil {
		p.collect(c)
		c.reset()
		p.spare = c
	}
	return err
}

// count tells the metrics what was accepted, once it is durable.
func (p *push) count() {
	for d, n := range p.counts {
		if n > 0 {
			p.g.metrics.rows.WithLabelValues(record.Domain(d).String(), "accepted").Add(float64(n))
		}
	}
}

func (p *push) collect(c *chunk) {
	p.positions = receipt.Merge(append(p.positions, c.positions...))
}

// take judges one row: it becomes a message or a rejection.
func (p *push) take(it *body.Item) {
	row := &p.dec.row
	if it.Raw == nil {
		p.reject(it, nil, it.RecordID, it.Faults)
		return
	}
	p.dec.Decode(it.Raw, p.today, row)
	row.Unit = p.unit
	row.Faults = append(row.Faults, it.Faults...)
	p.rights(row)
	if row.Rejected() {
		p.reject(it, row, string(row.RecordID), row.Faults)
		return
	}
	p.accepted++
	p.counts[row.Domain]++
	if len(row.Faults) > 0 {
		p.warned++
		id := string(row.RecordID)
		for _, f := range row.Faults {
			p.warnings.Add(it.Line, id, f)
		}
	}
	p.chunk.add(p.g.Stamper, row, p.unit, p.stamp(it.Line))
}

// rights adds E12 when the unit may not report the row.
func (p *push) rights(row *record.Row) {
	if row.Domain == record.NoDomain {
		return
	}
	if !p.g.Rights.MayPush(p.unit, row.Domain) {
		row.Add(fault.E12Right, "domain", "unit "+p.unit+" may not push the domain "+row.Domain.String())
		return
	}
	if row.Domain != record.Decision {
		return
	}
	if l, ok := list.ParseCode(row.Get("list")); ok && !p.g.Rights.MayDecide(p.unit, l) {
		row.Add(fault.E12Right, "list", "unit "+p.unit+" does not decide entries of list "+l.String())
	}
}

// reject notes the faults that reject a row and sends them to its unit's list, with
// the row as sent. row is nil when it could not be read.
func (p *push) reject(it *body.Item, row *record.Row, recordID string, faults []fault.Fault) {
	p.rejected++
	kind := p.kind
	d := record.NoDomain
	if row != nil {
		if d = row.Domain; row.Spec() != nil {
			kind = row.Spec()
		}
	} else if kind != nil {
		d = kind.Domain
	}
	r := feed.Reject{Unit: p.unit, Domain: d.String(), BatchID: p.id, Line: it.Line, RecordID: recordID, At: p.at}
	if kind != nil {
		r.Kind = kind.Name
	}
	raw := it.Raw
	if it.Cells != nil {
		raw = sent.Table(it.Header, it.Cells, it.Left)
	}
	r.Row = sent.Row(raw, kind)
	value := sent.Values(r.Row, kind)
	for _, f := range faults {
		if f.Code.Rejects() {
			f.Value = value(f.Field)
			r.Faults = append(r.Faults, f)
			p.rejections = p.note(p.rejections, it.Line, recordID, f)
		}
	}
	p.g.metrics.rows.WithLabelValues(domainLabel(d), string(r.Faults[0].Code)).Inc()
	r.Suggestion = suggestions[r.Faults[0].Code]
	p.chunk.addReject(&r)
}

// note appends a finding unless the list is full.
func (p *push) note(to []Finding, line uint32, recordID string, f fault.Fault) []Finding {
	if len(to) >= p.g.Limits.Listed {
		p.truncated = true
		return to
	}
	return append(to, finding(line, recordID, f))
}

// heartbeat says that the unit is alive and has nothing new in one domain. It has
// to be named: an empty body alone is what a broken export sends.
func (p *push) heartbeat(d record.Domain) error {
	switch {
	case d == record.NoDomain:
		return fault.New(fault.BadInput, "the body has no records; to say that there is nothing new, name the domain: ?domain=…")
	case !p.g.Rights.MayPush(p.unit, d):
		return fault.New(fault.Forbidden, "unit %s may not push the domain %s", p.unit, d)
	}
	p.g.metrics.rows.WithLabelValues(d.String(), "heartbeat").Inc()
	p.chunk.addHeartbeat(p.g.Stamper, d, p.unit, p.stamp(0))
	return nil
}

// head makes the head of the batch durable and remembers it.
func (p *push) head(ctx context.Context) error {
	h := feed.Batch{
		ID: p.id, Unit: p.unit, ReceivedAt: p.at, Accepted: p.accepted, Rejected: p.rejected, Positions: p.positions,
	}
	if err := p.g.produceHead(ctx, &h); err != nil {
		return err
	}
	p.count()
	p.g.recent.put(&remembered{head: h, early: p.rejections, cut: p.truncated})
	return nil
}

func (p *push) response() *Response {
	res := &Response{
		BatchID: p.id, Accepted: p.accepted, Rejected: p.rejected, Receipt: receipt.Encode(p.positions),
		Rejections: p.rejections, Warnings: told(p.warnings.All()), Warned: p.warned, Truncated: p.truncated,
	}
	if p.truncated {
		res.Listed = p.g.Limits.Listed
	}
	if res.Rejections == nil {
		res.Rejections = []Finding{}
	}
	return res
}

func domainLabel(d record.Domain) string {
	if d == record.NoDomain {
		return "none"
	}
	return d.String()
}

// retryable is an error that says when to come again.
type retryable struct {
	error
	after time.Duration
}

func (r *retryable) Unwrap() error { return r.error }

// retryAfter is the number of seconds for the header, 0 for none.
func retryAfter(err error) int {
	var r *retryable
	if errors.As(err, &r) {
		return limit.Seconds(r.after)
	}
	var f *fault.Error
	if errors.As(err, &f) {
		switch f.Kind {
		case fault.TooMany:
			return 1
		case fault.Unavailable:
			return 5
		}
	}
	return 0
}
