package migrate

import (
	"reflect"
	"testing"

	"credithub/schema/ddl"
)

func TestTableIsReadAsTheServerPrintsIt(t *testing.T) {
	for _, c := range []struct {
		engine, full, key string
		want              ddl.Table
	}{
		{"MergeTree", "MergeTree ORDER BY (a, b) SETTINGS index_granularity = 256", "a, b",
			ddl.Table{Engine: "MergeTree", OrderBy: []string{"a", "b"}, Settings: []ddl.Setting{{Name: "index_granularity", Value: "256"}}}},
		{"ReplacingMergeTree", "ReplacingMergeTree ORDER BY (id) SETTINGS index_granularity = 8192", "(id)",
			ddl.Table{Engine: "ReplacingMergeTree", OrderBy: []string{"id"}, Settings: []ddl.Setting{{Name: "index_granularity", Value: "8192"}}}},
		{"ReplacingMergeTree", "ReplacingMergeTree(v) ORDER BY (a, b) SETTINGS x = 1, y = 'z'", "a, b",
			ddl.Table{Engine: "ReplacingMergeTree", Version: "v", OrderBy: []string{"a", "b"},
				Settings: []ddl.Setting{{Name: "x", Value: "1"}, {Name: "y", Value: "'z'"}}}},
		{"ReplicatedReplacingMergeTree", "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/credithub/names', '{replica}', v) ORDER BY (a, b)", "a, b",
			ddl.Table{Engine: "ReplacingMergeTree", Version: "v", OrderBy: []string{"a", "b"}}},
		{"ReplicatedMergeTree", "ReplicatedMergeTree('/clickhouse/tables/{shard}/credithub/records', '{replica}') ORDER BY (a, b)", "a, b",
			ddl.Table{Engine: "MergeTree", OrderBy: []string{"a", "b"}}},
	} {
		c.want.Name, c.want.Comment = "t", "what"
		if got := table("t", c.engine, c.full, c.key, "what"); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.full, got, c.want)
		}
	}
}

func TestOnlyTablesWithRowsCountInACluster(t *testing.T) {
	l := ddl.Layout{Cluster: "hub"}
	if b, ok := base(l, "records_local"); b != "records" || !ok {
		t.Errorf("got %q, %v", b, ok)
	}
	if _, ok := base(l, "records"); ok {
		t.Error("the distributed face holds no rows")
	}
	if b, ok := base(ddl.Layout{}, "records"); b != "records" || !ok {
		t.Errorf("got %q, %v", b, ok)
	}
}
