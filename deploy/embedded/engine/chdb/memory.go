package chdb

import (
	"regexp"
	"runtime"
	"strconv"
	"unsafe"
)

// Error is an exception of the engine.
type Error struct {
	// Text is the engine's message, usually "Code: 60. DB::Exception: …".
	Text string
}

func (e *Error) Error() string { return "chdb: " + e.Text }

var codeText = regexp.MustCompile(`Code: (\d+)\.`)

// Code is the engine's error code, 0 when the text names none.
func (e *Error) Code() int {
	m := codeText.FindStringSubmatch(e.Text)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

type result struct {
	lib *Library
	ptr uintptr
}

func (r result) err() error {
	if r.ptr == 0 {
		return &Error{Text: "engine gave no result"}
	}
	if p := r.lib.resError(r.ptr); p != nil {
		if s := gostr(p); s != "" {
			return &Error{Text: s}
		}
	}
	return nil
}

func (r result) bytes() []byte {
	n := r.lib.resLength(r.ptr)
	p := r.lib.resBuffer(r.ptr)
	if n == 0 || p == nil {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}

func (r result) free() {
	if r.ptr != 0 {
		r.lib.destroy(r.ptr)
	}
}

// args are parallel C arrays of parameter names and values.
type args struct {
	names, nameLens, vals, valLens unsafe.Pointer
	n                              uintptr
	hold                           []any
}

func newArgs(params []Param) *args {
	a := &args{n: uintptr(len(params))}
	if len(params) == 0 {
		return a
	}
	names, vals := make([]*byte, len(params)), make([]*byte, len(params))
	nameLens, valLens := make([]uintptr, len(params)), make([]uintptr, len(params))
	for i, p := range params {
		names[i], nameLens[i] = cstr(p.Name), uintptr(len(p.Name))
		vals[i], valLens[i] = cstr(p.Value), uintptr(len(p.Value))
	}
	a.names, a.nameLens = unsafe.Pointer(&names[0]), unsafe.Pointer(&nameLens[0])
	a.vals, a.valLens = unsafe.Pointer(&vals[0]), unsafe.Pointer(&valLens[0])
	a.hold = []any{names, vals, nameLens, valLens}
	return a
}

func (a *args) keep() { runtime.KeepAlive(a) }

func cstr(s string) *byte {
	b := make([]byte, len(s)+1)
	copy(b, s)
	return &b[0]
}

func ptr(b []byte) unsafe.Pointer {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Pointer(unsafe.SliceData(b))
}

func gostr(p unsafe.Pointer) string {
	n := 0
	for *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(p), n))
}

// deref reads the pointer stored at a C address.
func deref(p uintptr) uintptr {
	return **(**uintptr)(unsafe.Pointer(&p))
}
