package document

import (
	"credithub/query/graph/refusal"
	"credithub/schema/fault"
)

// scan counts tokens and the depth of brackets in one pass over the text, before
// anything recursive sees it. It is no lexer: what it can't make sense of is
// counted and left to the parser.
func scan(text string, l *refusal.Limits) (name string, err error) {
	tokens, depth := 0, 0
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',':
			i++
			continue
		case c == '#':
			for i < len(text) && text[i] != '\n' && text[i] != '\r' {
				i++
			}
			continue
		case c == '{' || c == '[' || c == '(':
			if depth++; depth > l.Brackets {
				return "brackets", fault.New(fault.TooComplex, "the document is nested deeper than %d brackets", l.Brackets)
			}
			i++
		case c == '}' || c == ']' || c == ')':
			depth--
			i++
		case c == '"':
			i = skipString(text, i)
		case isName(c):
			for i < len(text) && isName(text[i]) {
				i++
			}
		case c == '.' && len(text)-i >= 3 && text[i:i+3] == "...":
			i += 3
		default:
			i++
		}
		if tokens++; tokens > l.Tokens {
			return "tokens", fault.New(fault.TooComplex, "the document has more than %d tokens", l.Tokens)
		}
	}
	return "", nil
}

// isName tells whether a byte can stand in a name or number.
func isName(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// skipString gives the place behind the string or block string at i, or the end
// of the text.
func skipString(s string, i int) int {
	const block = `"""`
	if len(s)-i >= 3 && s[i:i+3] == block {
		for i += 3; i < len(s); i++ {
			switch {
			case s[i] == '\\' && len(s)-i >= 4 && s[i+1:i+4] == block:
				i += 3
			case s[i] == '"' && len(s)-i >= 3 && s[i:i+3] == block:
				return i + 3
			}
		}
		return len(s)
	}
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n', '\r':
			return i
		}
	}
	return len(s)
}
