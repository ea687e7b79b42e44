package graph

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/graphql-go/graphql/language/ast"
)

// shape is the order of an answer: the fields of an object as the query names
// them. graphql-go answers in maps, whose order is lost.
type shape struct{ fields []shapeField }

type shapeField struct {
	key  string // response key
	name string // of the field
	sub  *shape // nil for leaves
}

// shapeOf merges selection sets: a key stands where it comes first. Types need
// no look, because all of the schema's types are concrete; keys that a directive
// skips are missing from the answer.
func shapeOf(sets []*ast.SelectionSet, frags map[string]*ast.FragmentDefinition) *shape {
	sh := &shape{}
	subs := [][]*ast.SelectionSet{}
	var collect func(*ast.SelectionSet)
	collect = func(set *ast.SelectionSet) {
		for _, s := range set.Selections {
			switch s := s.(type) {
			case *ast.Field:
				key := responseKey(s)
				i := sh.find(key)
				if i < 0 {
					i = len(sh.fields)
					sh.fields = append(sh.fields, shapeField{key: key, name: s.Name.Value})
					subs = append(subs, nil)
				}
				if s.SelectionSet != nil {
					subs[i] = append(subs[i], s.SelectionSet)
				}
			case *ast.InlineFragment:
				collect(s.SelectionSet)
			case *ast.FragmentSpread:
				if f := frags[s.Name.Value]; f != nil {
					collect(f.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		collect(set)
	}
	for i, s := range subs {
		if s != nil {
			sh.fields[i].sub = shapeOf(s, frags)
		}
	}
	return sh
}

func (s *shape) find(key string) int {
	for i := range s.fields {
		if s.fields[i].key == key {
			return i
		}
	}
	return -1
}

func responseKey(f *ast.Field) string {
	if f.Alias != nil {
		return f.Alias.Value
	}
	return f.Name.Value
}

// appendValue writes a value that Execute made, in the order of the shape.
func appendValue(b []byte, v any, sh *shape) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case json.RawMessage:
		return append(b, v...)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, e, sh)
		}
		return append(b, ']')
	case map[string]any:
		return appendObject(b, v, sh)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, raw...)
}

func appendObject(b []byte, m map[string]any, sh *shape) []byte {
	b = append(b, '{')
	first := true
	for i := range sh.fields {
		f := &sh.fields[i]
		v, ok := m[f.key]
		if !ok {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, f.key)
		b = append(b, ':')
		b = appendValue(b, v, f.sub)
	}
	return append(b, '}')
}

const hexDigits = "0123456789abcdef"

// plainByte tells which bytes stand for themselves in a JSON string.
var plainByte = func() (t [256]bool) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return
}()

// appendString writes a JSON string. Broken UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plainByte[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[from:i]...), `\ufffd`...)
				from = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}
