package fields

import (
	"encoding/json"
	"math"
	"time"

	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/jsontext"
	"credithub/schema/label"
	"credithub/schema/policy"
	"credithub/schema/record"
)

func (s *Schema) recordObject(unit *Object[policy.Unit]) *Object[view.Record] {
	return object("Record",
		leaf("id", "ID!", func(b []byte, r *view.Record) []byte { return jsontext.AppendString(b, r.ID()) }, func(r *view.Record) any { return r.ID() }),
		text("domain", func(r *view.Record) string { return r.Domain }),
		text("kind", func(r *view.Record) string { return r.Kind }),
		child("unit", unit, func(r *view.Record) *policy.Unit { return s.unitOf(r.Unit) }),
		number("version", func(r *view.Record) int { return int(min(r.Version, math.MaxInt32)) }),
		text("op", func(r *view.Record) string { return r.Op.String() }),
		stored(dateOrNull("occurredOn", func(r *view.Record) civil.Date { return r.OccurredOn })),
		stored(instant("recordedAt", func(r *view.Record) time.Time { return r.RecordedAt })),
		slow("data", "JSON", recordData),
		slow("withheld", "[String!]!", recordWithheld),
		text("kindZh", func(r *view.Record) string { return nameZh(label.RecordKind, r.Domain+"/"+r.Kind) }),
		text("kindEn", func(r *view.Record) string { return nameEn(label.RecordKind, r.Domain+"/"+r.Kind) }),
		slow("eventZh", "String", eventOf(nameZh)),
		slow("eventEn", "String", eventOf(nameEn)),
	)
}

func recordData(c *call, r *view.Record) (any, error) {
	r.WantContent()
	return later(func() (any, error) {
		data, _, err := r.Content(c.ctx)
		if data == nil {
			return nil, err
		}
		return json.RawMessage(data), err
	}), nil
}

func recordWithheld(c *call, r *view.Record) (any, error) {
	r.WantContent()
	return later(func() (any, error) {
		data, withheld, err := r.Content(c.ctx)
		if data == nil && len(withheld) > 0 {
			err = nil // which is what the field tells
		}
		return anyOf(withheld), err
	}), nil
}

// eventOf names what a list decision says happened; null for other records, and
// where the caller may not see it.
func eventOf(name func(*label.Group, string) string) func(*call, *view.Record) (any, error) {
	return func(c *call, r *view.Record) (any, error) {
		if r.Domain != record.Decision.String() {
			return nil, nil
		}
		r.WantContent()
		return later(func() (any, error) {
			data, withheld, err := r.Content(c.ctx)
			if data == nil && len(withheld) > 0 {
				return nil, nil
			}
			var d struct{ Event string }
			if err == nil {
				err = json.Unmarshal(data, &d)
			}
			if event := name(label.Event, d.Event); event != "" {
				return event, err
			}
			return nil, err
		}), nil
	}
}
