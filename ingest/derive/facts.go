package derive

import (
	"slices"

	"credithub/schema/feed"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Facts knows which records of a domain are facts, and the place of every record
// that stands in a series, by the current version of each record only. What it
// knows depends on which versions it saw, not on their order.
type Facts struct {
	domain string
	codes  *Codes
	rows   table[factRow]
	heads  table[ID] // first record of a subject's series
}

// factRow is the current version of a record that is a fact or stands in a series.
type factRow struct {
	next     ID // next of the subject's records in series; key 0: none
	subject  Subject
	group    uint32 // of its series; 0: none
	place    int32
	fact     bool
	standing bool
}

// NewFacts makes an empty state for a domain.
func NewFacts(d record.Domain, codes *Codes) *Facts { return &Facts{domain: d.String(), codes: codes} }

// Apply notes a version that was judged, with what it says, and adds the news
// unless they are nil.
func (x *Facts) Apply(v Verdict, id ID, h Held, op record.Op, unit string, recordID []byte, r *policy.Reading, news *FactNews) {
	if v.Status != stored.Accepted || !v.Current {
		return
	}
	id.key = max(id.key, 1)
	var was, is factRow
	if p := x.rows.get(id); p != nil {
		was = *p
	}
	if op == record.Upsert && h.Subject != 0 && (len(r.Found) > 0 || r.Series) {
		is = factRow{subject: h.Subject, fact: len(r.Found) > 0, standing: true}
		if r.Series {
			is.group, is.place = r.Group, r.Place
		}
	}
	if !was.standing && !is.standing {
		return
	}
	x.unlink(id, &was)
	x.link(id, &is)
	if news == nil {
		return // everybody knows
	}
	if is.fact {
		news.record(x.codes.String(is.subject), x.told(unit, recordID, h.Version, &is, r))
	}
	if was.fact && (!is.fact || was.subject != is.subject) {
		news.record(x.codes.String(was.subject), x.told(unit, recordID, h.Version, &factRow{}, &policy.Reading{}))
	}
	x.latest(is.subject, is.group, false, news)
	if was.subject != is.subject || was.group != is.group || was.fact && !is.fact {
		x.latest(was.subject, was.group, was.fact, news)
	}
}

// told is a record as the feed tells it.
func (x *Facts) told(unit string, recordID []byte, version uint32, row *factRow, r *policy.Reading) feed.RecordFacts {
	out := feed.RecordFacts{Domain: x.domain, Unit: unit, RecordID: string(recordID), Version: version, Group: row.group, Place: row.place}
	for _, f := range r.Found {
		out.Facts = append(out.Facts, feed.FactState{Code: f.Fact.Code, Since: f.Since.String(), Until: f.Until.String()})
	}
	return out
}

// latest tells the highest place in a subject's group, when it has a fact, or had
// the last one.
func (x *Facts) latest(s Subject, group uint32, had bool, news *FactNews) {
	if s == 0 || group == 0 {
		return
	}
	l, facts, any := feed.Latest{Group: group}, false, false
	for p := x.heads.get(place(s)); p != nil && p.key != 0; {
		row := x.rows.get(*p)
		if row.group == group {
			if !any || row.place > l.Place {
				l.Place = row.place
			}
			facts, any = facts || row.fact, true
		}
		p = &row.next
	}
	switch {
	case facts:
		news.latest(x.codes.String(s), l)
	case had:
		news.latest(x.codes.String(s), feed.Latest{Group: group, Gone: true})
	}
}

// unlink takes a record out of the series of its subject.
func (x *Facts) unlink(id ID, was *factRow) {
	if was.group == 0 {
		return
	}
	head := x.heads.get(place(was.subject))
	for p := head; p != nil && p.key != 0; {
		if *p == id {
			*p = was.next
			return
		}
		p = &x.rows.get(*p).next
	}
}

// link puts a record at the head of the series of its subject, or notes that it is
// none any more.
func (x *Facts) link(id ID, is *factRow) {
	if is.group != 0 {
		if head := x.heads.get(place(is.subject)); head != nil {
			is.next = *head
		}
		x.heads.put(place(is.subject), id)
	}
	x.rows.put(id, *is)
}

// FactNews is what has changed of subjects' facts, the last of each record and
// group.
type FactNews struct {
	all   []feed.SubjectFacts
	place map[string]int // in all, by code
	size  int
}

// All is what to tell.
func (n *FactNews) All() []feed.SubjectFacts { return n.all }

// Size is about how many bytes it takes on the feed.
func (n *FactNews) Size() int { return n.size }

func (n *FactNews) of(code string) *feed.SubjectFacts {
	i, known := n.place[code]
	if !known {
		if n.place == nil {
			n.place = map[string]int{}
		}
		i = len(n.all)
		n.place[code] = i
		n.all = append(n.all, feed.SubjectFacts{USCC: code})
		n.size += 40
	}
	return &n.all[i]
}

func (n *FactNews) record(code string, r feed.RecordFacts) {
	of := n.of(code)
	of.Records = append(slices.DeleteFunc(of.Records, func(o feed.RecordFacts) bool {
		return o.RecordID == r.RecordID && o.Unit == r.Unit && o.Domain == r.Domain
	}), r)
	n.size += 120 + len(r.RecordID) + 80*len(r.Facts)
}

func (n *FactNews) latest(code string, l feed.Latest) {
	of := n.of(code)
	of.Latest = append(slices.DeleteFunc(of.Latest, func(o feed.Latest) bool { return o.Group == l.Group }), l)
	n.size += 50
}

// Merge adds newer news.
func (n *FactNews) Merge(o *FactNews) {
	for i := range o.all {
		s := &o.all[i]
		for _, r := range s.Records {
			n.record(s.USCC, r)
		}
		for _, l := range s.Latest {
			n.latest(s.USCC, l)
		}
	}
}
