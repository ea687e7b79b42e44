package list

import (
	"encoding/json"
	"fmt"
	"strings"

	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/jsontext"
)

// Wire is an Entry as JSON on credit.entries: names instead of numbers, dates as
// YYYY-MM-DD. Members follow from Columns: document_no is documentNo. The texts in
// wireAlways are there always, others when they are not empty.
type Wire Entry

// Wire gives the entry's wire form.
func (e *Entry) Wire() *Wire {
	w := Wire(*e)
	return &w
}

// Entry gives the entry of a wire form.
func (w *Wire) Entry() Entry { return Entry(*w) }

// The order in which readers have always met the members; what is newer than these
// follows in the order of Columns.
var (
	wireAlways = []string{"entry_id", "list", "uscc", "state", "cause", "document_no", "decided_by", "decided_on"}
	wireFirst  = append(wireAlways[:len(wireAlways):len(wireAlways)],
		"served_on", "since", "until", "annotated", "exit_type", "exited_on", "exit_document_no", "persons", "tellers")
)

// member is a field as a member of the object.
type member struct {
	name   string
	always bool
	bare   bool // the text of the value is JSON itself
	get    func(*Entry) string
	set    func(*Entry, string)
}

var members, memberOf = func() (all []member, of map[string]*member) {
	columns := append(column.Pick(Columns, wireFirst...), column.Without(Columns, wireFirst...)...)
	all, of = make([]member, len(columns)), map[string]*member{}
	for i := range columns {
		all[i] = memberFor(&columns[i])
		all[i].always = i < len(wireAlways)
		of[all[i].name] = &all[i]
	}
	return all, of
}()

func memberFor(c *column.Column[Entry]) member {
	switch c.Name {
	case "entry_id":
		return member{name: "id", get: func(e *Entry) string { return e.ID }, set: func(e *Entry, s string) { e.ID = s }}
	case "tellers":
		return member{name: "toldBy", bare: true, get: (*Entry).tellersJSON, set: (*Entry).setTellers}
	}
	m := member{name: camel(c.Name)}
	switch f := c.Field().(type) {
	case column.Field[Entry, string]:
		m.get = func(e *Entry) string { return *f.At(e) }
		m.set = func(e *Entry, s string) { *f.At(e) = s }
	case column.Field[Entry, uint8]:
		m.get = func(e *Entry) string { return column.Name(c.Names, *f.At(e)) }
		m.set = func(e *Entry, s string) { *f.At(e) = column.Value(c.Names, s) }
	case column.Field[Entry, civil.Date]:
		m.get = func(e *Entry) string { return f.At(e).String() }
		m.set = func(e *Entry, s string) { *f.At(e), _ = civil.ParseDate(s) }
	case column.Field[Entry, bool]:
		m.bare = true
		m.get = func(e *Entry) string {
			if *f.At(e) {
				return "true"
			}
			return ""
		}
		m.set = func(e *Entry, s string) { *f.At(e) = s == "true" }
	default:
		panic("list: no JSON for " + c.Name)
	}
	return m
}

// camel is the name of a member for that of a column.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

func (e *Entry) tellersJSON() string {
	if e.Tellers == "" {
		return ""
	}
	b, err := json.Marshal(e.Told())
	if err != nil { // texts only: can't be
		panic("list: tellers: " + err.Error())
	}
	return string(b)
}

func (e *Entry) setTellers(s string) {
	var told []Teller
	_ = json.Unmarshal([]byte(s), &told) // what nobody wrote tells of nobody
	e.Tellers = ""
	for _, t := range told {
		e.Tellers = e.Tellers.Add(t.Unit, t.EntryID)
	}
}

// MarshalJSON writes the object.
func (w *Wire) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 512), '{')
	for i := range members {
		m := &members[i]
		switch v := m.get((*Entry)(w)); {
		case v == "" && !m.always:
		case m.bare:
			b = append(jsontext.AppendKey(b, m.name), v...)
		default:
			b = jsontext.AppendString(jsontext.AppendKey(b, m.name), v)
		}
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads an object that MarshalJSON wrote; unknown names become zero
// values, and members that this version doesn't know are passed over.
func (w *Wire) UnmarshalJSON(text []byte) error {
	*w = Wire(undated)
	err := jsontext.Members(text, func(x jsontext.Member) {
		if m := memberOf[string(x.Name)]; m != nil {
			m.set((*Entry)(w), x.Plain())
		}
	})
	if err != nil {
		return fmt.Errorf("list: entry: %w", err)
	}
	return nil
}
