package gen

import (
	"fmt"

	"credithub/schema/civil"
	"credithub/schema/record"
)

// deciders tells which unit decides on which list, and the organ as its document
// numbers name it. Entries are drawn from these lists with these weights.
var deciders = []struct {
	list, unit, organ string
	weight            int
}{
	{"L01", "SAMR", "市监异列", 40}, {"L02", "SAMR", "市监个异", 6}, {"L03", "SAMR", "市监严列", 8},
	{"L04", "COURT", "执", 14}, {"L05", "COURT", "限高", 6}, {"L06", "TAX", "税重违", 4},
	{"L07", "HRSS", "人社欠薪", 4}, {"L08", "HRSS", "人社保", 1}, {"L09", "MOF", "财采决", 4},
	{"L10", "MEM", "应急列", 2}, {"L11", "NBS", "统严", 1}, {"L12", "MCT", "文旅列", 1},
	{"L13", "MOHURD", "建市黑", 2}, {"L15", "GACC", "关失信", 1}, {"L15B", "GACC", "关严", 1},
	{"L20", "TAX", "税非正", 2}, {"L21", "TAX", "税欠告", 2}, {"L24", "NDRC", "招违", 1}, {"L26", "MOF", "会列", 1},
	{"L14", "NMPA", "药监严", 1}, {"L16", "MPS", "公诈", 1}, {"L17", "SAMR", "知严", 1}, {"L18", "MOT", "交超", 1},
	{"L19", "MCA", "民社严", 1}, {"L22", "BANK", "银逃", 1}, {"L23", "MEE", "环信", 1}, {"L25", "NDRC", "诺失", 1},
	{"L27", "NDMO", "国动", 1}, {"L28", "MIIT", "欠款", 1},
}

var deciderWeights = func() (sum int) {
	for _, d := range deciders {
		sum += d.weight
	}
	return sum
}()

// begins is since when a list exists, of those that are young: nobody was listed
// before.
var begins = map[string]civil.Date{
	"L15B": civil.MakeDate(2026, 4, 1), "L16": civil.MakeDate(2024, 12, 1),
	"L26": civil.MakeDate(2025, 1, 1), "L28": civil.MakeDate(2025, 6, 1),
}

type stage struct {
	event string
	date  civil.Date
	extra func(*fields)
}

// history is how the life of an entry goes.
type history struct {
	state  string
	exit   string
	stages []stage
}

func (g *Generator) entries(s *subject) error {
	n := 1
	if g.rng.IntN(8) == 0 {
		n = 2
	}
	used := map[string]bool{}
	for range n {
		w := g.rng.IntN(deciderWeights)
		for _, d := range deciders {
			if w -= d.weight; w < 0 {
				if !used[d.list] {
					used[d.list] = true
					if err := g.entry(s, d.list, d.unit, d.organ); err != nil {
						return err
					}
				}
				break
			}
		}
	}
	return nil
}

func (g *Generator) entry(s *subject, list, unit, organ string) error {
	id := fmt.Sprintf("E-%s-%s", list, s.code)
	decided := max(g.day(g.cfg.Today-330)-30, begins[list])
	if decided > g.cfg.Today-30 {
		return nil // nobody could be listed yet
	}
	doc := fmt.Sprintf("%s%s〔%d〕%d号", s.division.prefix, organ, decided.Time().Year(), 1+g.rng.IntN(8999))
	h := g.history(decided)
	base := func(st stage) fields {
		var d fields
		d.str("entryId", id)
		d.str("list", list)
		d.str("event", st.event)
		d.str("cause", "1")
		d.str("documentNo", doc)
		d.str("decidedOn", decided.String())
		if st.extra != nil {
			st.extra(&d)
		}
		return d
	}
	separate := g.rng.IntN(3) == 0 // each event a record of its own, or versions of one
	for i, st := range h.stages {
		r := row{unit: unit, domain: record.Decision, kind: "entry", id: id, version: i + 1, code: s.code, on: st.date, data: base(st), entry: id, last: i == len(h.stages)-1}
		if separate {
			r.id, r.version = fmt.Sprintf("%s-%d", id, i+1), 1
		}
		if err := g.push(r, nil); err != nil {
			return err
		}
	}
	g.truth.entry(s.code, EntryTruth{ID: id, List: list, Unit: unit, State: h.state, ExitType: h.exit, DocumentNo: doc})
	return nil
}

func (g *Generator) history(decided civil.Date) history {
	served := decided + 2
	serve := func(d *fields) { d.str("servedOn", served.String()) }
	force := func(d *fields) { serve(d); d.str("effectiveFrom", served.String()) }
	later := min(served+20, g.cfg.Today)
	inForce := stage{"IN_FORCE", served, force}
	switch n := g.rng.IntN(20); {
	case n < 9:
		return history{"IN_FORCE", "", []stage{inForce}}
	case n < 12:
		return history{"IN_FORCE", "", []stage{{"PRE_NOTICE", decided - 10, nil}, {"DECIDED", decided, nil}, {"SERVED", served, serve}, inForce}}
	case n < 15:
		exit := pick(g, []string{"REPAIRED", "CORRECTED", "REVOKED"})
		return history{"EXITED", exit, []stage{inForce, {"EXITED", later, func(d *fields) {
			force(d)
			d.str("exitType", exit)
			d.str("exitDocumentNo", fmt.Sprintf("移出〔%d〕%d号", later.Time().Year(), 1+g.rng.IntN(899)))
		}}}}
	case n < 17:
		return history{"SUSPENDED", "", []stage{inForce, {"SUSPENDED", later, force}}}
	case n < 18:
		return history{"IN_FORCE", "", []stage{inForce, {"SUSPENDED", later - 5, force}, {"RESUMED", later, force}}}
	case n < 19:
		return history{"PRE_NOTICE", "", []stage{{"PRE_NOTICE", decided, nil}}}
	default:
		return history{"DECIDED", "", []stage{{"DECIDED", decided, nil}}}
	}
}
