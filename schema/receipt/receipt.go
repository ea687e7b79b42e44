// Package receipt names log positions. A push is answered with the positions of
// its last record on each partition; an answer reflects a receipt when every
// position in it has been applied.
package receipt

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"

	"credithub/schema/record"
)

// Position is the offset of the last record of a push on one partition of one
// domain's topic.
type Position struct {
	Domain    record.Domain
	Partition uint16
	Offset    int64
}

// ErrMalformed is a receipt that this hub did not write.
var ErrMalformed = errors.New("receipt: malformed")

const prefix = "r1."

// maxPositions bounds a receipt: all domains × 64 partitions would be absurd.
const maxPositions = 256

// Encode writes positions, highest offset of each partition only, in a fixed
// order. The text is opaque to callers.
func Encode(ps []Position) string {
	ps = Merge(slices.Clone(ps))
	b := make([]byte, 0, 16*len(ps))
	for _, p := range ps {
		b = append(b, byte(p.Domain))
		b = binary.AppendUvarint(b, uint64(p.Partition))
		b = binary.AppendUvarint(b, uint64(p.Offset))
	}
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// Merge sorts in place and keeps the highest offset of each partition.
func Merge(ps []Position) []Position {
	slices.SortFunc(ps, func(a, b Position) int {
		if c := int(a.Domain) - int(b.Domain); c != 0 {
			return c
		}
		if c := int(a.Partition) - int(b.Partition); c != 0 {
			return c
		}
		return int(min(max(b.Offset-a.Offset, -1), 1))
	})
	return slices.CompactFunc(ps, func(a, b Position) bool {
		return a.Domain == b.Domain && a.Partition == b.Partition
	})
}

// Parse reads what Encode wrote.
func Parse(s string) ([]Position, error) {
	if len(s) < len(prefix) || s[:len(prefix)] != prefix || len(s) > 8192 {
		return nil, ErrMalformed
	}
	b, err := base64.RawURLEncoding.DecodeString(s[len(prefix):])
	if err != nil {
		return nil, ErrMalformed
	}
	var ps []Position
	for len(b) > 0 {
		p := Position{Domain: record.Domain(b[0])}
		part, n := binary.Uvarint(b[1:])
		if p.Domain.String() == "" || n <= 0 || part > 1<<16-1 || len(ps) == maxPositions {
			return nil, ErrMalformed
		}
		off, m := binary.Uvarint(b[1+n:])
		if m <= 0 || off > 1<<62 {
			return nil, ErrMalformed
		}
		p.Partition, p.Offset = uint16(part), int64(off)
		ps, b = append(ps, p), b[1+n+m:]
	}
	return ps, nil
}
