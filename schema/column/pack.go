package column

import (
	"encoding/binary"
	"time"
	"unsafe"

	"credithub/schema/civil"
)

// Pack keeps rows as bytes without a pointer in them, so that millions are nothing to
// the collector. What it writes is for this process alone: it changes with the columns.
type Pack[R any] struct{ columns []Column[R] }

// NewPack makes a Pack of what some columns hold; the rest of a row is not kept.
func NewPack[R any](columns []Column[R]) Pack[R] { return Pack[R]{columns} }

// Append appends what a row holds.
func (p Pack[R]) Append(b []byte, r *R) []byte {
	for i := range p.columns {
		switch c := &p.columns[i]; c.value {
		case texts:
			s := *Field[R, string]{c.off}.At(r)
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
		case bytes:
			s := *Field[R, []byte]{c.off}.At(r)
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
		case smalls:
			b = append(b, *Field[R, uint8]{c.off}.At(r))
		case truths:
			n := byte(0)
			if *(Field[R, bool]{c.off}).At(r) {
				n = 1
			}
			b = append(b, n)
		case u16s:
			b = binary.LittleEndian.AppendUint16(b, *Field[R, uint16]{c.off}.At(r))
		case u32s:
			b = binary.LittleEndian.AppendUint32(b, *Field[R, uint32]{c.off}.At(r))
		case days:
			b = binary.LittleEndian.AppendUint32(b, uint32(*Field[R, civil.Date]{c.off}.At(r)))
		case u64s:
			b = binary.LittleEndian.AppendUint64(b, *Field[R, uint64]{c.off}.At(r))
		case i64s:
			b = binary.LittleEndian.AppendUint64(b, uint64(*Field[R, int64]{c.off}.At(r)))
		case instants:
			b = binary.LittleEndian.AppendUint64(b, uint64(Field[R, time.Time]{c.off}.At(r).UnixMicro()))
		}
	}
	return b
}

// Read fills a row from what Append wrote and gives what stands behind it. Texts alias
// b, instants are in UTC and of microseconds.
func (p Pack[R]) Read(r *R, b []byte) []byte {
	for i := range p.columns {
		switch c := &p.columns[i]; c.value {
		case texts:
			t, rest := cut(b)
			*Field[R, string]{c.off}.At(r), b = unsafe.String(unsafe.SliceData(t), len(t)), rest
		case bytes:
			*Field[R, []byte]{c.off}.At(r), b = cut(b)
		case smalls:
			*Field[R, uint8]{c.off}.At(r), b = b[0], b[1:]
		case truths:
			*Field[R, bool]{c.off}.At(r), b = b[0] == 1, b[1:]
		case u16s:
			*Field[R, uint16]{c.off}.At(r), b = binary.LittleEndian.Uint16(b), b[2:]
		case u32s:
			*Field[R, uint32]{c.off}.At(r), b = binary.LittleEndian.Uint32(b), b[4:]
		case days:
			*Field[R, civil.Date]{c.off}.At(r), b = civil.Date(int32(binary.LittleEndian.Uint32(b))), b[4:]
		case u64s:
			*Field[R, uint64]{c.off}.At(r), b = binary.LittleEndian.Uint64(b), b[8:]
		case i64s:
			*Field[R, int64]{c.off}.At(r), b = int64(binary.LittleEndian.Uint64(b)), b[8:]
		case instants:
			*Field[R, time.Time]{c.off}.At(r), b = time.UnixMicro(int64(binary.LittleEndian.Uint64(b))).UTC(), b[8:]
		}
	}
	return b
}

// Skip gives what stands behind a row that Append wrote.
func (p Pack[R]) Skip(b []byte) []byte {
	for i := range p.columns {
		switch p.columns[i].value {
		case texts, bytes:
			_, b = cut(b)
		case smalls, truths:
			b = b[1:]
		case u16s:
			b = b[2:]
		case u32s, days:
			b = b[4:]
		case u64s, i64s, instants:
			b = b[8:]
		}
	}
	return b
}

// cut gives the first text of b and what stands behind it.
func cut(b []byte) (text, rest []byte) {
	n, w := binary.Uvarint(b)
	end := w + int(n)
	return b[w:end:end], b[end:]
}
