package view

import (
	"context"
	"strings"
	"unicode/utf8"

	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/fold"
	"credithub/schema/personal"
	"credithub/schema/uscc"
)

// MaxText bounds the text of a search, in bytes.
const MaxText = 300

// Personal tells whether a text holds what looks like a citizen's identity
// number, a number to call or an address. Such text is never looked up, echoed or
// logged.
func Personal(text string) bool {
	var f personal.Finder
	contacts, id := f.Look(nil, []byte(text), personal.Free)
	return id || len(contacts) > 0 || f.FindID([]byte(uscc.Fold(text)))
}

// Match is a search result and why it is one.
type Match struct {
	*Entity
	Former string // the former name that matched; "" when code or name did
}

// Search finds enterprises by code, by the beginning of a name or former name,
// or, when no name begins so, by a part of it; ordered by name and code. Text
// that looks like an identity number finds nothing.
func (w *Viewer) Search(ctx context.Context, text string, first int, after string) (*Page[Match], error) {
	if err := CheckFirst(first); err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, fault.New(fault.BadInput, "text: empty")
	case len(text) > MaxText:
		return nil, fault.New(fault.BadInput, "text: longer than %d bytes", MaxText)
	}
	keys, err := parseCursor(after, "search", 3)
	if err != nil {
		return nil, err
	}
	if code := uscc.Fold(text); uscc.Check([]byte(code)).Valid() {
		return w.searchCode(ctx, code, keys)
	}
	folded := fold.Name(text)
	if Personal(text) || folded == "" {
		return emptyPage(), nil
	}
	q := &store.Names{Text: folded}
	if keys != nil {
		q.AfterName, q.AfterUSCC = keys[0], keys[1]
		if keys[2] == "c" {
			q.Match = store.Contains
		}
		return w.searchName(ctx, q, first, true)
	}
	p, err := w.searchName(ctx, q, first, false)
	if err == nil && len(p.Items) == 0 && utf8.RuneCountInString(folded) >= 2 {
		return w.searchName(ctx, &store.Names{Text: folded, Match: store.Contains}, first, false)
	}
	return p, err
}

func emptyPage() *Page[Match] {
	return &Page[Match]{Total: func(context.Context) (int, error) { return 0, nil }}
}

func (w *Viewer) searchCode(ctx context.Context, code string, keys []string) (*Page[Match], error) {
	p := emptyPage()
	if keys != nil { // behind the only one
		p.HasPrevious = true
		p.Total = func(context.Context) (int, error) { return 1, nil }
		return p, nil
	}
	e, err := w.Entity(ctx, code, When{})
	if err != nil || e == nil {
		return p, err
	}
	p.Items, p.Cursors = []Match{{Entity: e}}, []string{cursor("search", "", code, "u")}
	p.Total = func(context.Context) (int, error) { return 1, nil }
	return p, nil
}

// Limits of one search: candidates that turn out not to bear the name any more
// are replaced by reading on, but not for ever.
const (
	candidatesUpTo = 5000
	exactCountUpTo = 1000
)

func (w *Viewer) searchName(ctx context.Context, q *store.Names, first int, more bool) (*Page[Match], error) {
	count := *q
	p := &Page[Match]{HasPrevious: more, Total: func(ctx context.Context) (int, error) { return w.countNames(ctx, count) }}
	q.Limit = first + 5
	for looked := 0; ; {
		got, err := w.views.Store.Names(ctx, q)
		if err != nil {
			return nil, err
		}
		matches, err := w.verify(ctx, q, got)
		if err != nil {
			return nil, err
		}
		for i, m := range matches {
			if m == nil {
				continue
			}
			if len(p.Items) == first {
				p.HasNext = true
				return p, nil
			}
			w.saw(m.USCC)
			p.Items = append(p.Items, *m)
			p.Cursors = append(p.Cursors, cursor("search", got[i].Name, got[i].USCC, [...]string{"b", "c"}[q.Match]))
		}
		if len(got) < q.Limit {
			return p, nil
		}
		if looked += len(got); looked >= candidatesUpTo {
			if len(p.Items) > 0 { // the next page goes on from here
				p.HasNext = true
				return p, nil
			}
			return nil, fault.New(fault.TooComplex, "the first %d names that match are former ones or not yours to see; write more of the name", looked)
		}
		q.AfterName, q.AfterUSCC, q.Limit = got[len(got)-1].Name, got[len(got)-1].USCC, min(2*q.Limit, 1000)
	}
}

// verify looks at the registrations of candidates: nil for one that bears no
// such name, or none that the caller may see.
func (w *Viewer) verify(ctx context.Context, q *store.Names, got []store.Candidate) ([]*Match, error) {
	for _, c := range got {
		w.Want(c.USCC, When{})
	}
	out := make([]*Match, len(got))
	for i, c := range got {
		if w.asked(c.USCC) == nobody {
			continue
		}
		regs, err := of(ctx, w.registrations, at(c.USCC, When{}))
		if err != nil {
			return nil, err
		}
		e := &Entity{USCC: c.USCC, w: w}
		e.register(regs)
		if former, ok := e.bears(q); ok {
			out[i] = &Match{Entity: e, Former: former}
		}
	}
	return out, nil
}

// bears tells whether the enterprise's name or a former name matches.
func (e *Entity) bears(q *store.Names) (former string, ok bool) {
	match := func(name string) bool {
		if q.Match == store.Contains {
			return strings.Contains(fold.Name(name), q.Text)
		}
		return strings.HasPrefix(fold.Name(name), q.Text)
	}
	if !e.Registered() {
		return "", false
	}
	if match(e.reg.Name) {
		return "", true
	}
	for _, f := range e.reg.FormerNames {
		if match(f) {
			return f, true
		}
	}
	return "", false
}

// countNames counts exactly up to exactCountUpTo candidates; above that it gives
// the number of candidates.
func (w *Viewer) countNames(ctx context.Context, q store.Names) (int, error) {
	q.AfterName, q.AfterUSCC, q.Limit = "", "", exactCountUpTo+1
	got, err := w.views.Store.Names(ctx, &q)
	if err != nil {
		return 0, err
	}
	if len(got) > exactCountUpTo {
		return w.views.Store.CountNames(ctx, &store.CountNames{Text: q.Text, Match: q.Match})
	}
	matches, err := w.verify(ctx, &q, got)
	n := 0
	for _, m := range matches {
		if m != nil {
			n++
		}
	}
	return n, err
}
