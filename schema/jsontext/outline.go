package jsontext

import (
	"bytes"
	"strconv"
)

// outlineWords bounds how deep an Outline can look: 64 brackets a word.
const outlineWords = 16

// Outline gives the end of the value of a body that begins at byte at: its strings
// are closed and its brackets match, at most depth deep and never more than 1,024.
// Nothing else is looked at, and a bare word ends before the next comma, colon,
// quote, bracket or blank. Without such a value the error tells what is missing.
func Outline(body []byte, at, depth int) (end int, err *Error) {
	if at == len(body) {
		return 0, &Error{at, "the body breaks off"}
	}
	switch body[at] {
	case '{', '[':
		return brackets(body, at, depth)
	case '"':
		return quotes(body, at)
	}
	end = at
	for end < len(body) && !delimits(body[end]) {
		end++
	}
	if end == at {
		return 0, &Error{at, "a value is missing"}
	}
	return end, nil
}

func delimits(c byte) bool {
	switch c {
	case ',', ']', '}', '[', '{', ':', '"', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// brackets finds the bracket that closes the one at i. Open ones are kept as bits,
// one for a brace.
func brackets(b []byte, i, most int) (end int, err *Error) {
	var stack [outlineWords]uint64
	depth := 0
	most = min(most, 64*len(stack))
	for i < len(b) {
		switch c := b[i]; c {
		case '"':
			if i, err = quotes(b, i); err != nil {
				return 0, err
			}
			continue
		case '{', '[':
			if depth == most {
				return 0, &Error{i, "nested deeper than " + strconv.Itoa(most)}
			}
			bit := uint64(1) << (depth & 63)
			if stack[depth>>6] &^= bit; c == '{' {
				stack[depth>>6] |= bit
			}
			depth++
		case '}', ']':
			depth--
			if brace := stack[depth>>6]>>(depth&63)&1 == 1; brace != (c == '}') {
				return 0, &Error{i, "brackets do not match"}
			}
			if depth == 0 {
				return i + 1, nil
			}
		}
		i++
	}
	return 0, &Error{i, "the body breaks off inside a bracket"}
}

// quotes finds the end of the string that begins at i.
func quotes(b []byte, i int) (end int, err *Error) {
	for j := i + 1; ; j++ {
		k := bytes.IndexByte(b[j:], '"')
		if k < 0 {
			return 0, &Error{len(b), "the body breaks off inside the string that starts at byte " + strconv.Itoa(i)}
		}
		j += k
		slashes := 0
		for b[j-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return j + 1, nil
		}
	}
}
