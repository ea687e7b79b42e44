package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"credithub/deploy/embedded/engine/chdb"
	"credithub/deploy/platform/random"
)

type server struct {
	cfg    *Config
	core   *core
	met    *counters
	hello  []byte
	reads  *semaphore.Weighted
	writes *semaphore.Weighted
	bufs   sync.Pool
	boot   string // random, so that ids of two runs differ

	adminMu sync.Mutex // the admin connection runs one statement at a time
	closing bool       // under adminMu
	seq     atomic.Uint64
	active  atomic.Int64
}

// chunkSize is the piece in which inserted data goes to the engine.
const chunkSize = 1 << 20

func newServer(c *Config, e *core) *server {
	return &server{
		cfg: c, core: e, met: newCounters(), hello: hello(e.version), boot: random.Hex(6),
		reads: semaphore.NewWeighted(int64(c.MaxReads)), writes: semaphore.NewWeighted(int64(c.MaxWrites)),
		bufs: sync.Pool{New: func() any { b := make([]byte, chunkSize); return &b }},
	}
}

func (s *server) handle(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	q := r.URL.Query()
	if !s.authenticate(r, q) {
		s.met.refused.WithLabelValues("authentication").Inc()
		fault(codeAuthFailed, "Authentication failed: password is incorrect, or there is no user with such name").send(w)
		return
	}
	req, err := s.parse(w, r, q)
	if err == nil {
		err = s.serve(w, r, req)
	}
	if err != nil {
		s.fail(w, r, err)
	}
}

// fail answers with the exception; nothing of a result has been sent yet.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // nobody listens
	}
	x := asException(err)
	s.met.failures.WithLabelValues(strconv.Itoa(x.code)).Inc()
	if r.ContentLength != 0 {
		// An unread body would be taken for the next request.
		if n, _ := io.Copy(io.Discard, io.LimitReader(r.Body, 64<<20)); n == 64<<20 {
			w.Header().Set("Connection", "close")
		}
	}
	x.send(w)
}

func (s *server) serve(w http.ResponseWriter, r *http.Request, req *request) error {
	h := w.Header()
	h.Set("X-ClickHouse-Timezone", "UTC")
	h.Set("X-ClickHouse-Server-Display-Name", "credithub")
	h.Set("X-ClickHouse-Format", req.format)
	if req.queryID != "" && isPrintable(req.queryID) {
		h.Set("X-ClickHouse-Query-Id", req.queryID)
	}
	out := newOutput(w, r, req)
	if isHello(req) {
		s.met.requests.WithLabelValues("hello").Inc()
		if _, err := out.Write(s.hello); err != nil {
			return nil // the client has gone
		}
		_ = out.Close()
		return nil
	}
	words, lexed := lex(req.sql)
	if len(words) == 0 {
		return fault(codeSyntax, "Empty query")
	}
	head, format, insert := insertion(req.sql, words)
	if insert && (req.body == nil || format == "Values") {
		if err := s.inline(req); err != nil {
			return err
		}
		insert = false
		words, lexed = lex(req.sql)
	}
	kind, sem := "read", s.reads
	if !readsOnly(words) {
		kind, sem = "write", s.writes
	}
	if err := s.admit(r.Context(), sem); err != nil {
		return err
	}
	defer sem.Release(1)
	s.met.requests.WithLabelValues(kind).Inc()
	return s.run(w, r, req, out, plan{words: words, lexed: lexed, insert: insert, head: head, format: format})
}

// inline joins the body to the statement: for rows as SQL values, which the
// gate must see.
func (s *server) inline(req *request) error {
	if req.body == nil {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(req.body, s.cfg.MaxQueryBytes+1))
	if err != nil {
		return fault(codeBadArguments, "request body can't be read: %v", err)
	}
	if int64(len(b)) > s.cfg.MaxQueryBytes {
		return fault(codeTooLong, "rows as SQL values are longer than %d bytes; use a data format", s.cfg.MaxQueryBytes)
	}
	req.sql += "\n" + string(b)
	req.body = nil
	return nil
}

func readsOnly(words []token) bool {
	for _, w := range []string{"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "CHECK", "KILL"} {
		if words[0].is(w) {
			return true
		}
	}
	return false
}

func (s *server) admit(ctx context.Context, sem *semaphore.Weighted) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.AdmitWait)
	defer cancel()
	if err := sem.Acquire(ctx, 1); err != nil {
		s.met.refused.WithLabelValues("busy").Inc()
		return fault(codeTooMany, "Too many simultaneous queries: waited %s for a turn", s.cfg.AdmitWait)
	}
	return nil
}

// plan is how a statement will be run.
type plan struct {
	words        []token
	lexed        bool
	insert       bool
	head, format string
}

func (s *server) run(w http.ResponseWriter, r *http.Request, req *request, out *output, p plan) error {
	id := s.boot + "-" + strconv.FormatUint(s.seq.Add(1), 10) + "/" + req.queryID
	s.active.Add(1)
	s.met.active.Inc()
	defer func() { s.active.Add(-1); s.met.active.Dec() }()

	conn, err := s.open(id, req)
	if err != nil {
		return err
	}
	defer conn.Close()
	a, err := conn.Classify([]byte(req.sql), req.database)
	if err != nil {
		return err
	}
	if err := gate(req.sql, p.words, a, req); err != nil {
		s.met.refused.WithLabelValues("statement").Inc()
		return err
	}
	if !p.lexed && a.Statements > 0 {
		return fault(codeSyntax, "statement has an unfinished string or comment")
	}
	stop := context.AfterFunc(r.Context(), func() { s.kill(id) })
	defer stop()
	switch {
	case p.insert:
		return s.runInsert(w, conn, req, p)
	case a.Class == chdb.Read && (p.words[0].is("SELECT") || p.words[0].is("WITH")):
		return s.runSelect(w, conn, req, out)
	default:
		return s.runExec(conn, req, out)
	}
}

// open makes the connection of one request and enters its database.
func (s *server) open(id string, req *request) (*chdb.Conn, error) {
	settings := req.settings
	if req.readonly {
		settings = append(settings[:len(settings):len(settings)], "--readonly=1")
	}
	conn, err := s.core.session(id, settings)
	if errors.Is(err, chdb.ErrConnect) && len(settings) > 0 {
		if c, err := s.core.session(id, nil); err == nil {
			c.Close()
			return nil, fault(codeBadArguments, "a setting has a value that the engine doesn't take: %s", strings.Join(settings, " "))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("engine: open connection: %w", err)
	}
	if _, err := conn.Exec("USE "+quoteIdent(req.database), "TSV"); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// runSelect streams a result. Its first piece is awaited before the status is
// sent, so that most exceptions come as such.
func (s *server) runSelect(w http.ResponseWriter, conn *chdb.Conn, req *request, out *output) error {
	rows, err := conn.Query(req.sql, req.format, req.params...)
	if err != nil {
		return err
	}
	defer rows.Close()
	w.Header().Set("Content-Type", contentType(req.format))
	var tag string
	for {
		piece, err := rows.Next()
		if err != nil && !out.begun {
			return err
		}
		if err != nil {
			s.breakOff(w, out, tag, err)
		}
		if piece == nil {
			break
		}
		if tag == "" {
			tag = random.Hex(8)
			w.Header().Set("X-ClickHouse-Exception-Tag", tag)
		}
		if _, err := out.Write(piece); err != nil {
			return nil // the client has gone; Close cancels the statement
		}
		s.met.outBytes.Add(float64(len(piece)))
	}
	_ = out.Close()
	return nil
}

// breakOff ends a result that has begun by the framed exception, and the
// connection with it, so that no client takes the part for the whole.
func (s *server) breakOff(w http.ResponseWriter, out *output, tag string, err error) {
	x := asException(err)
	s.met.failures.WithLabelValues(strconv.Itoa(x.code)).Inc()
	frames := out.frames
	out.frames = nil // a client looks for the text between the frames
	_, _ = out.Write(x.frame(tag))
	out.frames = frames
	_ = out.Close()
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (s *server) runExec(conn *chdb.Conn, req *request, out *output) error {
	b, err := conn.Exec(req.sql, req.format, req.params...)
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return nil
	}
	out.w.Header().Set("Content-Type", contentType(req.format))
	s.met.outBytes.Add(float64(len(b)))
	if _, err := out.Write(b); err == nil {
		_ = out.Close()
	}
	return nil
}

// runInsert hands the body to the engine as it arrives. A client that goes
// away before its last byte inserts nothing.
func (s *server) runInsert(w http.ResponseWriter, conn *chdb.Conn, req *request, p plan) error {
	in, err := conn.Insert(p.head, p.format, req.params...)
	if err != nil {
		return err
	}
	defer in.Close()
	bp := s.bufs.Get().(*[]byte)
	defer s.bufs.Put(bp)
	for done := false; !done; {
		n, rerr := fill(req.body, *bp)
		s.met.inBytes.Add(float64(n))
		if err := in.Append((*bp)[:n]); err != nil {
			return err
		}
		if done = errors.Is(rerr, io.EOF); rerr != nil && !done {
			return fault(codeBadArguments, "request body ended early: %v", rerr)
		}
	}
	rows, err := in.Commit()
	if err != nil {
		return err
	}
	w.Header().Set("X-ClickHouse-Summary", fmt.Sprintf(`{"read_rows":"0","read_bytes":"0","written_rows":"%d","written_bytes":"0"}`, rows))
	return nil
}

// fill reads until buf is full or the body ends; unlike io.ReadFull it keeps
// a clean end (io.EOF) apart from a body that broke off.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return len(s) <= 200
}

func contentType(format string) string {
	switch {
	case strings.HasPrefix(format, "JSON"):
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(format, "CSV"):
		return "text/csv; charset=UTF-8; header=absent"
	case strings.HasPrefix(format, "TabSeparated"), strings.HasPrefix(format, "TSV"):
		return "text/tab-separated-values; charset=UTF-8"
	}
	return "application/octet-stream"
}
