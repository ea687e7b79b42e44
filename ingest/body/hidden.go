package body

import (
	"strconv"
	"strings"

	"credithub/schema/fault"
)

// hiddenRows gathers the hidden rows that were read, as ranges.
type hiddenRows struct {
	line   int // of the first, as findings count
	n      int
	ranges [][2]int
}

// maxRanges bounds the ranges that are named.
const maxRanges = 20

func (h *hiddenRows) add(row, line int) {
	if h.n++; h.n == 1 {
		h.line = line
	}
	if n := len(h.ranges); n > 0 && h.ranges[n-1][1] == row-1 {
		h.ranges[n-1][1] = row
	} else if n <= maxRanges { // one more than is named
		h.ranges = append(h.ranges, [2]int{row, row})
	}
}

func (h *hiddenRows) notes(m *mapped) []Note {
	if h.n == 0 {
		return nil
	}
	return []Note{{Line: uint32(h.line), Count: h.n, Fault: fault.Fault{Code: fault.W14Hidden,
		Message: "hidden rows were read: " + spans(h.ranges, strconv.Itoa) + m.ofSheet()}}}
}

func (m *mapped) ofSheet() string {
	if m.place == "" {
		return ""
	}
	return " of sheet " + m.place
}

// spans writes ranges such as 3–7, 9.
func spans(all [][2]int, name func(int) string) string {
	var b strings.Builder
	for i, r := range all {
		if i == maxRanges {
			b.WriteString(" and more below")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name(r[0]))
		if r[1] > r[0] {
			b.WriteString("–" + name(r[1]))
		}
	}
	return b.String()
}
