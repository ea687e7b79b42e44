package restrict

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"credithub/deploy/platform/clickhouse"
	history "credithub/query/store"
	"credithub/schema/fold"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// told is a row of a registration with the name that it gives.
type told struct {
	stored.Record
	name string
}

// histories are random rows in a random order: versions that were accepted, came again
// or were refused under codes, and records that left them. An accepted version has one
// content under a code.
func histories(rng *rand.Rand) (rows []told) {
	for c := range 40 {
		code := fmt.Sprintf("CODE%02d", c)
		for range rng.IntN(9) {
			x := told{stored.Record{USCC: code, Domain: record.Registration.String(), Unit: []string{"SAMR", "TAX"}[rng.IntN(2)], RecordID: fmt.Sprint("R-", rng.IntN(2)),
				Version: uint32(1 + rng.IntN(3)), Op: []record.Op{record.Upsert, record.Upsert, record.Retract}[rng.IntN(3)],
				Status: []stored.Status{stored.Accepted, stored.Accepted, stored.Accepted, stored.Moved, stored.Duplicate, stored.Rejected}[rng.IntN(6)]},
				[]string{"甲公司（示例）", "甲公司(示例)", "乙公司"}[rng.IntN(3)]}
			twice := false
			for i := range rows {
				o := &rows[i]
				twice = twice || x.Status == stored.Accepted && o.Status == stored.Accepted && o.Key() == x.Key()
			}
			if !twice {
				rows = append(rows, x)
			}
		}
	}
	rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}

// folded is what stored says of rows: the versions that hold, and what they make of
// their codes.
func folded(rows []told) (holding map[stored.Key]bool, subjects map[string]SubjectState) {
	type key struct{ code, unit, id string }
	counts, names := map[key]*stored.Standing{}, map[key]string{}
	for i := range rows {
		x := &rows[i]
		k := key{x.USCC, x.Unit, x.RecordID}
		if counts[k] == nil {
			counts[k] = &stored.Standing{}
		}
		if counts[k].Take(&x.Record) {
			names[k] = fold.Name(x.name)
		}
	}
	holding, subjects = map[stored.Key]bool{}, map[string]SubjectState{}
	of := map[string]map[string]bool{}
	for k, s := range counts {
		if s.Holds() {
			holding[stored.Key{USCC: k.code, Domain: record.Registration.String(), Unit: k.unit, RecordID: k.id, Version: s.Version}] = true
			if of[k.code] == nil {
				of[k.code] = map[string]bool{}
			}
			of[k.code][names[k]] = true
		}
	}
	for code, all := range of {
		subjects[code] = stored.SubjectOf(maps.Keys(all))
	}
	return holding, subjects
}

// The fold of records in Go, that of the history in SQL and that of the snapshot are
// one.
func TestGoAndSQLFoldRecordsAlike(t *testing.T) {
	db := freshTables(t)
	s, err := history.New(history.Config{Conn: db.Streamer.(*clickhouse.DB).Conn()})
	if err != nil {
		t.Fatal(err)
	}
	ambiguous := 0
	for seed := range uint64(8) {
		rows := histories(rand.New(rand.NewPCG(seed, 2)))
		db.exec(t, "TRUNCATE TABLE credithub.records")
		var in []row
		var codes []string
		for i, x := range rows {
			codes = append(codes, x.USCC)
			in = append(in, row{code: x.USCC, unit: x.Unit, id: x.RecordID, op: x.Op.String(), status: x.Status.String(), name: x.name,
				domain: record.Registration, version: int(x.Version), offset: int64(i), feed: int64(i)})
		}
		db.rows(t, in...)
		holding, subjects := folded(rows)

		found, over, err := s.Registrations(t.Context(), &history.Registrations{Codes: codes, Most: history.Most{Each: 100, All: 10_000}})
		if err != nil || len(over) > 0 {
			t.Fatal(err, over)
		}
		got := map[stored.Key]bool{}
		for _, records := range found {
			for i := range records {
				got[records[i].Key()] = true
			}
		}
		if !maps.Equal(got, holding) {
			t.Errorf("seed %d: the history has\n%v\nwant\n%v", seed, got, holding)
		}

		snapshot := ClickHouse(db)
		head, err := snapshot.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]SubjectState{}
		err = snapshot.Subjects(context.Background(), &head, func(code []byte, s SubjectState) error { known[string(code)] = s; return nil })
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(known, subjects) {
			t.Errorf("seed %d: the snapshot has\n%v\nwant\n%v", seed, known, subjects)
		}
		for _, s := range known {
			if s == Ambiguous {
				ambiguous++
			}
		}
	}
	if ambiguous == 0 {
		t.Error("no code was ambiguous: the histories prove little")
	}
}
