package record

import (
	"strconv"
	"time"

	"credithub/schema/civil"
	"credithub/schema/jsontext"
)

// MessageKey is the key of a row's message on the topic of its domain: the code of its
// subject, or the record id where it names none, so that what is said of one subject
// stands in one partition. It is memory of the row.
func (r *Row) MessageKey() []byte {
	if len(r.USCC) > 0 {
		return r.USCC
	}
	return r.RecordID
}

// AppendEnvelope appends the canonical envelope of a row that is not rejected:
// the value of its Kafka message. Decoding it with Kafka gives an equal row.
func AppendEnvelope(dst []byte, row *Row, unit string) []byte {
	dst = append(dst, '{')
	if unit != "" {
		dst = append(jsontext.AppendString(append(dst, `"unit":`...), unit), ',')
	}
	dst = jsontext.AppendPlain(append(dst, `"domain":`...), row.Domain.String())
	dst = jsontext.AppendPlain(append(dst, `,"kind":`...), row.Kind)
	dst = jsontext.AppendString(append(dst, `,"recordId":`...), row.RecordID)
	if row.Version > 0 {
		dst = strconv.AppendUint(append(dst, `,"version":`...), uint64(row.Version), 10)
	}
	dst = jsontext.AppendPlain(append(dst, `,"op":`...), row.Op.String())
	if len(row.USCC) > 0 {
		dst = jsontext.AppendPlain(append(dst, `,"uscc":`...), row.USCC)
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
	dst = jsontext.AppendString(append(dst, `{"unit":`...), unit)
	dst = jsontext.AppendPlain(append(dst, `,"domain":`...), d.String())
	dst = append(dst, `,"op":"heartbeat"`...)
	if !at.IsZero() {
		dst = jsontext.AppendTime(append(dst, `,"at":`...), at.UTC(), "2006-01-02T15:04:05.000Z07:00")
	}
	return append(dst, '}')
}
