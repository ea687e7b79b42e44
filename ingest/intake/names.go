package intake

import (
	"encoding/json"
	"time"

	"credithub/ingest/sink"
	"credithub/schema/fold"
)

// names adds the names that a registration gives its code.
func (j *judge) names(b *sink.Block, at time.Time) {
	row, name := &j.row, j.name
	if name == "" {
		return
	}
	b.Names.Append(name, row.USCC, true, at)
	former := row.Get("formerNames")
	if len(former) < len(`["x"]`) {
		return
	}
	var all []string
	if json.Unmarshal(former, &all) != nil {
		return // objects instead of texts name nobody
	}
	for _, f := range all {
		if f = fold.Name(f); f != "" && f != name {
			b.Names.Append(f, row.USCC, false, at)
		}
	}
}
