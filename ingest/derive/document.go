package derive

import (
	"cmp"
	"slices"

	"credithub/schema/fold"
	"credithub/schema/list"
)

// A decision is one document about one party on one list, whatever number a unit
// gives its entry and whichever unit tells of it. Entries that tell of one document
// stand in a ring (docs, entry.next) and are folded together; the entry of the
// smallest unit and number speaks for all, so that neither state nor name hang on
// the order of arrival.

// documentOf is the identity of the document that an entry is about.
func (d *Decisions) documentOf(e *entry) ID {
	var about list.Facts
	if ev, rest := first(e.events); len(rest) == 0 && len(e.events) > 0 {
		about = ev.record(e).Facts
	} else if x, ok := d.fold(e); ok {
		about = list.Facts{List: x.List, USCC: x.USCC, DocumentNo: x.DocumentNo}
	}
	return d.document(&about)
}

func (d *Decisions) document(about *list.Facts) ID {
	no := fold.Document(about.DocumentNo)
	if no == "" || about.USCC == "" {
		return ID{}
	}
	id := d.ids.ID(about.USCC+about.List.String(), []byte(no))
	id.key = max(id.key, 1)
	return id
}

func first(b []byte) (ev event, rest []byte) {
	if len(b) == 0 {
		return ev, nil
	}
	return cut(b)
}

// members are the entries that tell of the document of an entry; itself alone
// without a document.
func (d *Decisions) members(n uint32) []uint32 {
	doc := d.entries[n].doc
	if doc == (ID{}) {
		return []uint32{n}
	}
	return d.tellers(doc)
}

// tellers are the entries that tell of a document.
func (d *Decisions) tellers(doc ID) (out []uint32) {
	p := d.docs.get(doc)
	for p != nil && *p != 0 {
		out = append(out, *p-1)
		p = &d.entries[*p-1].next
	}
	return out
}

// relink puts an entry among those of the document that it is about now.
func (d *Decisions) relink(n uint32) {
	e := &d.entries[n]
	doc := d.documentOf(e)
	if doc == e.doc {
		return
	}
	if e.doc != (ID{}) {
		p := d.docs.get(e.doc)
		for *p != n+1 {
			p = &d.entries[*p-1].next
		}
		*p = e.next
	}
	e.doc, e.next = doc, 0
	if doc != (ID{}) {
		if p := d.docs.get(doc); p != nil {
			e.next = *p
		}
		d.docs.put(doc, n+1)
	}
}

// shown is what readers know of entries that tell of one document; ok is false when
// it is nothing.
type shown struct {
	list.Entry
	ok bool
}

func (d *Decisions) show(members []uint32) shown {
	d.scratch = d.scratch[:0]
	var tellers []*entry
	for _, n := range members {
		e := &d.entries[n]
		if len(e.events) == 0 {
			continue
		}
		tellers = append(tellers, e)
		for ev := range events(e.events) {
			d.scratch = append(d.scratch, ev.record(e))
		}
	}
	x, ok := list.Fold(d.scratch, d.law)
	if !ok {
		return shown{}
	}
	if len(tellers) > 1 {
		slices.SortFunc(tellers, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.id, b.id)) })
		for _, e := range tellers {
			x.Tellers = x.Tellers.Add(e.unit, e.id)
		}
	}
	if len(tellers) > 0 {
		x.ID, x.DecidedBy = tellers[0].id, tellers[0].unit
	}
	return shown{x, true}
}

// edit takes the event of a record out of the entries touched, puts r into the last
// of them unless it is nil, and notes what that changes for readers: first what is
// new, then what is gone, so that nothing is ever nowhere.
func (d *Decisions) edit(touched []uint32, recordID string, r *list.EventRecord, tell bool) {
	var before, after []shown
	var seen, done []uint32
	note := func(members []uint32) {
		members = slices.DeleteFunc(members, func(n uint32) bool { return slices.Contains(seen, n) })
		if tell && len(members) > 0 {
			before = append(before, d.show(members))
			seen = append(seen, members...)
		}
	}
	for _, n := range touched {
		note(d.members(n))
	}
	for i, n := range touched {
		e := &d.entries[n]
		in := r
		if i < len(touched)-1 {
			in = nil
		}
		e.events = replaceEvent(e.events, recordID, in)
		d.relink(n)
	}
	if !tell {
		return
	}
	for _, n := range touched {
		note(d.members(n)) // others of the document that it has joined
	}
	for _, n := range seen {
		if slices.Contains(done, n) {
			continue
		}
		members := d.members(n)
		after = append(after, d.show(members))
		done = append(done, members...)
	}
	d.compare(before, after)
}

func (d *Decisions) compare(before, after []shown) {
	order := func(a, b shown) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(before, order)
	slices.SortFunc(after, order)
	in := func(all []shown, id string) *shown {
		for i := range all {
			if all[i].ok && all[i].ID == id {
				return &all[i]
			}
		}
		return nil
	}
	for i := range after {
		a := &after[i]
		b := in(before, a.ID)
		if !a.ok || b != nil && b.Entry == a.Entry {
			continue
		}
		c := Change{ID: a.ID, Ordinal: len(d.changes), Entry: a.Entry, USCC: a.USCC}
		if b != nil && b.USCC != a.USCC {
			c.Was = b.USCC
		}
		if b == nil {
			b = sameDocument(before, &a.Entry)
		}
		if b != nil {
			c.Before = b.Entry
		}
		d.changes = append(d.changes, c)
	}
	for i := range before {
		if b := &before[i]; b.ok && in(after, b.ID) == nil {
			c := Change{ID: b.ID, Ordinal: len(d.changes), Gone: true, USCC: b.USCC, Before: b.Entry}
			if a := sameDocument(after, &b.Entry); a != nil {
				c.Successor = a.ID
			}
			d.changes = append(d.changes, c)
		}
	}
}

// sameDocument is the one of all that tells of the document of an entry.
func sameDocument(all []shown, e *list.Entry) *shown {
	no := fold.Document(e.DocumentNo)
	for i := range all {
		if o := &all[i]; o.ok && no != "" && o.List == e.List && o.USCC == e.USCC && fold.Document(o.DocumentNo) == no {
			return o
		}
	}
	return nil
}
