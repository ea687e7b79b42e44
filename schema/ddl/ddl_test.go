package ddl

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"credithub/deploy/testing/golden"
)

func script(t *testing.T, l Layout) string {
	t.Helper()
	steps, err := Diff(Schema{}, Desired())
	if err != nil {
		t.Fatal(err)
	}
	out := l.CreateDatabase() + ";\n"
	for _, s := range steps {
		for _, q := range s.SQL(l) {
			out += "\n" + q + ";\n"
		}
	}
	return out
}

func TestEmptyServerGetsTheGoldenTables(t *testing.T) {
	for name, l := range map[string]Layout{"single.sql": {}, "cluster.sql": {Cluster: "hub"}} {
		t.Run(name, func(t *testing.T) {
			golden.Compare(t, filepath.Join("testdata", name), script(t, l))
		})
	}
}

func TestEqualStatesNeedNothing(t *testing.T) {
	s, err := Diff(Desired(), Desired())
	if err != nil || len(s) != 0 {
		t.Fatalf("got %v, %v", s, err)
	}
}

func TestOtherPeoplesTablesAndColumnsStay(t *testing.T) {
	have := Desired()
	have.Tables = append(have.Tables, Table{Name: "mine"})
	have.Tables[0].Columns = append(have.Tables[0].Columns, Column{Name: "extra", Type: "String"})
	have.Tables[0].Indices = append(have.Tables[0].Indices, Index{Name: "extra"})
	if s, err := Diff(have, Desired()); err != nil || len(s) != 0 {
		t.Fatalf("got %v, %v", s, err)
	}
}

func TestKeyChangeIsRefused(t *testing.T) {
	have := Desired()
	have.Table(Names).OrderBy = []string{"uscc", "name"}
	if _, err := Diff(have, Desired()); err == nil || !strings.Contains(err.Error(), "table names") {
		t.Fatalf("got %v", err)
	}
}

func TestEachChangeHasItsStatement(t *testing.T) {
	for _, c := range []struct {
		what string
		old  func(*Schema)
		want []string
	}{
		{"column missing", func(s *Schema) {
			r := s.Table(Records)
			r.Columns = slices.DeleteFunc(r.Columns, func(c Column) bool { return c.Name == "line" })
		}, []string{"ALTER TABLE `credithub`.`records` ADD COLUMN IF NOT EXISTS `line` UInt32 AFTER `batch_id`"}},
		{"first column missing", func(s *Schema) { b := s.Table(Batches); b.Columns = b.Columns[1:] },
			[]string{"ALTER TABLE `credithub`.`batches` ADD COLUMN IF NOT EXISTS `batch_id` String FIRST"}},
		{"type narrower", func(s *Schema) { s.Table(Names).Column("current").Type = "UInt8" },
			[]string{"ALTER TABLE `credithub`.`names` MODIFY COLUMN IF EXISTS `current` Bool"}},
		{"index other", func(s *Schema) { s.Table(Records).Indices[0].Granularity = 1 }, []string{
			"ALTER TABLE `credithub`.`records` DROP INDEX IF EXISTS `by_record_id`",
			"ALTER TABLE `credithub`.`records` ADD INDEX IF NOT EXISTS `by_record_id` record_id TYPE bloom_filter(0.01) GRANULARITY 4",
			"ALTER TABLE `credithub`.`records` MATERIALIZE INDEX IF EXISTS `by_record_id`"}},
		{"projection missing", func(s *Schema) { s.Table(Records).Projections = nil }, []string{
			"ALTER TABLE `credithub`.`records` ADD PROJECTION IF NOT EXISTS `positions` (" + PositionsQuery + ")",
			"ALTER TABLE `credithub`.`records` MATERIALIZE PROJECTION IF EXISTS `positions`"}},
		{"granularity is left alone", func(s *Schema) { s.Table(Records).Settings[0].Value = "8192" }, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			have := Desired()
			c.old(&have)
			steps, err := Diff(have, Desired())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range steps {
				got = append(got, s.SQL(Layout{})...)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// apply is what a server does with a statement.
func apply(s *Schema, st Statement) {
	if st.Verb == CreateTable {
		s.Tables = append(s.Tables, st.Table)
		return
	}
	t := s.Table(st.Table.Name)
	switch st.Verb {
	case AddColumn:
		at := 0
		if st.After != "" {
			at = slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == st.After }) + 1
		}
		t.Columns = slices.Insert(t.Columns, at, st.Column)
	case ModifyColumn:
		*t.Column(st.Column.Name) = st.Column
	case DropIndex:
		t.Indices = slices.DeleteFunc(t.Indices, func(x Index) bool { return x.Name == st.Index.Name })
	case AddIndex:
		t.Indices = append(t.Indices, st.Index)
	case DropProjection:
		t.Projections = slices.DeleteFunc(t.Projections, func(x Projection) bool { return x.Name == st.Projection.Name })
	case AddProjection:
		t.Projections = append(t.Projections, st.Projection)
	case ModifySetting:
		t.Settings = append(t.Settings, st.Setting)
	}
}

// Whatever an older version left out or did otherwise, one round of statements
// brings it to the desired state, and a second round has nothing to do.
func TestAnyOlderStateConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have := Desired()
		have.Tables = slices.DeleteFunc(have.Tables, func(Table) bool { return rapid.IntRange(0, 3).Draw(t, "drop") == 0 })
		for i := range have.Tables {
			x := &have.Tables[i]
			x.Columns = slices.DeleteFunc(x.Columns, func(Column) bool { return rapid.IntRange(0, 5).Draw(t, "drop column") == 0 })
			for j := range x.Columns {
				if rapid.IntRange(0, 5).Draw(t, "other type") == 0 {
					x.Columns[j].Type = "Int8"
				}
			}
			if rapid.Bool().Draw(t, "no parts") {
				x.Indices, x.Projections = nil, nil
			} else if len(x.Projections) > 0 {
				x.Projections[0].Query = "SELECT  count()"
			}
		}
		steps, err := Diff(have, Desired())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			apply(&have, s)
		}
		for _, want := range Desired().Tables {
			if got := have.Table(want.Name); got == nil || !reflect.DeepEqual(got.Columns, want.Columns) {
				t.Fatalf("table %s has %+v", want.Name, got)
			}
		}
		if again, err := Diff(have, Desired()); err != nil || len(again) > 0 {
			t.Fatalf("second round: %v, %v", again, err)
		}
	})
}

func TestKeysAndShardsNameColumns(t *testing.T) {
	for _, x := range Desired().Tables {
		for _, k := range append(slices.Clone(x.OrderBy), x.Version) {
			if k != "" && x.Column(k) == nil {
				t.Errorf("%s: key %s is no column", x.Name, k)
			}
		}
		if x.Shard == "" || x.Comment == "" {
			t.Errorf("%s has no shard or comment", x.Name)
		}
	}
}

func TestNamesAndTextsAreQuoted(t *testing.T) {
	if got := Quote("a`b\\"); got != "`a\\`b\\\\`" {
		t.Error(got)
	}
	if got := text("a'b"); got != `'a\'b'` {
		t.Error(got)
	}
}
