package record

import (
	"credithub/schema/civil"
	"strconv"
	"time"
)

// AppendEnvelope appends the canonical envelope of a row that is not rejected:
// the value of its Kafka message. Decoding it with Kafka gives an equal row.
func AppendEnvelope(dst []byte, row *Row, unit string) []byte {
	dst = append(dst, '{')
	if unit != "" {
		dst = append(dst, `"unit":`...)
		dst = append(appendQuoted(dst, []byte(unit)), ',')
	}
	dst = append(dst, `"domain":"`...)
	dst = append(dst, row.Domain.String()...)
	dst = append(dst, `","kind":"`...)
	dst = append(dst, row.Kind...)
	dst = append(dst, `","recordId":`...)
	dst = appendQuoted(dst, row.RecordID)
	if row.Version > 0 {
		dst = append(dst, `,"version":`...)
		dst = strconv.AppendUint(dst, uint64(row.Version), 10)
	}
	dst = append(dst, `,"op":"`...)
	dst = append(append(dst, row.Op.String()...), '"')
	if len(row.USCC) > 0 {
		dst = append(dst, `,"uscc":"`...)
		dst = append(append(dst, row.USCC...), '"')
	}
	if row.OccurredOn != civil.NoDate {
		dst = append(dst, `,"occurredOn":"`...)
		dst = append(row.OccurredOn.AppendTo(dst), '"')
	}
	if len(row.Data) > 0 {
		dst = append(append(dst, `,"data":`...), row.Data...)
	}
	return append(dst, '}')
}

// AppendHeartbeat appends the message by which a unit tells that a domain has
// nothing new. One that the unit signs itself names its time, so that to repeat it
// later proves nothing; the zero time is left out.
func AppendHeartbeat(dst []byte, d Domain, unit string, at time.Time) []byte {
	dst = append(dst, `{"unit":`...)
	dst = appendQuoted(dst, []byte(unit))
	dst = append(dst, `,"domain":"`...)
	dst = append(dst, d.String()...)
	dst = append(dst, `","op":"heartbeat"`...)
	if !at.IsZero() {
		dst = append(dst, `,"at":"`...)
		dst = append(at.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00"), '"')
	}
	return append(dst, '}')
}
