// Package column describes the columns of stored rows: each once, with its name,
// its type in ClickHouse and the field of the row where its value stands. From one
// description follow the table, what is inserted, what is selected and how it is
// read back; so a column has one place in the house (schema/stored, schema/list), and whoever reads
// or writes rows asks Access for a typed way to the field.
//
// It promises that a value goes through a typed function, never through reflection,
// and that nothing here allocates for a value. It knows neither a client of
// ClickHouse nor SQL beyond the names of types.
package column

import (
	"strconv"
	"strings"
	"time"

	"credithub/schema/civil"
)

// Kind is how the values of a column are stored, which its type alone doesn't tell.
type Kind uint8

// Kinds.
const (
	KindText   Kind = iota // String
	KindWord               // LowCardinality(String): of a small vocabulary
	KindBytes              // String, held as bytes
	KindNamed              // LowCardinality(String): a number in Go, its name in the table
	KindEnum               // Enum8: a number in Go and in the table, which knows its name
	KindNumber             // UInt16, UInt32, UInt64, Int64
	KindBool               // Bool
	KindDay                // Date32; an absent day is NoDay
	KindMillis             // DateTime64 of milliseconds, UTC
	KindMicros             // DateTime64 of microseconds, UTC
)

// NoDay is how an absent day is stored, 1900-01-01: the first day of Date32. No date
// of the hub is as old.
const NoDay civil.Date = -25567

// StoreDay is a day as it is stored.
func StoreDay(d civil.Date) civil.Date {
	if d == civil.NoDate {
		return NoDay
	}
	return d
}

// LoadDay is a stored day; civil.NoDate when it was absent.
func LoadDay(days int32) civil.Date {
	if d := civil.Date(days); d != NoDay {
		return d
	}
	return civil.NoDate
}

// Column is one column of rows R.
type Column[R any] struct {
	Name  string
	Type  string // in ClickHouse, as the server prints it
	Kind  Kind
	Names []string // of the values of a Named or Enum column, by number; "" at 0

	value value
	off   uintptr
}

// Name is the name of a value of a Named or Enum column, "" of one that has none.
func Name(names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return ""
}

// Value is the number of a name, 0 when it has none: a row of another version of the
// hub.
func Value(names []string, name string) uint8 {
	for i := 1; i < len(names); i++ {
		if names[i] == name {
			return uint8(i)
		}
	}
	return 0
}

// namesOf are the names of 1 … last.
func namesOf[T ~uint8](last T, name func(T) string) []string {
	all := make([]string, int(last)+1)
	for v := T(1); v <= last; v++ {
		all[v] = name(v)
	}
	return all
}

// Text is a column of texts.
func Text[R any, T ~string](name string, at func(*R) *T) Column[R] {
	return Column[R]{Name: name, Type: "String", Kind: KindText, value: texts, off: offset(at)}
}

// Word is a column of words of a small vocabulary.
func Word[R any](name string, at func(*R) *string) Column[R] {
	return Column[R]{Name: name, Type: "LowCardinality(String)", Kind: KindWord, value: texts, off: offset(at)}
}

// Bytes is a column of texts that the row holds as bytes.
func Bytes[R any](name string, at func(*R) *[]byte) Column[R] {
	return Column[R]{Name: name, Type: "String", Kind: KindBytes, value: bytes, off: offset(at)}
}

// Named is a column of numbers 1 … last that is stored by their names, and 0 as no
// name at all.
func Named[R any, T ~uint8](name string, last T, text func(T) string, at func(*R) *T) Column[R] {
	return Column[R]{Name: name, Type: "LowCardinality(String)", Kind: KindNamed, Names: namesOf(last, text), value: smalls, off: offset(at)}
}

// Enum is a column of numbers 1 … last whose names the table knows.
func Enum[R any, T ~uint8](name string, last T, text func(T) string, at func(*R) *T) Column[R] {
	names := namesOf(last, text)
	var members []string
	for i, n := range names[1:] {
		members = append(members, "'"+n+"' = "+strconv.Itoa(i+1))
	}
	return Column[R]{Name: name, Type: "Enum8(" + strings.Join(members, ", ") + ")", Kind: KindEnum, Names: names, value: smalls, off: offset(at)}
}

// U16 is a column of numbers.
func U16[R any](name string, at func(*R) *uint16) Column[R] {
	return Column[R]{Name: name, Type: "UInt16", Kind: KindNumber, value: u16s, off: offset(at)}
}

// U32 is a column of numbers.
func U32[R any](name string, at func(*R) *uint32) Column[R] {
	return Column[R]{Name: name, Type: "UInt32", Kind: KindNumber, value: u32s, off: offset(at)}
}

// U64 is a column of numbers.
func U64[R any](name string, at func(*R) *uint64) Column[R] {
	return Column[R]{Name: name, Type: "UInt64", Kind: KindNumber, value: u64s, off: offset(at)}
}

// I64 is a column of numbers.
func I64[R any](name string, at func(*R) *int64) Column[R] {
	return Column[R]{Name: name, Type: "Int64", Kind: KindNumber, value: i64s, off: offset(at)}
}

// Bool is a column of truths.
func Bool[R any](name string, at func(*R) *bool) Column[R] {
	return Column[R]{Name: name, Type: "Bool", Kind: KindBool, value: truths, off: offset(at)}
}

// Day is a column of days; absent ones are civil.NoDate in the row and NoDay in the
// table.
func Day[R any](name string, at func(*R) *civil.Date) Column[R] {
	return Column[R]{Name: name, Type: "Date32", Kind: KindDay, value: days, off: offset(at)}
}

// Millis is a column of instants in milliseconds.
func Millis[R any](name string, at func(*R) *time.Time) Column[R] {
	return Column[R]{Name: name, Type: "DateTime64(3, 'UTC')", Kind: KindMillis, value: instants, off: offset(at)}
}

// Micros is a column of instants in microseconds.
func Micros[R any](name string, at func(*R) *time.Time) Column[R] {
	return Column[R]{Name: name, Type: "DateTime64(6, 'UTC')", Kind: KindMicros, value: instants, off: offset(at)}
}
