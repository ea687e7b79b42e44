package ddl

// Database is the default name of the hub's database.
const Database = "credithub"

// NoDate is how an absent day is stored: the first day of Date32. No date of the
// hub is as old.
const NoDate = "1900-01-01"

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

const (
	str      = "String"
	low      = "LowCardinality(String)"
	day      = "Date32"
	millis   = "DateTime64(3, 'UTC')"
	micros   = "DateTime64(6, 'UTC')"
	opEnum   = "Enum8('upsert' = 1, 'retract' = 2, 'heartbeat' = 3)"
	statEnum = "Enum8('ACCEPTED' = 1, 'DUPLICATE' = 2, 'REJECTED' = 3, 'HEARTBEAT' = 4, 'MOVED' = 5)"
)

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
		Shard: "sipHash64(topic, partition)",
		Columns: []Column{
			{Name: "uscc", Type: str}, {Name: "domain", Type: low}, {Name: "kind", Type: low}, {Name: "unit", Type: low},
			{Name: "record_id", Type: str}, {Name: "version", Type: "UInt32"}, {Name: "op", Type: opEnum},
			{Name: "status", Type: statEnum}, {Name: "occurred_on", Type: day}, {Name: "recorded_at", Type: millis},
			{Name: "data", Type: str}, {Name: "hash", Type: "UInt64"}, {Name: "batch_id", Type: str},
			{Name: "line", Type: "UInt32"}, {Name: "faults", Type: str}, {Name: "topic", Type: low},
			{Name: "partition", Type: "UInt16"}, {Name: "offset", Type: "Int64"}, {Name: "feed_offset", Type: "Int64"},
			{Name: "sent", Type: "UInt64"}, // of a row that came without a version, when it was sent; else 0
		},
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
		Columns: []Column{
			{Name: "entry_id", Type: str}, {Name: "seq", Type: "UInt64"}, {Name: "uscc", Type: str}, {Name: "list", Type: low},
			{Name: "state", Type: low}, {Name: "cause", Type: str}, {Name: "document_no", Type: str},
			{Name: "decided_by", Type: low}, {Name: "decided_on", Type: day}, {Name: "served_on", Type: day},
			{Name: "since", Type: day}, {Name: "until", Type: day}, {Name: "exited_on", Type: day},
			{Name: "annotated", Type: "Bool"}, {Name: "exit_type", Type: low}, {Name: "exit_document_no", Type: str}, {Name: "tellers", Type: str}, {Name: "persons", Type: str},
			{Name: "gone", Type: "Bool"}, {Name: "recorded_at", Type: millis},
		},
		Settings: []Setting{{Name: "index_granularity", Value: "1024"}},
	}
}

// names gives candidates only: whoever reads it checks them against records.
func names() Table {
	return Table{
		Name: Names, Comment: "which codes bore a folded name; candidates, to be checked against records",
		Engine: "ReplacingMergeTree", Version: "recorded_at", OrderBy: []string{"name", "uscc"}, Shard: "sipHash64(name)",
		Columns: []Column{
			{Name: "name", Type: str}, {Name: "uscc", Type: str}, {Name: "current", Type: "Bool"}, {Name: "recorded_at", Type: millis},
		},
		Settings: []Setting{{Name: "index_granularity", Value: "256"}},
	}
}

func rejects() Table {
	return Table{
		Name: Rejects, Comment: "faults of rows, from the gateway and from intake",
		Engine:  "ReplacingMergeTree",
		OrderBy: []string{"unit", "batch_id", "line", "topic", "partition", "offset", "code", "field"}, Shard: "sipHash64(unit)",
		Columns: []Column{
			{Name: "unit", Type: low}, {Name: "domain", Type: low}, {Name: "batch_id", Type: str}, {Name: "line", Type: "UInt32"},
			{Name: "record_id", Type: str}, {Name: "at", Type: millis}, {Name: "code", Type: low}, {Name: "field", Type: str},
			{Name: "message", Type: str}, {Name: "topic", Type: low}, {Name: "partition", Type: "UInt16"}, {Name: "offset", Type: "Int64"},
			{Name: "kind", Type: low}, {Name: "value", Type: str},
			{Name: "row", Type: str}, // as sent and masked, with the first fault of a row only
		},
		Settings: []Setting{{Name: "index_granularity", Value: "1024"}},
	}
}

func batches() Table {
	return Table{
		Name: Batches, Comment: "heads of pushes",
		Engine: "ReplacingMergeTree", OrderBy: []string{"batch_id"}, Shard: "sipHash64(batch_id)",
		Columns: []Column{
			{Name: "batch_id", Type: str}, {Name: "unit", Type: low}, {Name: "received_at", Type: millis},
			{Name: "accepted", Type: "UInt32"}, {Name: "rejected", Type: "UInt32"}, {Name: "positions", Type: str},
		},
		Settings: []Setting{{Name: "index_granularity", Value: "256"}},
	}
}

func audits() Table {
	return Table{
		// The hash is part of the key, so that a record written anew stands beside the
		// one before instead of in its place.
		Name: Audit, Comment: "who saw what and why, with the chain of each writer",
		Engine: "ReplacingMergeTree", OrderBy: []string{"writer", "seq", "hash"}, Shard: "sipHash64(writer)",
		Columns: []Column{
			{Name: "writer", Type: low}, {Name: "seq", Type: "UInt64"}, {Name: "at", Type: micros}, {Name: "actor", Type: str},
			{Name: "unit", Type: low}, {Name: "role", Type: low}, {Name: "action", Type: low}, {Name: "subject", Type: str},
			{Name: "matter", Type: low}, {Name: "case_no", Type: str}, {Name: "outcome", Type: low}, {Name: "digest", Type: str},
			{Name: "prev", Type: str}, {Name: "hash", Type: str}, {Name: "purpose", Type: str},
		},
	}
}

// logPositions is how far the topics whose rows are stored at least once have been
// read; the highest offset holds.
func logPositions() Table {
	return Table{
		Name: LogPositions, Comment: "how far the log topics are stored; the highest offset holds",
		Engine: "ReplacingMergeTree", Version: "offset", OrderBy: []string{"topic", "partition"}, Shard: "sipHash64(topic)",
		Columns: []Column{{Name: "topic", Type: low}, {Name: "partition", Type: "UInt16"}, {Name: "offset", Type: "Int64"}},
	}
}

// fingerprints tells which secrets the data here were written under. The first of
// a name holds: a hub that has another one must not go on.
func fingerprints() Table {
	return Table{
		Name: Fingerprints, Comment: "fingerprints of the secrets under which the data were written; the first of a name holds",
		Engine: "MergeTree", OrderBy: []string{"name", "at"}, Shard: "sipHash64(name)",
		Columns: []Column{{Name: "name", Type: low}, {Name: "fingerprint", Type: str}, {Name: "at", Type: micros}},
	}
}
