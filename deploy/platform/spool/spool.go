// Package spool keeps the audit log of one node: an append-only chain of
// records in files of the data directory, shipped on from there.
//
// It promises:
//   - Append returns after the record is written to the file, so that it
//     survives the death of the process; with Sync also that of the machine.
//     A record that could not be written is an error, and the caller then
//     answers nothing that needed it.
//   - Records form one chain per directory (schema/audit), which goes on across
//     restarts. A last line that was cut off by a crash was never acknowledged
//     and is taken away.
//   - Ship hands every record on at least once, in order.
//   - Files are removed only when all of them was shipped and they are old.
//
// It waits for no timer: those who append while a write is under way, or could
// run before it, are written together. It never changes a record, and writes no
// field of one to the process's log.
package spool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/random"
	"credithub/schema/audit"
	"credithub/schema/fault"
)

// Options of a spool; zero values take the defaults.
type Options struct {
	Sync         bool          // fdatasync each group, against power loss
	SegmentBytes int64         // size of a file; 16 MiB
	Retain       time.Duration // least age of a file that is removed; 180 days (网络安全法 23(3): six months)
	ShipBatch    int           // records handed to Ship's callback at once; 2,000
	Gather       time.Duration // how long Ship lets fewer records than that gather; 200 ms
	Heads        *Heads        // remembers the ends of chains; nil: nobody does
	Lost         Lost          // where records are asked for that the files lost; nil: nowhere
	Boot         string        // which boot of the machine this is; as the system tells
	Failed       func(error)   // is told of writes that failed; nil: nobody is
	Now          func() time.Time
	Log          *slog.Logger          // nil: says nothing
	Metrics      prometheus.Registerer // nil: not registered
}

func (o Options) withDefaults() Options {
	o.SegmentBytes = cmp.Or(o.SegmentBytes, 16<<20)
	o.Retain = cmp.Or(o.Retain, 180*24*time.Hour)
	o.ShipBatch = cmp.Or(o.ShipBatch, 2000)
	o.Gather = cmp.Or(o.Gather, 200*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	if o.Boot == "" {
		o.Boot = bootID()
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return o
}

// ErrClosed is an append to a closed spool.
var ErrClosed = errors.New("spool: closed")

// Spool is the audit log of one node. It is safe for many goroutines.
type Spool struct {
	dir    string
	writer string
	opts   Options
	count  *counters
	unlock func()

	failed atomic.Int64 // when a write failed that none has succeeded since, Unix ns; 0: none

	mu      sync.Mutex
	waiting []*entry
	spare   []*entry // memory for the next waiting
	leading bool     // somebody writes
	closed  bool

	// Only the one who leads touches these.
	file  *os.File
	size  int64
	head  audit.Head
	buf   []byte
	dirty bool // there may be bytes behind size

	forged bool // the files are not those that are remembered: what is stays as evidence

	segMu    sync.Mutex
	segments []segment // by first record; the last is written to
	grown    chan struct{}
	noted    time.Time // when shipped was last written down; Ship's own
	shipping sync.Mutex
	shipped  uint64 // guarded by segMu
}

// entry is one Append that waits.
type entry struct {
	rec  audit.Record
	err  error
	wake chan bool // true: lead; false: done
}

var entries = sync.Pool{New: func() any { return &entry{wake: make(chan bool, 1)} }}

type counters struct {
	records  prometheus.Counter
	groups   prometheus.Counter
	failures prometheus.Counter
	cut      prometheus.Counter
	damaged  prometheus.Counter
	shipped  prometheus.Counter
	retries  prometheus.Counter
	removed  prometheus.Counter
}

func newCounters(reg prometheus.Registerer, s *Spool) *counters {
	const sub = "audit"
	if reg != nil {
		metrics.Register(reg, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: metrics.Namespace, Subsystem: sub,
			Name: "spool_pending", Help: "Records that are durable but not yet shipped."}, func() float64 { return float64(s.Pending()) }))
	}
	return &counters{
		records:  metrics.Counter(reg, sub, "records_total", "Audit records made durable."),
		groups:   metrics.Counter(reg, sub, "writes_total", "Writes, each of a group of records."),
		failures: metrics.Counter(reg, sub, "failures_total", "Records that could not be made durable; what needed them was not answered."),
		cut:      metrics.Counter(reg, sub, "torn_lines_total", "Unfinished lines removed after a crash."),
		damaged:  metrics.Counter(reg, sub, "damaged_lines_total", "Damaged lines that were found and not handed on."),
		shipped:  metrics.Counter(reg, sub, "records_shipped_total", "Audit records handed on."),
		retries:  metrics.Counter(reg, sub, "ship_retries_total", "Batches handed on again after an error."),
		removed:  metrics.Counter(reg, sub, "files_removed_total", "Files removed after their time."),
	}
}

// Open opens the spool of a directory, or makes it. writer names the node; a
// random part is added once for each directory, so that a node which lost its
// directory begins a chain of its own.
func Open(dir, writer string, opts Options) (*Spool, error) {
	if writer == "" || strings.ContainsAny(writer, "\n\r") || len(writer) > 100 {
		return nil, fmt.Errorf("spool: %q is no name of a writer", writer)
	}
	unlock, err := node.Lock(dir, 0)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Spool{dir: dir, opts: opts.withDefaults(), unlock: unlock, grown: make(chan struct{}, 1)}
	s.count = newCounters(opts.Metrics, s)
	if err := s.open(writer); err != nil {
		if s.file != nil {
			s.file.Close()
		}
		unlock()
		return nil, err
	}
	return s, nil
}

func (s *Spool) open(writer string) error {
	id, err := s.identity(writer)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.writer = id
	if err := s.recover(); err != nil {
		return fmt.Errorf("spool: recover %s: %w", s.dir, err)
	}
	if s.shipped, err = readNumber(s.dir, shippedFile); err != nil {
		// Torn: records are known by writer and number, so to ship all of them
		// again is harmless.
		s.opts.Log.Warn("how far the audit files were shipped can't be read; they are shipped again", "error", err)
		if err := ShipAgain(s.dir); err != nil {
			return err
		}
	}
	if err := s.heal(); err != nil {
		return fmt.Errorf("spool: heal %s: %w", s.dir, err)
	}
	return nil
}

// errNoName is a file that should hold the writer's name and is empty.
var errNoName = errors.New("file holds no name")

// identity reads or makes the name in the records; when its file is lost, the
// records tell it.
func (s *Spool) identity(writer string) (string, error) {
	id, err := readWriter(s.dir)
	if err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, errNoName) {
		return id, err
	}
	segs, err := list(s.dir)
	if err != nil {
		return "", err
	}
	if id = writerIn(segs); id == "" {
		id = writer + "-" + random.Hex(4)
	}
	return id, node.ReplaceFile(filepath.Join(s.dir, writerFile), []byte(id+"\n"))
}

// readWriter reads the name in the records of a directory.
func readWriter(dir string) (string, error) {
	path := filepath.Join(dir, writerFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(b))
	if id == "" {
		return "", fmt.Errorf("%s: %w", path, errNoName)
	}
	return id, nil
}

// Writer is the name in this spool's records.
func (s *Spool) Writer() string { return s.writer }

// Pending counts the records that are not yet shipped.
func (s *Spool) Pending() uint64 {
	s.segMu.Lock()
	defer s.segMu.Unlock()
	if len(s.segments) == 0 {
		return 0
	}
	return s.segments[len(s.segments)-1].last - min(s.shipped, s.segments[len(s.segments)-1].last)
}

// Append makes a record durable and gives it back with its place in the chain.
// Writer, Seq, Prev and Hash are set here, At when it is zero. The context
// counts only before the record is handed over.
func (s *Spool) Append(ctx context.Context, r audit.Record) (audit.Record, error) {
	if err := ctx.Err(); err != nil {
		return audit.Record{}, fmt.Errorf("spool: append: %w", err)
	}
	e := entries.Get().(*entry)
	e.rec, e.err = r, nil
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		entries.Put(e)
		return audit.Record{}, ErrClosed
	}
	s.waiting = append(s.waiting, e)
	lead := !s.leading
	s.leading = true
	s.mu.Unlock()
	if lead || <-e.wake {
		s.lead(e)
	}
	out, err := e.rec, e.err
	e.rec = audit.Record{}
	entries.Put(e)
	if err != nil {
		return audit.Record{}, err
	}
	return out, nil
}

// lead writes everybody who waits, among them own, and hands the lead on.
func (s *Spool) lead(own *entry) {
	group := s.group()
	err := s.write(group)
	for _, e := range group {
		e.err = err
		if e != own {
			e.wake <- false
		}
	}
	select {
	case s.grown <- struct{}{}:
	default:
	}
	clear(group)
	s.mu.Lock()
	s.spare = group
	if len(s.waiting) > 0 {
		s.waiting[0].wake <- true
	} else {
		s.leading = false
	}
	s.mu.Unlock()
}

// gatherRounds bounds how often those who can run are let before.
const gatherRounds = 4

// group takes everybody who waits. It lets those who are about to append do so
// first, as long as more of them come: then one write serves many, and their
// answers leave together, which spares a caller on the same machine most of its
// wake-ups. When nobody else can run it costs nothing.
func (s *Spool) group() []*entry {
	for round, had := 0, 0; ; round++ {
		s.mu.Lock()
		if len(s.waiting) == had || round == gatherRounds {
			group := s.waiting
			s.waiting, s.spare = s.spare[:0], nil
			s.mu.Unlock()
			return group
		}
		had = len(s.waiting)
		s.mu.Unlock()
		runtime.Gosched()
	}
}

// write seals a group and writes it at once; on an error nothing of it stays.
func (s *Spool) write(group []*entry) error {
	now := s.opts.Now()
	if s.size >= s.opts.SegmentBytes {
		if err := s.rotate(); err != nil {
			s.fail(group, now, err)
			return unavailable(fmt.Errorf("spool: new file: %w", err))
		}
	}
	head := s.head
	s.buf = s.buf[:0]
	for _, e := range group {
		r := &e.rec
		if r.At.IsZero() {
			r.At = now
		}
		r.Writer, r.Seq = s.writer, head.Seq+1
		r.Clean()
		r.Seal(head.Hash)
		head.Seq, head.Hash = r.Seq, r.Hash
		s.buf = append(r.AppendJSON(s.buf), '\n')
	}
	if err := s.put(); err != nil {
		s.fail(group, now, err)
		s.opts.Log.Error("audit records can't be written", "records", len(group), "error", err)
		return unavailable(err)
	}
	s.head = head
	s.size += int64(len(s.buf))
	s.segMu.Lock()
	last := &s.segments[len(s.segments)-1]
	last.last, last.size = head.Seq, s.size
	s.segMu.Unlock()
	s.count.records.Add(float64(len(group)))
	s.count.groups.Inc()
	if s.failed.Load() != 0 {
		s.failed.Store(0)
	}
	if cap(s.buf) > 4<<20 {
		s.buf = nil
	}
	return nil
}

func (s *Spool) fail(group []*entry, now time.Time, err error) {
	s.opts.Failed(err)
	s.count.failures.Add(float64(len(group)))
	s.failed.Store(now.UnixNano())
}

// failingFor is how long a failure counts when nothing is written after it: then
// somebody must come to try again.
const failingFor = 5 * time.Second

// Failing tells whether records can't be written, as far as is known: the last
// write failed, a few seconds ago at most.
func (s *Spool) Failing() bool {
	at := s.failed.Load()
	return at != 0 && s.opts.Now().UnixNano()-at < failingFor.Nanoseconds()
}

func unavailable(cause error) error {
	return fault.Wrap(fault.Unavailable, cause, "the audit log can't be written, and nothing is answered unlogged")
}

// put writes the buffer behind what is there, or takes back what it wrote of it.
func (s *Spool) put() error {
	var err error
	if s.dirty {
		err = s.file.Truncate(s.size)
	}
	if err == nil {
		s.dirty = true
		_, err = s.file.WriteAt(s.buf, s.size)
	}
	if err == nil && s.opts.Sync {
		err = datasync(s.file)
	}
	if err == nil {
		s.dirty = false
		return nil
	}
	terr := s.file.Truncate(s.size)
	s.dirty = terr != nil
	return fmt.Errorf("spool: write: %w", errors.Join(err, terr))
}

// Close waits for the writes under way and closes the files.
func (s *Spool) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for {
		s.mu.Lock()
		idle := !s.leading
		s.mu.Unlock()
		if idle {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Sync(), s.file.Close())
	s.file = nil
	s.keepHead(s.head)
	s.unlock()
	return err
}
