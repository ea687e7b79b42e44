package column

import (
	"time"
	"unsafe"

	"credithub/schema/civil"
)

// value is the Go type of a field, up to its name.
type value uint8

const (
	texts    value = iota // string
	bytes                 // []byte
	smalls                // uint8
	u16s                  // uint16
	u32s                  // uint32
	u64s                  // uint64
	i64s                  // int64
	truths                // bool
	days                  // civil.Date
	instants              // time.Time
)

// Field is where a column's value stands in a row R. V is string (Text, Word), []byte
// (Bytes), uint8 (Named, Enum), uint16, uint32, uint64 or int64 (Number), bool (Bool),
// civil.Date (Day) or time.Time (Millis, Micros).
type Field[R, V any] struct{ off uintptr }

// At points to the value in a row.
func (f Field[R, V]) At(r *R) *V { return (*V)(unsafe.Add(unsafe.Pointer(r), f.off)) }

// Field is the column's Field of the type that its kind says, for a type switch.
func (c *Column[R]) Field() any {
	switch c.value {
	case texts:
		return Field[R, string]{c.off}
	case bytes:
		return Field[R, []byte]{c.off}
	case smalls:
		return Field[R, uint8]{c.off}
	case u16s:
		return Field[R, uint16]{c.off}
	case u32s:
		return Field[R, uint32]{c.off}
	case u64s:
		return Field[R, uint64]{c.off}
	case i64s:
		return Field[R, int64]{c.off}
	case truths:
		return Field[R, bool]{c.off}
	case days:
		return Field[R, civil.Date]{c.off}
	case instants:
		return Field[R, time.Time]{c.off}
	}
	panic("column: " + c.Name + " is of no type")
}

// offset is how far into a row at points. It asks once, about a row of its own, so that
// at must point to a field of the row itself, which is the same one in every row: what
// lies behind a pointer or a slice is a fault of the program.
func offset[R, V any](at func(*R) *V) uintptr {
	r := new(R)
	off := uintptr(unsafe.Pointer(at(r))) - uintptr(unsafe.Pointer(r))
	if off+unsafe.Sizeof(*new(V)) > unsafe.Sizeof(*r) || off > unsafe.Sizeof(*r) {
		panic("column: the field is not part of the row")
	}
	return off
}
