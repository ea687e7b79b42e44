package policy

import (
	"slices"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// Kinds of notices.
const (
	EntryInForce   = "ENTRY_IN_FORCE"  // 生效
	EntrySuspended = "ENTRY_SUSPENDED" // 中止
	EntryResumed   = "ENTRY_RESUMED"   // 恢复
	EntryExited    = "ENTRY_EXITED"    // 移出
	EntryChanged   = "ENTRY_CHANGED"   // 变更
)

var noticeKinds = []string{EntryInForce, EntrySuspended, EntryResumed, EntryExited, EntryChanged}

// Notice is a kind of notice and the time that units have for it.
type Notice struct {
	Kind           string
	NameZh, NameEn string
	WorkingDays    int
	Basis          []Citation
}

// Work is what a change of an entry leaves units to work off.
type Work struct {
	Notice      *Notice
	On          civil.Date // when the change takes effect; may lie ahead
	DueOn       civil.Date
	Provisional bool       // DueOn lies in a year whose days off are not announced yet
	Measures    []*Measure // to apply, to look at again or to lift, in table order
}

// stage is how far an entry has come for those who apply measures.
type stage uint8

const (
	apart stage = iota // not known, or not in force yet
	binding
	paused
	ended
)

// stageOf tells the stage on a day, and since when or from when on it is that. What
// is decided to take effect on a day ahead counts as what it will be.
func stageOf(e *list.Entry, day civil.Date) (stage, civil.Date) {
	switch state, _ := e.At(day); {
	case e.State < list.InForce:
		return apart, civil.NoDate
	case e.State == list.Exited || e.ExitedOn != civil.NoDate:
		return ended, e.ExitedOn
	case state == list.Exited:
		return ended, e.Until + 1
	case state == list.Suspended:
		return paused, civil.NoDate
	}
	return binding, e.Since
}

// Work tells what the change of an entry that the hub learned on a day leaves to do;
// false when nothing is. An entry without a state is none.
func (p *Policy) Work(before, now *list.Entry, day civil.Date) (w Work, ok bool) {
	was, _ := stageOf(before, day)
	is, on := stageOf(now, day)
	kind := EntryChanged
	switch {
	case was == apart && is != binding && is != paused:
		return w, false
	case was == ended && is != binding && is != paused:
		if is == ended && before.ExitType == now.ExitType {
			return w, false // lifted already, and for the same reason
		}
	case is == apart || is == ended:
		kind = EntryExited
	case is == paused && was != paused:
		kind = EntrySuspended
	case is == binding && was == paused:
		kind = EntryResumed
	case is == binding && was != binding:
		kind = EntryInForce
	}
	w.Notice, w.On = p.notice(kind), day
	if on != civil.NoDate && (kind == EntryInForce || kind == EntryExited) {
		w.On = on
	}
	from := max(day, w.On)
	w.DueOn, w.Provisional = p.Calendar.AddWorkingDays(from, w.Notice.WorkingDays)
	w.Measures = p.touched(before, now, kind, from)
	return w, true
}

func (p *Policy) notice(kind string) *Notice {
	for _, n := range p.Notices {
		if n.Kind == kind {
			return n
		}
	}
	return nil
}

// touched are the measures that a change bears on: those of the entry while it is in
// force, as it was and as it is. Bars that outlive an exit are not to be lifted.
func (p *Policy) touched(before, now *list.Entry, kind string, day civil.Date) (out []*Measure) {
	old, was := inForce(before, day)
	cur, is := inForce(now, day)
	for _, m := range p.Measures {
		rests := func(code string) bool {
			x := p.Matter(code)
			switch kind {
			case EntryExited:
				return was && p.restsOn(m, x, &old, max(day, old.Since)) && !p.restsOn(m, x, now, day)
			case EntryChanged:
				return was && p.restsOn(m, x, &old, max(day, old.Since)) || is && p.restsOn(m, x, &cur, max(day, cur.Since))
			}
			return is && p.restsOn(m, x, &cur, max(day, cur.Since))
		}
		if slices.ContainsFunc(m.Matters, rests) {
			out = append(out, m)
		}
	}
	return out
}

// inForce is an entry as if it were in force, without an end; false for one that
// never was.
func inForce(e *list.Entry, day civil.Date) (list.Entry, bool) {
	if s, _ := stageOf(e, day); s == apart {
		return list.Entry{Since: civil.NoDate}, false
	}
	x := *e
	x.State, x.Until, x.ExitType, x.ExitedOn = list.InForce, civil.NoDate, list.NoExit, civil.NoDate
	return x, true
}

type noticesFile struct {
	Version *string
	Notices []noticeRow
}

type noticeRow struct {
	at string // file and line

	Kind        string
	NameZh      string `yaml:"nameZh"`
	NameEn      string `yaml:"nameEn"`
	WorkingDays int    `yaml:"workingDays"`
	Basis       []basisRow
}

func (b *builder) buildNotices(rows []noticeRow) {
	for i := range rows {
		r := &rows[i]
		where := at(r.at) + "notice " + r.Kind
		b.names(where, r.NameZh, r.NameEn)
		n := &Notice{Kind: r.Kind, NameZh: r.NameZh, NameEn: r.NameEn, WorkingDays: r.WorkingDays, Basis: b.citations(where, r.Basis)}
		switch {
		case !slices.Contains(noticeKinds, r.Kind):
			b.fail(where, "is none of the kinds %v", noticeKinds)
		case b.notice(r.Kind) != nil:
			b.fail(where, "kind is taken")
		case r.WorkingDays < 1 || r.WorkingDays > 250:
			b.fail(where, "%d working days, want 1 … 250", r.WorkingDays)
		case len(n.Basis) == 0:
			b.fail(where, "no basis")
		}
		b.Notices = append(b.Notices, n)
	}
	for _, k := range noticeKinds {
		if b.notice(k) == nil {
			b.fail("notices", "no row of %s", k)
		}
	}
}
