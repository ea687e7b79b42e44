package graph

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"credithub/query/restrict"
	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// errNotPlanned tells that a request needs Execute after all.
var errNotPlanned = errors.New("not planned")

// run answers a request into x.out. Nothing has been asked or recorded when it
// answers errNotPlanned; otherwise its error is that there is no more time.
func (s *Server) run(ctx context.Context, p *plan, x *exchange) error {
	vars, ok := p.bind(&x.req, x.vars[:0])
	x.vars = vars[:0]
	if !ok {
		return errNotPlanned
	}
	if len(p.roots) > 1 { // all or none
		for i := range p.roots {
			var q question
			if r := &p.roots[i]; r.check && !r.args.question(&q, r.many, vars) {
				return errNotPlanned
			}
		}
	}
	b, errs := append(x.out[:0], `{"data":{`...), x.errs[:0]
	for i := range p.roots {
		r := &p.roots[i]
		if i > 0 {
			b = append(b, ',')
			if err := s.inTime(ctx, x.now); err != nil {
				return err
			}
		}
		b = append(b, r.key...)
		if !r.check {
			b = append(b, `"Query"`...)
			continue
		}
		var fail *refusal
		var err error
		if b, fail, err = s.runRoot(ctx, r, p.asks, x, vars, b); err != nil {
			return err
		}
		if fail != nil {
			s.met.refused.WithLabelValues(code(fail.kind)).Inc()
			b = append(b[:0], `{"data":null,"errors":[`...)
			b = append(r.appendError(b, -1, fail), "]}"...)
			x.out = b
			return nil
		}
		for _, f := range x.reply.faults {
			if len(errs) > 0 {
				errs = append(errs, ',')
			}
			bad := s.refuse(ctx, f.err)
			s.met.refused.WithLabelValues(code(bad.kind)).Inc()
			errs = r.appendError(errs, f.at, bad)
		}
	}
	b = append(b, '}')
	if x.errs = errs; len(errs) > 0 {
		b = append(append(append(b, `,"errors":[`...), errs...), ']')
	}
	x.out = append(b, '}')
	return nil
}

// runRoot answers one check or checks, of as many as share what a request may have.
// What comes after an answer that is too large is asked and not written.
func (s *Server) runRoot(ctx context.Context, r *planRoot, asks int, x *exchange, vars []bound, b []byte) ([]byte, *refusal, error) {
	q, rep := &x.question, &x.reply
	x.settle()
	*q, *rep = question{codes: q.codes[:0], faults: q.faults[:0], first: q.first[:0], slots: q.slots, peer: x.peer, asks: asks}, reply{}
	if !r.args.question(q, r.many, vars) {
		return b, nil, errNotPlanned
	}
	var err error
	x.many, x.facts, err = s.ask(ctx, x.principal, q, x.now, rep, x.many[:0], x.facts[:0])
	if err != nil {
		return b, s.refuse(ctx, err), nil
	}
	if r.many {
		b = append(b, '[')
	}
	for i := range rep.decisions {
		if len(b) > s.limits.AnswerBytes {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		if rep.decisions[i].Outcome == restrict.NoOutcome { // its fault is told apart
			b = append(b, "null"...)
			continue
		}
		b = s.writeCheck(b, r.sub, rep, i, q.codes[i])
	}
	if r.many {
		b = append(b, ']')
	}
	return b, nil, nil
}

func (s *Server) writeCheck(b []byte, sel selection, rep *reply, i int, uscc string) []byte {
	d := &rep.decisions[i]
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opTypename:
		case opCheckID:
			b = append(rep.appendID(append(b, '"'), i), '"')
		case opCheckOutcome:
			b = appendQuoted(b, d.Outcome.String())
		case opCheckObligation:
			b = appendQuoted(b, d.Obligation.String())
		case opCheckUSCC:
			b = appendString(b, uscc)
		case opCheckMatter:
			b = writeMatter(b, st.sub, rep.matter)
		case opCheckHits:
			b = append(b, '[')
			for h := range d.Hits {
				if len(b) > s.limits.AnswerBytes {
					break
				}
				if h > 0 {
					b = append(b, ',')
				}
				b = s.writeHit(b, st.sub, &d.Hits[h], civil.DateOf(d.At))
			}
			b = append(b, ']')
		case opCheckStale:
			b = s.writeSources(b, st.sub, d.Stale, d.At, true)
		case opCheckUnconnected:
			b = s.writeSources(b, st.sub, d.Unconnected, d.At, false)
		case opCheckAsOf:
			b = appendTime(b, d.At)
		case opCheckReceipt:
			b = appendString(b, d.Receipt)
		}
		return b
	})
}

func (s *Server) writeHit(b []byte, sel selection, h *restrict.Hit, day civil.Date) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opHitEntry:
			if h.Evidence != nil {
				b = append(b, "null"...)
			} else {
				b = s.writeEntry(b, st.sub, &h.Entry, day)
			}
		case opHitEvidence:
			if h.Evidence == nil {
				b = append(b, "null"...)
			} else {
				b = s.writeEvidence(b, st.sub, h.Evidence)
			}
		case opHitMeasure:
			b = writeMeasure(b, st.sub, h.Measure)
		case opHitObligation:
			b = appendQuoted(b, h.Obligation.String())
		case opHitCitation:
			b = appendString(b, h.Citation)
		case opHitRole:
			b = appendQuoted(b, h.Role.String())
		case opHitProven:
			b = appendBool(b, h.Proven)
		}
		return b
	})
}

func (s *Server) writeEvidence(b []byte, sel selection, e *restrict.Evidence) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opEvidenceCode:
			b = appendString(b, e.Fact.Code)
		case opEvidenceReason:
			b = appendString(b, e.Fact.NameZh)
		case opEvidenceReasonEn:
			b = appendString(b, e.Fact.NameEn)
		case opEvidenceSince:
			b = appendDate(b, e.Since)
		case opEvidenceUntil:
			b = appendDate(b, e.Until)
		case opEvidenceRecord:
			b = s.writeRecord(b, st.sub, e)
		}
		return b
	})
}

// writeRecord writes what the index knows of a record; whoever asks for more gets
// it from Execute.
func (s *Server) writeRecord(b []byte, sel selection, e *restrict.Evidence) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opRecordID:
			b = appendString(b, e.Unit+"/"+e.Fact.Domain.String()+"/"+e.RecordID)
		case opRecordDomain:
			b = appendString(b, e.Fact.Domain.String())
		case opRecordKind:
			b = appendString(b, e.Fact.Kind)
		case opRecordUnit:
			b = s.writeUnit(b, st.sub, e.Unit)
		case opRecordVersion:
			b = strconv.AppendUint(b, uint64(min(e.Version, math.MaxInt32)), 10)
		case opRecordOp:
			b = appendQuoted(b, record.Upsert.String())
		}
		return b
	})
}

func (s *Server) writeEntry(b []byte, sel selection, entry *list.Entry, day civil.Date) []byte {
	e := view.OnDay(*entry, day)
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opEntryID:
			b = appendString(b, e.ID)
		case opEntryList:
			b = s.writeList(b, st.sub, e.List)
		case opEntryUSCC:
			b = appendString(b, e.USCC)
		case opEntryState:
			b = appendQuoted(b, e.State.String())
		case opEntryCause:
			b = appendString(b, e.Cause)
		case opEntryDocumentNo:
			b = appendString(b, e.DocumentNo)
		case opEntryDecidedBy:
			b = s.writeUnit(b, st.sub, e.DecidedBy)
		case opEntryDecidedOn:
			b = appendDate(b, decidedOn(&e))
		case opEntryServedOn:
			b = appendDate(b, e.ServedOn)
		case opEntrySince:
			b = appendDate(b, e.Since)
		case opEntryUntil:
			b = appendDate(b, e.Until)
		case opEntryAnnotated:
			b = appendBool(b, e.Annotated)
		case opEntryExitType:
			if e.ExitType == list.NoExit {
				b = append(b, "null"...)
			} else {
				b = appendQuoted(b, e.ExitType.String())
			}
		case opEntryExitedOn:
			b = appendDate(b, e.ExitedOn)
		case opEntryEffective:
			b = appendBool(b, !s.policy.NoEffect(&e.Entry))
		case opEntryNoEffectZh:
			b = appendOrNull(b, s.policy.NoEffectWhy(&e.Entry).Zh)
		case opEntryNoEffectEn:
			b = appendOrNull(b, s.policy.NoEffectWhy(&e.Entry).En)
		case opEntryWayOutZh:
			b = appendString(b, wayOutZh(s.policy.WayOut(&e.Entry)))
		case opEntryWayOutEn:
			b = appendString(b, s.policy.WayOut(&e.Entry).En)
		}
		return b
	})
}

// appendOrNull writes null for an empty text.
func appendOrNull(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendString(b, s)
}

func (s *Server) writeList(b []byte, sel selection, c list.Code) []byte {
	l := s.listOf(c)
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opListCode:
			return appendQuoted(b, c.String())
		case opListNameZh:
			return appendString(b, l.NameZh)
		case opListNameEn:
			return appendString(b, l.NameEn)
		case opListSerious:
			return appendBool(b, l.Serious)
		}
		return b
	})
}

func writeMeasure(b []byte, sel selection, m *policy.Measure) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opMeasureCode:
			return appendString(b, m.Code)
		case opMeasureNameZh:
			return appendString(b, m.NameZh)
		case opMeasureNameEn:
			return appendString(b, m.NameEn)
		case opMeasureKind:
			return appendString(b, m.Kind)
		case opMeasureCitation:
			return appendString(b, m.Citation)
		case opMeasureDepartment:
			return appendString(b, m.Department)
		}
		return b
	})
}

func writeMatter(b []byte, sel selection, m *policy.Matter) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opMatterCode:
			return appendString(b, m.Code)
		case opMatterNameZh:
			return appendString(b, m.NameZh)
		case opMatterNameEn:
			return appendString(b, m.NameEn)
		case opMatterDepartment:
			return appendString(b, m.Department)
		}
		return b
	})
}

func (s *Server) writeUnit(b []byte, sel selection, unit string) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opUnitCode:
			return appendString(b, unit)
		case opUnitName:
			return appendString(b, s.unitName(unit))
		}
		return b
	})
}

func (s *Server) writeSources(b []byte, sel selection, all []policy.Source, at time.Time, stale bool) []byte {
	b = append(b, '[')
	for i, src := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.writeSource(b, sel, src, at, stale)
	}
	return append(b, ']')
}

func (s *Server) writeSource(b []byte, sel selection, src policy.Source, at time.Time, stale bool) []byte {
	v := sourceValue{Source: src}
	for i := range sel {
		if sel[i].op > opSourceDomain {
			v = s.sourceAt(src, at, stale)
			break
		}
	}
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opSourceUnit:
			b = s.writeUnit(b, st.sub, src.Unit)
		case opSourceDomain:
			b = appendQuoted(b, src.Domain.String())
		case opSourceLast:
			if v.last.IsZero() {
				b = append(b, "null"...)
			} else {
				b = appendTime(b, v.last)
			}
		case opSourceFresh:
			b = strconv.AppendBool(b, v.fresh)
		case opSourceConnected:
			b = strconv.AppendBool(b, v.connected)
		case opSourceSince:
			b = appendDate(b, v.how.Since)
		case opSourceDecidedBy:
			b = appendText(b, v.how.DecidedBy)
		case opSourceDecision:
			b = appendText(b, v.how.Decision)
		}
		return b
	})
}

// appendText writes a text, null when there is none.
func appendText(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendString(b, s)
}

// writeObject writes an object; value writes what belongs to one of its keys.
func writeObject(b []byte, sel selection, value func(b []byte, st *step) []byte) []byte {
	b = append(b, '{')
	for n := range sel {
		st := &sel[n]
		if n > 0 {
			b = append(b, ',')
		}
		b = value(append(b, st.key...), st)
	}
	return append(b, '}')
}

// appendQuoted writes a text that needs no escapes.
func appendQuoted(b []byte, s string) []byte {
	return append(append(append(b, '"'), s...), '"')
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

func appendDate(b []byte, d civil.Date) []byte {
	if d == civil.NoDate {
		return append(b, "null"...)
	}
	return append(d.AppendTo(append(b, '"')), '"')
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(b, '"'), dateTimeLayout), '"')
}
