package ddl

import (
	"credithub/schema/column"
	"credithub/schema/stored"
)

// Database is the default name of the hub's database.
const Database = "credithub"

// Names of the tables.
const (
	Records = "records" // every message of the domain topics, one row a message
	Entries = "entries" // states of list entries, one row for each change
	Names   = "names"   // which codes bore a name
	Rejects = "rejects" // faults of rows
	Batches = "batches" // heads of pushes
	Audit   = "audit"   // who saw what

	LogPositions = "log_positions" // how far the hub's own log topics are stored
	Fingerprints = "fingerprints"  // of the secrets under which the data were written
)

// PositionsQuery is the projection of records that answers how far each
// partition is stored, what each source reported and what each push became,
// without reading rows.
const PositionsQuery = "SELECT topic, partition, unit, domain, status, max(offset), max(feed_offset), max(recorded_at), count() " +
	"GROUP BY topic, partition, unit, domain, status"

// columns are those that schema/stored declares.
func columns[R any](declared []column.Column[R]) []Column {
	out := make([]Column, len(declared))
	for i, c := range declared {
		out[i] = Column{Name: c.Name, Type: c.Type}
	}
	return out
}

// Desired is the state that this version of the hub works with.
func Desired() Schema {
	return Schema{Tables: []Table{records(), entries(), names(), rejects(), batches(), audits(), logPositions(), fingerprints()}}
}

// records has no partitions, because a block that falls into several partitions
// is several parts, which a crash may part. Its order serves the one read that
// must be fast, all of one subject; the small granules suit single rows.
func records() Table {
	return Table{
		Name: Records, Comment: "every message of the domain topics, one row a message and one more for a record that left a subject",
		Engine: "MergeTree", OrderBy: []string{"uscc", "domain", "unit", "record_id", "version", "offset"},
		// The rows of one partition of a block go to one shard, so that they
		// are stored all or none.
		Shard:   "sipHash64(topic, partition)",
		Columns: columns(stored.Messages),
		Indices: []Index{
			{Name: "by_record_id", Expr: "record_id", Type: "bloom_filter(0.01)", Granularity: 4},
			{Name: "by_batch_id", Expr: "batch_id", Type: "bloom_filter(0.01)", Granularity: 4},
		},
		Projections: []Projection{{Name: "positions", Query: PositionsQuery}},
		// The server forgets its deduplication tokens by number, and has none without
		// this.
		Settings: []Setting{{Name: "index_granularity", Value: "256"}, {Name: "non_replicated_deduplication_window", Value: "1000"}},
	}
}

// entries keeps all states of an entry: the one of the highest seq holds, and
// recorded_at tells what was known when.
func entries() Table {
	return Table{
		Name: Entries, Comment: "states of list entries; the highest seq of (uscc, entry_id) holds",
		Engine: "ReplacingMergeTree", OrderBy: []string{"uscc", "entry_id", "seq"}, Shard: "sipHash64(uscc)",
		Columns:  columns(stored.Entries),
		Settings: []Setting{{Name: "index_granularity", Value: "1024"}},
	}
}

// names gives candidates only: whoever reads it checks them against records.
func names() Table {
	return Table{
		Name: Names, Comment: "which codes bore a folded name; candidates, to be checked against records",
		Engine: "ReplacingMergeTree", Version: "recorded_at", OrderBy: []string{"name", "uscc"}, Shard: "sipHash64(name)",
		Columns:  columns(stored.Names),
		Settings: []Setting{{Name: "index_granularity", Value: "256"}},
	}
}

func rejects() Table {
	return Table{
		Name: Rejects, Comment: "faults of rows, from the gateway and from intake",
		Engine:  "ReplacingMergeTree",
		OrderBy: []string{"unit", "batch_id", "line", "topic", "partition", "offset", "code", "field"}, Shard: "sipHash64(unit)",
		Columns:  columns(stored.Rejects),
		Settings: []Setting{{Name: "index_granularity", Value: "1024"}},
	}
}

func batches() Table {
	return Table{
		Name: Batches, Comment: "heads of pushes",
		Engine: "ReplacingMergeTree", OrderBy: []string{"batch_id"}, Shard: "sipHash64(batch_id)",
		Columns:  columns(stored.Batches),
		Settings: []Setting{{Name: "index_granularity", Value: "256"}},
	}
}

func audits() Table {
	return Table{
		// The hash is part of the key, so that a record written anew stands beside the
		// one before instead of in its place.
		Name: Audit, Comment: "who saw what and why, with the chain of each writer",
		Engine: "ReplacingMergeTree", OrderBy: []string{"writer", "seq", "hash"}, Shard: "sipHash64(writer)",
		Columns: columns(stored.Audits),
	}
}

// logPositions is how far the topics whose rows are stored at least once have been
// read; the highest offset holds.
func logPositions() Table {
	return Table{
		Name: LogPositions, Comment: "how far the log topics are stored; the highest offset holds",
		Engine: "ReplacingMergeTree", Version: "offset", OrderBy: []string{"topic", "partition"}, Shard: "sipHash64(topic)",
		Columns: columns(stored.LogPositions),
	}
}

// fingerprints tells which secrets the data here were written under. The first of
// a name holds: a hub that has another one must not go on.
func fingerprints() Table {
	return Table{
		Name: Fingerprints, Comment: "fingerprints of the secrets under which the data were written; the first of a name holds",
		Engine: "MergeTree", OrderBy: []string{"name", "at"}, Shard: "sipHash64(name)",
		Columns: columns(stored.Fingerprints),
	}
}
