package intake

import (
	"time"

	"credithub/ingest/sink"
	"credithub/schema/fold"
	"credithub/schema/jsontext"
	"credithub/schema/stored"
)

// names adds the names that a registration gives its code.
func (j *judge) names(b *sink.Block, at time.Time) {
	row, name := &j.row, j.name
	if name == "" {
		return
	}
	b.Names.Append(stored.Name{Name: name, USCC: text(row.USCC), Current: true, RecordedAt: at})
	former := row.Get("formerNames")
	if len(former) < len(`["x"]`) {
		return
	}
	all, _ := jsontext.Texts(former) // objects instead of texts name nobody
	for _, f := range all {
		if f = fold.Name(f); f != "" && f != name {
			b.Names.Append(stored.Name{Name: f, USCC: text(row.USCC), RecordedAt: at})
		}
	}
}
