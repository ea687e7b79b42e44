// Package jsontext reads and writes JSON (RFC 8259) as bytes, without reflection
// and without making objects of it: one scanner and one writer for every path that
// sees each row, request or answer. What is read or written seldom uses encoding/json.
//
// A Scanner promises to accept exactly the texts that encoding/json accepts, down
// to how deep its caller lets values nest, and to give every value as a span of the
// text, without a copy. Texts are unescaped only when they are asked for, and then
// are what encoding/json makes of them: a lone surrogate and every byte that is not
// UTF-8 become U+FFFD. Members of an object come in order and as often as they
// stand there; what a name that is given twice means is the caller's.
//
// An Outline looks at quotes and brackets only. It cuts bodies into rows, so that
// what is wrong inside one row stays with that row.
//
// The append functions write compact JSON that encoding/json reads back as the same
// value. A text has one form by AppendString and one by AppendStrict, neither of which
// may change: content hashes cover the one, the lines of the audit are held against the
// other byte by byte.
//
// The package of this name in the standard library can't be imported: in Go 1.26 it
// is an experiment, there only under GOEXPERIMENT=jsonv2.
package jsontext
