package jsontext

// Member is one member of an object.
type Member struct {
	Name    []byte // as a text
	Kind    Kind   // of the value
	Value   []byte // as it is written, a string in its quotes
	escaped bool
}

// Text is the text of a string; any other value as it is written.
func (m *Member) Text() []byte {
	if m.Kind != String {
		return m.Value
	}
	s := Scanner{b: m.Value}
	return s.Text(Token{Start: 1, End: int32(len(m.Value) - 1), Kind: String, Escaped: m.escaped})
}

// Plain is Text as a string, "" of null.
func (m *Member) Plain() string {
	if m.Kind == Null {
		return ""
	}
	return string(m.Text())
}

// Members calls f for each member of the object that text is, in order. All that
// it gets are spans of text, but for names that had to be unescaped. The error is an
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
		f(Member{Name: s.Text(key), Kind: value.Kind, Value: s.Whole(value), escaped: value.Escaped})
		more, ok = s.Next(Object)
	}
	if ok {
		s.End()
	}
	return s.Err()
}

// Values gives the members of the object that text is by their names, each as Plain
// has it; the last of a name counts. Errors are those of Members.
func Values(text []byte) (map[string]string, error) {
	all := map[string]string{}
	if err := Members(text, func(m Member) { all[string(m.Name)] = m.Plain() }); err != nil {
		return nil, err
	}
	return all, nil
}

// Texts gives the texts of an array of strings; false when text is anything else.
func Texts(text []byte) (all []string, ok bool) {
	s := NewScanner(text, 1)
	more, ok := s.Open(Array)
	for more && ok {
		t, good := s.Value()
		if !good || t.Kind != String {
			return nil, false
		}
		all = append(all, string(s.Text(t)))
		more, ok = s.Next(Array)
	}
	if !ok || !s.End() {
		return nil, false
	}
	return all, true
}
