package ddl

import (
	"fmt"
	"strings"
)

// Layout says where the tables live. With a cluster every table is a pair: a
// replicated table <name>_local on each node, and <name>, which spreads writes
// and gathers reads.
type Layout struct {
	Database string // "" means Database
	Cluster  string // name of the cluster in the server's configuration; "" on a single node
}

// LocalSuffix names the replicated table behind a distributed one.
const LocalSuffix = "_local"

// Local is the name of the table that holds the rows.
func (l Layout) Local(table string) string {
	if l.Cluster == "" {
		return table
	}
	return table + LocalSuffix
}

func (l Layout) database() string {
	if l.Database == "" {
		return Database
	}
	return l.Database
}

func (l Layout) on() string {
	if l.Cluster == "" {
		return ""
	}
	return " ON CLUSTER " + Quote(l.Cluster)
}

// Quote writes a name as an SQL identifier.
func Quote(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

// text writes a string as an SQL literal.
func text(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(s) + "'"
}

// CreateDatabase makes the database.
func (l Layout) CreateDatabase() string {
	return "CREATE DATABASE IF NOT EXISTS " + Quote(l.database()) + l.on()
}

// SQL gives the statements to send, one by one, each repeatable.
func (s Statement) SQL(l Layout) []string {
	t := &s.Table
	alter := func(what string) string {
		return "ALTER TABLE " + Quote(l.database()) + "." + Quote(l.Local(t.Name)) + l.on() + " " + what
	}
	switch s.Verb {
	case CreateTable:
		out := []string{l.create(t)}
		if l.Cluster != "" {
			out = append(out, l.distributed(t))
		}
		return out
	case AddColumn, ModifyColumn:
		what := "MODIFY COLUMN IF EXISTS " + s.Column.sql()
		if s.Verb == AddColumn {
			what = "ADD COLUMN IF NOT EXISTS " + s.Column.sql() + place(s.After)
		}
		out := []string{alter(what)}
		if l.Cluster != "" {
			out = append(out, "ALTER TABLE "+Quote(l.database())+"."+Quote(t.Name)+l.on()+" "+what)
		}
		return out
	case DropIndex:
		return []string{alter("DROP INDEX IF EXISTS " + Quote(s.Index.Name))}
	case AddIndex:
		return []string{alter("ADD INDEX IF NOT EXISTS " + s.Index.sql()),
			alter("MATERIALIZE INDEX IF EXISTS " + Quote(s.Index.Name))}
	case DropProjection:
		return []string{alter("DROP PROJECTION IF EXISTS " + Quote(s.Projection.Name))}
	case AddProjection:
		return []string{alter("ADD PROJECTION IF NOT EXISTS " + s.Projection.sql()),
			alter("MATERIALIZE PROJECTION IF EXISTS " + Quote(s.Projection.Name))}
	case ModifySetting:
		return []string{alter("MODIFY SETTING " + s.Setting.Name + " = " + s.Setting.Value)}
	}
	return nil
}

func place(after string) string {
	if after == "" {
		return " FIRST"
	}
	return " AFTER " + Quote(after)
}

func (c Column) sql() string {
	if c.Default == "" {
		return Quote(c.Name) + " " + c.Type
	}
	return Quote(c.Name) + " " + c.Type + " DEFAULT " + c.Default
}

func (x Index) sql() string {
	return fmt.Sprintf("%s %s TYPE %s GRANULARITY %d", Quote(x.Name), x.Expr, x.Type, x.Granularity)
}

func (p Projection) sql() string { return Quote(p.Name) + " (" + p.Query + ")" }

// create renders the table that holds the rows.
func (l Layout) create(t *Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS %s.%s%s\n(", Quote(l.database()), Quote(l.Local(t.Name)), l.on())
	sep := "\n    "
	for _, c := range t.Columns {
		b.WriteString(sep + c.sql())
		sep = ",\n    "
	}
	for _, x := range t.Indices {
		b.WriteString(sep + "INDEX " + x.sql())
	}
	for _, p := range t.Projections {
		b.WriteString(sep + "PROJECTION " + p.sql())
	}
	fmt.Fprintf(&b, "\n)\nENGINE = %s\nORDER BY (%s)", l.engine(t), strings.Join(t.OrderBy, ", "))
	sep = "\nSETTINGS "
	for _, s := range t.Settings {
		b.WriteString(sep + s.Name + " = " + s.Value)
		sep = ", "
	}
	b.WriteString("\nCOMMENT " + text(t.Comment))
	return b.String()
}

// engine writes the engine; on a cluster each shard has its place in the keeper
// and each node its name from the server's macros.
func (l Layout) engine(t *Table) string {
	if l.Cluster == "" {
		return t.Engine + "(" + t.Version + ")"
	}
	args := text("/clickhouse/tables/{shard}/"+l.database()+"/"+t.Name) + ", " + text("{replica}")
	if t.Version != "" {
		args += ", " + t.Version
	}
	return "Replicated" + t.Engine + "(" + args + ")"
}

// distributed renders the table in front of the shards.
func (l Layout) distributed(t *Table) string {
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.%s%s AS %s.%s\nENGINE = Distributed(%s, %s, %s, %s)\nCOMMENT %s",
		Quote(l.database()), Quote(t.Name), l.on(), Quote(l.database()), Quote(l.Local(t.Name)),
		text(l.Cluster), text(l.database()), text(l.Local(t.Name)), t.Shard, text(t.Comment))
}
