package fields

import (
	"math"
	"strconv"
	"time"

	"credithub/query/graph/answer"
	"credithub/query/graph/check"
	"credithub/query/restrict"
	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"

	"github.com/graphql-go/graphql/language/ast"
)

// Flatten gives the fields of a selection set on a type with fragments spread out;
// false when only Execute can answer it.
type Flatten func(set *ast.SelectionSet, typ string) ([]*ast.Field, bool)

// Key is the key of a field as it is written: with quotes and a colon.
func Key(f *ast.Field) []byte { return append(answer.AppendString(nil, answer.ResponseKey(f)), ':') }

// Selection is what to write of an object, in the order of the query.
type Selection []step

// step writes one field.
type step struct {
	key []byte // "key":
	op  op
	sub Selection
}

// Compile compiles a selection set on a type.
func Compile(flatten Flatten, set *ast.SelectionSet, typ string) (Selection, bool) {
	fields, ok := flatten(set, typ)
	if !ok {
		return nil, false
	}
	out := make(Selection, 0, len(fields))
	for _, f := range fields {
		st := step{key: Key(f)}
		name := f.Name.Value
		if name == "__typename" {
			st.op = opTypename
			st.key = append(append(st.key, '"'), typ...)
			st.key = append(st.key, '"')
			out = append(out, st)
			continue
		}
		w, ok := writers[typ+"."+name]
		if !ok || len(f.Arguments) > 0 {
			return nil, false
		}
		st.op = w.op
		if w.typ != "" {
			if st.sub, ok = Compile(flatten, f.SelectionSet, w.typ); !ok {
				return nil, false
			}
		}
		out = append(out, st)
	}
	return out, true
}

// WriteCheck writes the i-th check of an answer.
func (s *Schema) WriteCheck(b []byte, sel Selection, rep *check.Answer, i int, uscc string) []byte {
	d := &rep.Decisions[i]
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opTypename:
		case opCheckID:
			b = append(rep.AppendID(append(b, '"'), i), '"')
		case opCheckOutcome:
			b = appendQuoted(b, d.Outcome.String())
		case opCheckObligation:
			b = appendQuoted(b, d.Obligation.String())
		case opCheckUSCC:
			b = answer.AppendString(b, uscc)
		case opCheckMatter:
			b = writeMatter(b, st.sub, rep.Matter)
		case opCheckHits:
			b = append(b, '[')
			for h := range d.Hits {
				if len(b) > s.Limits.AnswerBytes {
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
			b = answer.AppendString(b, d.Receipt)
		}
		return b
	})
}

func (s *Schema) writeHit(b []byte, sel Selection, h *restrict.Hit, day civil.Date) []byte {
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
			b = answer.AppendString(b, h.Citation)
		case opHitRole:
			b = appendQuoted(b, h.Role.String())
		case opHitProven:
			b = appendBool(b, h.Proven)
		}
		return b
	})
}

func (s *Schema) writeEvidence(b []byte, sel Selection, e *restrict.Evidence) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opEvidenceCode:
			b = answer.AppendString(b, e.Fact.Code)
		case opEvidenceReason:
			b = answer.AppendString(b, e.Fact.NameZh)
		case opEvidenceReasonEn:
			b = answer.AppendString(b, e.Fact.NameEn)
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
func (s *Schema) writeRecord(b []byte, sel Selection, e *restrict.Evidence) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opRecordID:
			b = answer.AppendString(b, e.Unit+"/"+e.Fact.Domain.String()+"/"+e.RecordID)
		case opRecordDomain:
			b = answer.AppendString(b, e.Fact.Domain.String())
		case opRecordKind:
			b = answer.AppendString(b, e.Fact.Kind)
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

func (s *Schema) writeEntry(b []byte, sel Selection, entry *list.Entry, day civil.Date) []byte {
	e := view.OnDay(*entry, day)
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opEntryID:
			b = answer.AppendString(b, e.ID)
		case opEntryList:
			b = s.writeList(b, st.sub, e.List)
		case opEntryUSCC:
			b = answer.AppendString(b, e.USCC)
		case opEntryState:
			b = appendQuoted(b, e.State.String())
		case opEntryCause:
			b = answer.AppendString(b, e.Cause)
		case opEntryDocumentNo:
			b = answer.AppendString(b, e.DocumentNo)
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
			b = appendBool(b, !s.Policy.NoEffect(&e.Entry))
		case opEntryNoEffectZh:
			b = appendOrNull(b, s.Policy.NoEffectWhy(&e.Entry).Zh)
		case opEntryNoEffectEn:
			b = appendOrNull(b, s.Policy.NoEffectWhy(&e.Entry).En)
		case opEntryWayOutZh:
			b = answer.AppendString(b, wayOutZh(s.Policy.WayOut(&e.Entry)))
		case opEntryWayOutEn:
			b = answer.AppendString(b, s.Policy.WayOut(&e.Entry).En)
		}
		return b
	})
}

// appendOrNull writes null for an empty text.
func appendOrNull(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return answer.AppendString(b, s)
}

func (s *Schema) writeList(b []byte, sel Selection, c list.Code) []byte {
	l := s.listOf(c)
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opListCode:
			return appendQuoted(b, c.String())
		case opListNameZh:
			return answer.AppendString(b, l.NameZh)
		case opListNameEn:
			return answer.AppendString(b, l.NameEn)
		case opListSerious:
			return appendBool(b, l.Serious)
		}
		return b
	})
}

func writeMeasure(b []byte, sel Selection, m *policy.Measure) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opMeasureCode:
			return answer.AppendString(b, m.Code)
		case opMeasureNameZh:
			return answer.AppendString(b, m.NameZh)
		case opMeasureNameEn:
			return answer.AppendString(b, m.NameEn)
		case opMeasureKind:
			return answer.AppendString(b, m.Kind)
		case opMeasureCitation:
			return answer.AppendString(b, m.Citation)
		case opMeasureDepartment:
			return answer.AppendString(b, m.Department)
		}
		return b
	})
}

func writeMatter(b []byte, sel Selection, m *policy.Matter) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opMatterCode:
			return answer.AppendString(b, m.Code)
		case opMatterNameZh:
			return answer.AppendString(b, m.NameZh)
		case opMatterNameEn:
			return answer.AppendString(b, m.NameEn)
		case opMatterDepartment:
			return answer.AppendString(b, m.Department)
		}
		return b
	})
}

func (s *Schema) writeUnit(b []byte, sel Selection, unit string) []byte {
	return writeObject(b, sel, func(b []byte, st *step) []byte {
		switch st.op {
		case opUnitCode:
			return answer.AppendString(b, unit)
		case opUnitName:
			return answer.AppendString(b, s.unitName(unit))
		}
		return b
	})
}

func (s *Schema) writeSources(b []byte, sel Selection, all []policy.Source, at time.Time, stale bool) []byte {
	b = append(b, '[')
	for i, src := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.writeSource(b, sel, src, at, stale)
	}
	return append(b, ']')
}

func (s *Schema) writeSource(b []byte, sel Selection, src policy.Source, at time.Time, stale bool) []byte {
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
	return answer.AppendString(b, s)
}

// writeObject writes an object; value writes what belongs to one of its keys.
func writeObject(b []byte, sel Selection, value func(b []byte, st *step) []byte) []byte {
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
