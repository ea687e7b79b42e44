// Package ddl is the desired state of ClickHouse as data: which tables there
// are, with which columns, keys, indices and projections, and what has to be
// said to a server to get from a state it has to the desired one.
//
// It promises that Diff of a state with itself is empty, that every statement
// can be repeated, and that one source renders for a single node and for a
// cluster. It never talks to a server (deploy/platform/migrate does), and it
// never drops a table or a column: what it does not know belongs to somebody
// else.
package ddl

// Schema is a set of tables, ordered by creation.
type Schema struct {
	Tables []Table
}

// Table is one table. All texts are as the server itself prints them in its
// system tables, so that a state that was read equals a state that was meant.
type Table struct {
	Name    string
	Comment string
	Columns []Column
	Engine  string   // MergeTree or ReplacingMergeTree, without Replicated
	Version string   // version column of ReplacingMergeTree; "" for none
	OrderBy []string // sorting and primary key
	// Shard is the expression by which a cluster spreads rows. Rows that have
	// to be stored all or none must give one value.
	Shard       string
	Indices     []Index
	Projections []Projection
	Settings    []Setting
}

// Column is one column.
type Column struct {
	Name string
	Type string
	// Default is the expression for rows that leave the column out; needed on
	// columns that are added to tables with rows.
	Default string
}

// Index is a data skipping index.
type Index struct {
	Name        string
	Expr        string
	Type        string // with parameters, such as bloom_filter(0.01)
	Granularity int
}

// Projection is a part of its own kept with each part of the table.
type Projection struct {
	Name  string
	Query string // blanks and line breaks count as one blank
}

// Setting is a setting of a MergeTree table.
type Setting struct {
	Name  string
	Value string
}

// Table is the table of a name, nil when there is none.
func (s *Schema) Table(name string) *Table {
	for i := range s.Tables {
		if s.Tables[i].Name == name {
			return &s.Tables[i]
		}
	}
	return nil
}

// Column is the column of a name, nil when there is none.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}
