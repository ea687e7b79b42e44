// Package push sends files of records to a hub: NDJSON, JSON, CSV and XLSX, in
// parts, over HTTP with a unit's token or as signed messages into Kafka.
//
// It promises that a part is sent until the hub has answered for it or the time
// for trying is over, waiting as long as the hub asks; that every fault is
// reported at its line of the file; and that to push a file again, whole, after
// a cut does no harm, since records count by identity and version. It keeps no
// state on disk, and it never changes a record: what the file says is what is
// sent, except that Kafka carries the canonical form.
package push

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"credithub/ingest/body"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// Limits of parts, and of trying. Zero fields take the defaults.
type Limits struct {
	PartBytes int           // one part; 8 MiB
	PartRows  int           // 5,000
	FileBytes int64         // a file that must be read whole: CSV, JSON; 2 GiB
	BookBytes int64         // an XLSX, which travels whole; 32 MiB
	LineBytes int           // a line of NDJSON that can still be sent; 31 MiB
	Patience  time.Duration // for one part, over all attempts; 10 min
	FirstWait time.Duration // before the second attempt; 500 ms, then doubled
	LongWait  time.Duration // 30 s
	Kept      int           // findings in the summary; 1,000
	WaitFor   time.Duration // for a part that is durable to be settled; 2 min
}

func (l Limits) withDefaults() Limits {
	l.PartBytes = cmp.Or(l.PartBytes, 8<<20)
	l.PartRows = cmp.Or(l.PartRows, 5000)
	l.FileBytes = cmp.Or(l.FileBytes, 2<<30)
	l.BookBytes = cmp.Or(l.BookBytes, 32<<20)
	l.LineBytes = cmp.Or(l.LineBytes, 31<<20)
	l.Patience = cmp.Or(l.Patience, 10*time.Minute)
	l.FirstWait = cmp.Or(l.FirstWait, 500*time.Millisecond)
	l.LongWait = cmp.Or(l.LongWait, 30*time.Second)
	l.Kept = cmp.Or(l.Kept, 1000)
	l.WaitFor = cmp.Or(l.WaitFor, 2*time.Minute)
	return l
}

// Config says what is pushed where.
type Config struct {
	To     Target   // HTTP or Kafka
	Domain string   // of tables, and of a heartbeat; "" when every row names its own
	Kind   string   // of tables of domains with several kinds
	Ignore []string // headings of columns of tables that are left out
	// Charset is the encoding of CSV files; "": it is told by their bytes.
	Charset string
	Wait    bool // until what is durable is settled, so that what intake rejects is told
	Limits  Limits
	// Progress is told after each part; Finding of each fault. Both may be nil.
	Progress func(Progress)
	Finding  func(Finding)
}

// Target takes parts.
type Target interface {
	// Send delivers one part and returns when it is durable. Lines of the
	// outcome are lines of the part.
	Send(ctx context.Context, p Part) (Outcome, error)
}

// Form is how the rows of a part are written.
type Form string

// Forms by their media types.
const (
	NDJSON Form = "application/x-ndjson"
	JSON   Form = "application/json"
	CSV    Form = "text/csv"
	XLSX   Form = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// Part is a body that can be read alone.
type Part struct {
	Form   Form
	Body   []byte
	Domain record.Domain
	Kind   *record.KindSpec // of CSV and XLSX
	Ignore []string         // headings of columns that are left out
}

func (p *Part) options() body.Options { return body.Options{Ignore: p.Ignore} }

// Outcome is what became of a part.
type Outcome struct {
	BatchID  string
	Receipt  string
	Accepted int
	Rejected int
	Warned   int
	Findings []Finding
	// Cut says that the hub listed only some of the findings.
	Cut bool

	written []written // of signed messages
}

// Finding is one fault of one row.
type Finding struct {
	File     string
	Line     int
	RecordID string
	Count    int // rows that it speaks of; 0: one
	fault.Fault
}

// Progress is how far a push has come.
type Progress struct {
	File        string
	Done, Total int64 // bytes of the file
	Accepted    int   // of all files so far
	Rejected    int
	Warned      int
}

// Summary is what became of all files.
type Summary struct {
	Parts    int
	Accepted int
	Rejected int
	Warned   int
	Receipts []string  // of the last part of each file
	Findings []Finding // the first ones
	Cut      bool      // there are more findings than listed
	// Unsettled counts parts of which nobody told in time what became of them.
	Unsettled int
}

// Files pushes files in order. After an error the summary tells what was
// durable before it; the same files may be pushed again.
func Files(ctx context.Context, c Config, files []string) (Summary, error) {
	p, err := newPusher(c)
	if err != nil {
		return Summary{}, err
	}
	for _, name := range files {
		if err := p.file(ctx, name); err != nil {
			// What is durable is asked for all the same.
			return p.sum, errors.Join(fmt.Errorf("push: %s: %w", filepath.Base(name), err), p.settleAll(ctx))
		}
	}
	if err := p.settleAll(ctx); err != nil {
		return p.sum, fmt.Errorf("push: the outcome of what was sent: %w", err)
	}
	return p.sum, nil
}

// pusher is one run over files.
type pusher struct {
	Config
	domain record.Domain
	kind   *record.KindSpec
	sum    Summary
	at     Progress
	fresh  bool // nothing of the file at hand was sent
	// columns are the findings about columns of the file at hand.
	columns []Finding
	open    []sent
}

func newPusher(c Config) (*pusher, error) {
	if c.To == nil {
		return nil, errors.New("push: no target")
	}
	c.Limits = c.Limits.withDefaults()
	p := &pusher{Config: c}
	if c.Domain == "" {
		return p, nil
	}
	if p.domain = record.ParseDomain(c.Domain); p.domain == record.NoDomain {
		return nil, fmt.Errorf("push: no domain %q", c.Domain)
	}
	kinds := record.Kinds(p.domain)
	if p.kind = record.FindKind(p.domain, c.Kind); p.kind == nil && c.Kind == "" && len(kinds) == 1 {
		p.kind = &kinds[0]
	}
	if p.kind == nil && c.Kind != "" {
		return nil, fmt.Errorf("push: domain %s has no kind %q", c.Domain, c.Kind)
	}
	return p, nil
}

// file pushes one file, by what it holds.
func (p *pusher) file(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	p.at.File, p.at.Done, p.at.Total, p.fresh = name, 0, st.Size(), true
	form, err := formOf(name, f)
	if err != nil {
		return err
	}
	lost := p.sum.Rejected
	defer func() {
		for _, f := range p.columns {
			p.note(f)
		}
		p.columns = nil
	}()
	switch form {
	case NDJSON:
		err = p.lines(ctx, f)
	case JSON:
		err = p.array(ctx, f, st.Size())
	case CSV:
		err = p.table(ctx, f, st.Size())
	case XLSX:
		err = p.book(ctx, f, st.Size())
	}
	if err != nil {
		return err
	}
	if p.fresh && (form == CSV || form == XLSX) {
		return errNoRows
	}
	if p.fresh && p.sum.Rejected == lost {
		return p.heartbeat(ctx)
	}
	return nil
}

// errNoRows is a table that a broken export may have left.
var errNoRows = errors.New("the table has no rows; a file with [] or an empty .ndjson tells the hub that there is nothing new")

// heartbeat tells that the unit has nothing new in the domain.
func (p *pusher) heartbeat(ctx context.Context) error {
	if p.domain == record.NoDomain {
		return errors.New("the file has no records; name its domain to tell the hub that there is nothing new")
	}
	return p.send(ctx, Part{Form: NDJSON}, func(l int) int { return l }, p.at.Total)
}

// send delivers a part and adds its outcome up. line maps a line of the part to
// the file; bytes is how much of the file it covers.
func (p *pusher) send(ctx context.Context, part Part, line func(int) int, bytes int64) error {
	part.Domain, part.Kind, part.Ignore = p.domain, p.kind, p.Ignore
	o, err := p.To.Send(ctx, part)
	if err != nil {
		return err
	}
	s := &p.sum
	s.Parts++
	s.Accepted, s.Rejected, s.Warned = s.Accepted+o.Accepted, s.Rejected+o.Rejected, s.Warned+o.Warned
	if p.fresh {
		s.Receipts = append(s.Receipts, "")
	}
	p.fresh = false
	s.Receipts[len(s.Receipts)-1] = o.Receipt
	s.Cut = s.Cut || o.Cut
	for _, f := range o.Findings {
		f.File, f.Line = p.at.File, line(f.Line)
		if f.Count > 0 && f.ofColumn() {
			p.gather(f)
			continue
		}
		p.note(f)
	}
	p.step(bytes)
	return p.await(ctx, sent{file: p.at.File, line: line, Outcome: o})
}

// ofColumn tells whether a finding speaks of a column: the parts of one file say it
// one after the other.
func (f *Finding) ofColumn() bool { return f.Code == fault.W05Normalised || f.Code == fault.W13Column }

// gather adds a finding of a column to what the parts before said of it.
func (p *pusher) gather(f Finding) {
	what, _, _ := strings.Cut(f.Message, ": ")
	for i := range p.columns {
		g := &p.columns[i]
		if known, _, _ := strings.Cut(g.Message, ": "); g.Code == f.Code && g.Field == f.Field && known == what {
			_, examples, several := strings.Cut(g.Message, ", such as ")
			if !several && g.Count == 1 && strings.Contains(g.Message, "→") {
				_, examples, _ = strings.Cut(g.Message, ": ")
			}
			g.Count += f.Count
			if g.Message = what + ": " + strconv.Itoa(g.Count) + " rows"; examples != "" {
				g.Message += ", such as " + examples
			}
			return
		}
	}
	p.columns = append(p.columns, f)
}

// note reports a finding.
func (p *pusher) note(f Finding) {
	if p.Finding != nil {
		p.Finding(f)
	}
	if len(p.sum.Findings) < p.Limits.Kept {
		p.sum.Findings = append(p.sum.Findings, f)
	} else {
		p.sum.Cut = true
	}
}

func (p *pusher) step(bytes int64) {
	p.at.Done = min(p.at.Done+bytes, p.at.Total) // headers of parts are counted again and again
	p.at.Accepted, p.at.Rejected, p.at.Warned = p.sum.Accepted, p.sum.Rejected, p.sum.Warned
	if p.Progress != nil {
		p.Progress(p.at)
	}
}

// tables tells that files of tables need a domain and a kind.
func (p *pusher) tables() error {
	if p.kind != nil {
		return nil
	}
	if p.domain == record.NoDomain {
		return errors.New("a table needs a domain")
	}
	var names []string
	for _, k := range record.Kinds(p.domain) {
		names = append(names, k.Name)
	}
	return fmt.Errorf("a table of the domain %s needs a kind: %s", p.domain, strings.Join(names, ", "))
}

func bodyLimits() body.Limits { return body.DefaultLimits() }

// query is the part of a URL that names domain and kind.
func (p *Part) query() string {
	q := url.Values{}
	if p.Domain != record.NoDomain {
		q.Set("domain", p.Domain.String())
	}
	if p.Kind != nil && (p.Form == CSV || p.Form == XLSX) {
		q.Set("kind", p.Kind.Name)
		for _, name := range p.Ignore {
			q.Add("ignore", name)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}
