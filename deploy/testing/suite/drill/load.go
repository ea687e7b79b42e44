//go:build suite

// Package drill pushes a generator's rows into a hub of many processes, as
// impatient agencies do, kills its parts meanwhile, asks checks by receipt, and
// compares what the hub answers afterwards with the generator's truth.
//
// It promises that nothing is compared with what the hub itself said before: the
// yardstick is deploy/gen alone.
package drill

import (
	"bytes"
	"encoding/json"
	"fmt"

	"credithub/deploy/gen"
	"credithub/schema/fault"
)

// Load is what will be pushed, by unit and in the order of each unit.
type Load struct {
	Truth *gen.Truth
	Units map[string][]gen.Item
	Rows  int

	entries map[string]entryPlan // by id
}

// entryPlan is what a receipt of the last event of an entry must show.
type entryPlan struct {
	id, uscc, matter string
	inForce          bool
}

// Make runs the generator.
func Make(cfg gen.Config) (*Load, error) {
	l := &Load{Units: map[string][]gen.Item{}, entries: map[string]entryPlan{}}
	truth, err := gen.New(cfg).Run(func(it gen.Item) error {
		l.Units[it.Unit] = append(l.Units[it.Unit], it)
		l.Rows++
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.Truth = truth
	for code, s := range truth.Subjects {
		for _, e := range s.Entries {
			for _, matter := range gen.Matters() {
				if gen.Restricts(e.List)[matter] != "" {
					l.entries[e.ID] = entryPlan{id: e.ID, uscc: code, matter: matter, inForce: e.State == "IN_FORCE"}
					break
				}
			}
		}
	}
	return l, nil
}

// identity of one version of a record.
func identity(unit, domain, id string, version any) string {
	return fmt.Sprintf("%s/%s/%s/%v", unit, domain, id, version)
}

// accepted lists every version of every record that must stand.
func (l *Load) accepted() map[string]bool {
	all := map[string]bool{}
	for unit, items := range l.Units {
		for i := range items {
			if it := &items[i]; it.Want == "" {
				all[identity(unit, it.Domain.String(), it.RecordID, it.Version)] = true
			}
		}
	}
	return all
}

// rejected counts the distinct faulty rows by unit and code.
func (l *Load) rejected() map[string]map[string]int {
	seen, all := map[string]bool{}, map[string]map[string]int{}
	for unit, items := range l.Units {
		all[unit] = map[string]int{}
		for i := range items {
			it := &items[i]
			if key := it.RecordID + "/" + string(it.Want); it.Want != "" && !seen[unit+key] {
				seen[unit+key] = true
				all[unit][string(it.Want)]++
			}
		}
	}
	return all
}

// field reads a text of the data of a row.
func field(line []byte, name string) string {
	var row struct {
		Data map[string]any `json:"data"`
	}
	if json.Unmarshal(line, &row) != nil {
		return ""
	}
	s, _ := row.Data[name].(string)
	return s
}

// body joins rows to NDJSON.
func body(items []gen.Item) []byte {
	var b bytes.Buffer
	for i := range items {
		b.Write(items[i].Line)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// atGateway tells whether the gateway itself finds a fault; the others are found
// by intake, which knows the versions.
func atGateway(code fault.Code) bool { return code != "" && code != fault.E10Duplicate }
