package stored

import (
	"testing"

	"credithub/schema/column"
)

func once[R any](t *testing.T, table string, columns []column.Column[R]) {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c.Name] {
			t.Errorf("%s has two columns %s", table, c.Name)
		}
		seen[c.Name] = true
		if c.Type == "" || c.Field() == nil {
			t.Errorf("%s.%s has no type or no place in its row", table, c.Name)
		}
	}
}

func TestAColumnIsDeclaredOnce(t *testing.T) {
	once(t, "records", Messages)
	once(t, "entries", Entries)
	once(t, "names", Names)
	once(t, "rejects", Rejects)
	once(t, "batches", Batches)
	once(t, "audit", Audits)
	once(t, "log_positions", LogPositions)
	once(t, "fingerprints", Fingerprints)
}
