package access

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"credithub/schema/civil"
	"credithub/schema/grade"
)

// Class is who may see a field (共享属性).
type Class uint8

// Classes in rising order of protection.
const (
	Public      Class = iota // 无条件共享, also to the public
	Conditional              // 有条件共享: officer, supervisor, auditor, admin, and the unit that pushed it
	Restricted               // 不予共享: input of supervision, for named roles and the unit that pushed it
	Never                    // recognised on intake and never kept: nobody
)

var classNames = [...]string{"public", "conditional", "restricted", "never"}

// String is the name in fields.yaml.
func (c Class) String() string { return classNames[c] }

// rule is what the table says about one field or one kind of record.
type rule struct {
	class  Class
	reason string
	roles  []Role              // restricted: these roles; empty: officer, supervisor, admin
	when   map[string][]string // a public record is public only if each field has one of the values
	ends   string              // … and only before the day in this field
	shown  *grade.Rules        // … and only while a penalty is displayed; nil: no penalty
}

// Table is the class of every field that can leave the hub. It never changes
// after Load.
type Table struct {
	Version string
	types   map[string]map[string]*rule // GraphQL Type → field
	fields  map[string]map[string]*rule // domain/kind → field of data
	records map[string]*rule            // domain/kind → the record itself
}

//go:embed fields.yaml
var fieldsYAML []byte

// Load reads and checks the built-in table. Its error names every fault at once.
func Load() (*Table, error) { return parse(fieldsYAML) }

type fieldsFile struct {
	Version string
	Types   map[string]fieldRows
	Records map[string]recordRows
}

type fieldRows struct {
	Public  []string
	Guarded []guardRow
}

type guardRow struct {
	Class  string
	Fields []string
	Reason string
	Roles  []string
}

type recordRows struct {
	Class   string
	Reason  string
	Roles   []string
	When    map[string][]string
	EndsOn  string `yaml:"endsOn"`
	Display bool
	Public  []string
	Guarded []guardRow
}

func parse(raw []byte) (*Table, error) {
	var f fieldsFile
	if err := yaml.UnmarshalWithOptions(raw, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("access table: %w", err)
	}
	penalties, err := grade.Load()
	if err != nil {
		return nil, fmt.Errorf("access table: %w", err)
	}
	t := &Table{Version: f.Version, types: map[string]map[string]*rule{}, fields: map[string]map[string]*rule{}, records: map[string]*rule{}}
	var errs []error
	for name, rows := range f.Types {
		fields, err := rows.compile()
		t.types[name] = fields
		errs = append(errs, prefix(name, err))
	}
	for kind, rows := range f.Records {
		fields, err := fieldRows{rows.Public, rows.Guarded}.compile()
		t.fields[kind] = fields
		own, ownErr := newRule(rows.Class, rows.Reason, rows.Roles)
		own.when, own.ends = rows.When, rows.EndsOn
		if rows.Display {
			own.shown = penalties
		}
		t.records[kind] = own
		errs = append(errs, prefix(kind, errors.Join(err, ownErr, own.lint(fields))))
	}
	return t, errors.Join(errs...)
}

func prefix(owner string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("access table: %s: %w", owner, err)
}

func newRule(class, reason string, roles []string) (*rule, error) {
	c := slices.Index(classNames[:], class)
	r := &rule{class: Class(max(c, 0)), reason: reason}
	switch {
	case c < 0:
		r.class = Never
		return r, fmt.Errorf("class %q, want one of %v", class, classNames)
	case r.class != Public && reason == "":
		return r, fmt.Errorf("%s without a reason", class)
	case r.class != Restricted && len(roles) > 0:
		return r, errors.New("roles belong to restricted rows only")
	}
	for _, name := range roles {
		role, ok := ParseRole(name)
		if !ok {
			return r, fmt.Errorf("unknown role %q", name)
		}
		r.roles = append(r.roles, role)
	}
	return r, nil
}

func (rows fieldRows) compile() (map[string]*rule, error) {
	out := map[string]*rule{}
	var errs []error
	add := func(name string, r *rule) {
		if out[name] != nil || name == "" {
			errs = append(errs, fmt.Errorf("field %q is empty or named twice", name))
		}
		out[name] = r
	}
	for _, name := range rows.Public {
		add(name, &rule{class: Public})
	}
	for _, row := range rows.Guarded {
		r, err := newRule(row.Class, row.Reason, row.Roles)
		if err == nil && r.class == Public {
			err = errors.New("a guarded row is not public")
		}
		errs = append(errs, err)
		for _, name := range row.Fields {
			add(name, r)
		}
	}
	return out, errors.Join(errs...)
}

// lint checks that conditions of a record stand on its own fields and on a
// public record.
func (r *rule) lint(fields map[string]*rule) error {
	var errs []error
	names := []string{}
	for name := range r.when {
		names = append(names, name)
	}
	if r.shown != nil {
		names = append(names, displayFields...)
	}
	for _, name := range append(names, r.ends) {
		if name != "" && fields[name] == nil {
			errs = append(errs, fmt.Errorf("condition on unknown field %q", name))
		}
		if name != "" && r.class != Public {
			errs = append(errs, fmt.Errorf("condition on %q, but the record is not public", name))
		}
	}
	return errors.Join(errs...)
}

// sees tells whether a principal sees what the rule guards; own: its unit
// pushed the record.
func (r *rule) sees(p Principal, own bool) bool {
	switch {
	case r == nil || r.class == Never:
		return false
	case r.class == Public:
		return true
	case p.Role == Anyone:
		return false
	case own:
		return true
	case r.class == Conditional:
		return p.Role == Officer || p.Role == Supervisor || p.Role == Admin || p.Role == Auditor
	case len(r.roles) > 0:
		return slices.Contains(r.roles, p.Role)
	}
	return p.Role == Officer || p.Role == Supervisor || p.Role == Admin
}

// Allows tells whether a principal may select a field of a GraphQL type. Fields
// that the table doesn't know are nobody's.
func (t *Table) Allows(p Principal, typ, field string) bool {
	return t.types[typ][field].sees(p, false)
}

// Class is the class of a GraphQL field and the reason for it; ok is false for
// unknown fields.
func (t *Table) Class(typ, field string) (c Class, reason string, ok bool) {
	r := t.types[typ][field]
	if r == nil {
		return Never, "", false
	}
	return r.class, r.reason, true
}

// RecordVisible tells whether a principal that did not push a record may know
// on a day that it exists. data is its canonical JSON object.
func (t *Table) RecordVisible(p Principal, domain, kind string, data []byte, day civil.Date) bool {
	return t.visible(p, false, domain+"/"+kind, data, day)
}

func (t *Table) visible(p Principal, own bool, kind string, data []byte, day civil.Date) bool {
	r := t.records[kind]
	if r == nil {
		return false
	}
	if r.class == Public && !r.holds(data, day) {
		return (&rule{class: Conditional}).sees(p, own)
	}
	return r.sees(p, own)
}

// Sight tells by kind alone whether a principal may know of records: of every one
// whatever its data, and of any at all. own: its unit pushed them.
func (t *Table) Sight(p Principal, own bool, domain, kind string) (every, any bool) {
	r := t.records[domain+"/"+kind]
	if r == nil || r.class != Public || len(r.when) == 0 && r.ends == "" && r.shown == nil {
		sees := r.sees(p, own)
		return sees, sees
	}
	return (&rule{class: Conditional}).sees(p, own), true
}

// FilterData keeps of a record's data only what a principal that did not push
// it may see: a canonical JSON object again, {} when nothing is left. It returns
// data itself when all is visible and never writes to it. Whether the record may
// be shown at all is RecordVisible's.
func (t *Table) FilterData(p Principal, domain, kind string, data []byte) []byte {
	return t.filter(p, false, domain+"/"+kind, data)
}

func (t *Table) filter(p Principal, own bool, kind string, data []byte) []byte {
	fields := t.fields[kind]
	return filter(data, func(name string) bool { return fields[name].sees(p, own) })
}

// Disclose is View for an occasion: open tells whether the caller named a purpose
// that opens records of the kind. Without one, conditional data are withheld from
// all but the unit that pushed them: withheld are the names of the fields, and
// data is nil when the record as a whole is conditional.
func (t *Table) Disclose(p Principal, unit, domain, kind string, data []byte, day civil.Date, open bool) (out []byte, withheld []string, visible bool) {
	own := unit != "" && p.Unit == unit && !p.Anonymous()
	key := domain + "/" + kind
	if !t.visible(p, own, key, data, day) {
		return []byte("{}"), nil, false
	}
	if own || open || p.Anonymous() {
		return t.filter(p, own, key, data), nil, true
	}
	fields, r := t.fields[key], t.records[key]
	whole := r.class == Conditional || r.class == Public && !r.holds(data, day)
	out = filter(data, func(name string) bool {
		f := fields[name]
		if !f.sees(p, own) {
			return false
		}
		if whole || f.class == Conditional {
			withheld = append(withheld, name)
			return false
		}
		return true
	})
	if whole {
		return nil, withheld, true
	}
	return out, withheld, true
}

// View is RecordVisible and FilterData at once for a record that a unit pushed:
// a signed-in caller sees the records of its own unit whole.
func (t *Table) View(p Principal, unit, domain, kind string, data []byte, day civil.Date) (out []byte, visible bool) {
	own := unit != "" && p.Unit == unit && !p.Anonymous()
	key := domain + "/" + kind
	if !t.visible(p, own, key, data, day) {
		return []byte("{}"), false
	}
	return t.filter(p, own, key, data), true
}
