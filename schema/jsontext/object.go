package jsontext

// Member is one member of an object as it is written.
type Member struct {
	Name  []byte // the text of the name
	Key   []byte // the name in its quotes
	Kind  Kind   // of the value
	Value []byte // the value, a string in its quotes
}

// Members calls f for each member of the object that text is, in order. All that
// it gets are spans of text, but for a Name that had to be unescaped. The error is an
// *Error: text is no object, or not only one, or its values nest deeper than Deepest.
// f may have seen members by then.
func Members(text []byte, f func(m Member)) error {
	s := NewScanner(text, Deepest)
	more, ok := s.Open(Object)
	for more && ok {
		var key, value Token
		if key, ok = s.Key(); !ok {
			break
		}
		if value, ok = s.Value(); !ok {
			break
		}
		f(Member{Name: s.Text(key), Key: s.Whole(key), Kind: value.Kind, Value: s.Whole(value)})
		more, ok = s.Next(Object)
	}
	if ok {
		s.End()
	}
	return s.Err()
}
