// Package chdb binds the C interface of libchdb, the ClickHouse engine as a
// shared library, without cgo.
//
// It promises that no C memory leaks on any path. A connection whose statement
// failed or was cut off may only be closed: its partial output would come before
// the next result and its locks would stay. The package never lets the engine
// install signal handlers: they would turn a Go nil dereference into a hang. It
// knows nothing of HTTP, files or processes.
//
// A connection runs one statement at a time; several connections of one
// process run in parallel. The engine serves one storage path a process.
package chdb

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Class says what a statement does to state that outlives it.
type Class uint32

// The classes told by Conn.Classify.
const (
	Read    Class = 0 // reads only
	Mutate  Class = 1 // changes data or schema
	Global  Class = 2 // changes users, functions or other state of the engine
	Control Class = 3 // sets, uses, kills, SYSTEM
	Unknown Class = 4 // could not be parsed
)

// Analysis is what the engine's own parser tells about a text.
type Analysis struct {
	Statements uint32 // executable statements; 0 for a text that doesn't parse
	Flags      uint32
	Class      Class
}

// Param is a named query parameter: {Name:Type} in the statement.
type Param struct{ Name, Value string }

// statement is a function of the library that starts a statement with its format and
// parameters, each text with its length.
type statement func(conn uintptr, q unsafe.Pointer, n uintptr, f unsafe.Pointer, fn uintptr, names, nameLens, vals, valLens unsafe.Pointer, count uintptr) uintptr

// Library is a loaded libchdb. Its methods are safe for many goroutines.
type Library struct {
	connect        func(argc int32, argv unsafe.Pointer) uintptr
	closeConn      func(conn uintptr)
	query          statement
	streamQuery    statement
	streamFetch    func(conn, res uintptr) uintptr
	streamCancel   func(conn, res uintptr)
	resBuffer      func(res uintptr) unsafe.Pointer
	resLength      func(res uintptr) uintptr
	resError       func(res uintptr) unsafe.Pointer
	resRowsWritten func(res uintptr) uint64
	destroy        func(res uintptr)
	insert         statement
	insertAppend   func(st uintptr, data unsafe.Pointer, n uintptr) int32
	insertDone     func(st uintptr) uintptr
	insertError    func(st uintptr) unsafe.Pointer
	insertCancel   func(st uintptr)
	insertDestroy  func(st uintptr)
	classify       func(conn uintptr, q unsafe.Pointer, n uintptr, db unsafe.Pointer, dbn uintptr, out unsafe.Pointer) int32
}

// ErrConnect means that the engine refused a connection; the library gives no
// reason (a bad value of a setting, or a data directory it can't use).
var ErrConnect = errors.New("chdb: connection refused by the engine")

// Load opens the library at path and resolves all functions. A library without
// one of them (an older engine) is an error that names it.
func Load(path string) (*Library, error) {
	h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("chdb: load library: %w", err)
	}
	l := &Library{}
	var signals func(int32)
	for _, f := range []struct {
		name string
		fn   any
	}{
		{"chdb_set_signal_handlers_enabled", &signals},
		{"chdb_connect", &l.connect},
		{"chdb_close_conn", &l.closeConn},
		{"chdb_query_with_params_n", &l.query},
		{"chdb_stream_query_with_params_n", &l.streamQuery},
		{"chdb_stream_fetch_result", &l.streamFetch},
		{"chdb_stream_cancel_query", &l.streamCancel},
		{"chdb_result_buffer", &l.resBuffer},
		{"chdb_result_length", &l.resLength},
		{"chdb_result_error", &l.resError},
		{"chdb_result_rows_written", &l.resRowsWritten},
		{"chdb_destroy_query_result", &l.destroy},
		{"chdb_stream_insert_with_params_n", &l.insert},
		{"chdb_stream_append", &l.insertAppend},
		{"chdb_stream_done", &l.insertDone},
		{"chdb_stream_insert_error", &l.insertError},
		{"chdb_stream_cancel_insert", &l.insertCancel},
		{"chdb_destroy_insert_stream", &l.insertDestroy},
		{"chdb_classify_query_n", &l.classify},
	} {
		sym, err := purego.Dlsym(h, f.name)
		if err != nil {
			return nil, fmt.Errorf("chdb: library lacks %s (engine too old?): %w", f.name, err)
		}
		purego.RegisterFunc(f.fn, sym)
	}
	signals(0)
	return l, nil
}

// Conn is one connection. It is not safe for concurrent use.
type Conn struct {
	lib    *Library
	ptr    uintptr // chdb_connection*
	handle uintptr // chdb_connection
}

// Connect opens a connection with the given arguments, each "--name=value".
// The first connection of the process boots the engine and decides --path.
func (l *Library) Connect(args ...string) (*Conn, error) {
	argv := make([]*byte, 0, len(args)+2)
	argv = append(argv, cstr("clickhouse"))
	for _, a := range args {
		argv = append(argv, cstr(a))
	}
	argv = append(argv, nil)
	p := l.connect(int32(len(args)+1), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(argv)
	if p == 0 {
		return nil, ErrConnect
	}
	handle := deref(p)
	if handle == 0 {
		l.closeConn(p)
		return nil, ErrConnect
	}
	return &Conn{lib: l, ptr: p, handle: handle}, nil
}

// Close closes the connection. Closing twice is harmless.
func (c *Conn) Close() {
	if c.ptr != 0 {
		c.lib.closeConn(c.ptr)
		c.ptr, c.handle = 0, 0
	}
}

// Classify parses sql with the engine's own parser and runs nothing.
func (c *Conn) Classify(sql []byte, database string) (Analysis, error) {
	out := struct{ size, statements, flags, class uint32 }{size: 16}
	db := []byte(database)
	rc := c.lib.classify(c.handle, ptr(sql), uintptr(len(sql)), ptr(db), uintptr(len(db)), unsafe.Pointer(&out))
	runtime.KeepAlive(sql)
	runtime.KeepAlive(db)
	if rc != 0 {
		return Analysis{}, errors.New("chdb: classify failed")
	}
	return Analysis{Statements: out.statements, Flags: out.flags, Class: Class(out.class)}, nil
}

// call hands a statement over; the library copies what it needs of it.
func (c *Conn) call(start statement, sql, format string, params []Param) uintptr {
	q, f, a := []byte(sql), []byte(format), newArgs(params)
	res := start(c.handle, ptr(q), uintptr(len(q)), ptr(f), uintptr(len(f)), a.names, a.nameLens, a.vals, a.valLens, a.n)
	runtime.KeepAlive(q)
	runtime.KeepAlive(f)
	a.keep()
	return res
}

// Exec runs a statement to its end and returns a copy of its whole output in
// the given format. For statements of small or no output.
func (c *Conn) Exec(sql, format string, params ...Param) ([]byte, error) {
	r := result{c.lib, c.call(c.lib.query, sql, format, params)}
	defer r.free()
	if err := r.err(); err != nil {
		return nil, err
	}
	return append([]byte(nil), r.bytes()...), nil
}

// Rows is a running streamed SELECT.
type Rows struct {
	conn *Conn
	res  uintptr
	cur  uintptr
	done bool
}

// Query starts a SELECT (or SHOW, DESCRIBE, EXPLAIN …) whose output is fetched
// piece by piece. Close must be called.
func (c *Conn) Query(sql, format string, params ...Param) (*Rows, error) {
	r := result{c.lib, c.call(c.lib.streamQuery, sql, format, params)}
	if err := r.err(); err != nil {
		r.free()
		return nil, err
	}
	return &Rows{conn: c, res: r.ptr}, nil
}

// Next returns the next piece of output, or nil at the end. The bytes are the
// engine's own and only valid until the following call.
func (r *Rows) Next() ([]byte, error) {
	r.release()
	if r.done {
		return nil, nil
	}
	r.cur = r.conn.lib.streamFetch(r.conn.handle, r.res)
	res := result{r.conn.lib, r.cur}
	if err := res.err(); err != nil {
		r.done = true
		return nil, err
	}
	b := res.bytes()
	if len(b) == 0 {
		r.done = true
		return nil, nil
	}
	return b, nil
}

func (r *Rows) release() {
	if r.cur != 0 {
		r.conn.lib.destroy(r.cur)
		r.cur = 0
	}
}

// Close ends the statement; one that has not come to its end is cancelled and
// breaks its connection.
func (r *Rows) Close() {
	r.release()
	if r.res == 0 {
		return
	}
	if !r.done {
		r.conn.lib.streamCancel(r.conn.handle, r.res)
	}
	r.conn.lib.destroy(r.res)
	r.res = 0
}

// Insert is a running streamed INSERT.
type Insert struct {
	conn   *Conn
	st     uintptr
	closed bool
}

// Insert starts an INSERT; sql has no FORMAT clause and no data. Close must be
// called on every path.
func (c *Conn) Insert(sql, format string, params ...Param) (*Insert, error) {
	in := &Insert{conn: c, st: c.call(c.lib.insert, sql, format, params)}
	if err := in.err(); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// Append hands over a chunk of encoded rows; the engine copies it and may
// block until it has room.
func (in *Insert) Append(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	rc := in.conn.lib.insertAppend(in.st, ptr(b), uintptr(len(b)))
	runtime.KeepAlive(b)
	if rc == 0 {
		return nil
	}
	if err := in.err(); err != nil {
		return err
	}
	// The reason comes with done when the pipeline failed in the background.
	_, err := in.Commit()
	if err == nil {
		err = errors.New("chdb: insert refused data")
	}
	return err
}

// Commit ends the input, waits until the rows are stored and tells how many.
func (in *Insert) Commit() (rows uint64, err error) {
	in.closed = true
	r := result{in.conn.lib, in.conn.lib.insertDone(in.st)}
	defer r.free()
	if err := r.err(); err != nil {
		return 0, err
	}
	return in.conn.lib.resRowsWritten(r.ptr), nil
}

// Close frees the statement; one that was not committed is cancelled and
// breaks its connection.
func (in *Insert) Close() {
	if in.st == 0 {
		return
	}
	if !in.closed {
		in.conn.lib.insertCancel(in.st)
	}
	in.conn.lib.insertDestroy(in.st)
	in.st = 0
}

func (in *Insert) err() error {
	if p := in.conn.lib.insertError(in.st); p != nil {
		return &Error{Text: gostr(p)}
	}
	return nil
}
