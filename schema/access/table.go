package access

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Class is who may see a field (共享属性).
type Class uint8

// Classes in rising order of protection.
const (
	Public      Class = iota // 无条件共享, also to the public
	Conditional              // 有条件共享: officers, supervisors, auditors, admins, and the unit that pushed it
	Restricted               // 不予共享: internal input of supervision
)

var classNames = [...]string{"public", "conditional", "restricted"}

// String is the name in fields.yaml.
func (c Class) String() string { return classNames[c] }

// UnmarshalYAML reads a class name.
func (c *Class) UnmarshalYAML(b []byte) error {
	i := slices.Index(classNames[:], strings.Trim(string(b), "\"' \n"))
	if i < 0 {
		return fmt.Errorf("class %q: want public, conditional or restricted", b)
	}
	*c = Class(i)
	return nil
}

// Field is a row of fields.yaml.
type Field struct {
	Class  Class
	Reason string // why, with the clause it rests on; required unless public
	// Roles narrows a restricted field to these roles and the pushing unit;
	// empty: officer, supervisor and admin.
	Roles []Role
	// When makes a public record field or record public only if another field
	// has one of the values, such as grade: [A]; else it is Conditional.
	When map[string][]string
}

// Table is the class of every field that can leave the hub. It never changes
// after Load.
type Table struct {
	types map[string]map[string]*Field // GraphQL Type → field
	data  map[string]map[string]*Field // domain/kind → field of data; "*" is the record as a whole
}

//go:embed fields.yaml
var fieldsYAML []byte

// Load reads and checks the built-in table.
func Load() (*Table, error) { return parse(fieldsYAML) }

type fieldsFile struct {
	Version string
	Types   map[string]map[string]*Field
	Records map[string]map[string]*Field
}

func parse(raw []byte) (*Table, error) {
	var f fieldsFile
	if err := yaml.UnmarshalWithOptions(raw, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("access table: %w", err)
	}
	t := &Table{types: f.Types, data: f.Records}
	var errs []error
	for _, group := range []map[string]map[string]*Field{f.Types, f.Records} {
		for owner, fields := range group {
			for name, row := range fields {
				if err := row.lint(); err != nil {
					errs = append(errs, fmt.Errorf("access table: %s.%s: %w", owner, name, err))
				}
			}
		}
	}
	for kind, fields := range f.Records {
		if fields["*"] == nil {
			errs = append(errs, fmt.Errorf("access table: %s has no row for the record itself", kind))
		}
	}
	return t, errors.Join(errs...)
}

func (f *Field) lint() error {
	switch {
	case f == nil:
		return errors.New("empty row")
	case f.Class != Public && f.Reason == "":
		return errors.New("not public but without a reason")
	case f.Class != Restricted && len(f.Roles) > 0:
		return errors.New("roles narrow restricted fields only")
	case f.Class != Public && len(f.When) > 0:
		return errors.New("a condition belongs to a public field")
	}
	for _, r := range f.Roles {
		if _, ok := ParseRole(string(r)); !ok {
			return fmt.Errorf("unknown role %q", r)
		}
	}
	return nil
}

// sees tells whether a principal sees a field; own: its unit pushed the record.
func (f *Field) sees(p Principal, own bool) bool {
	switch {
	case f == nil:
		return false
	case f.Class == Public:
		return true
	case p.Role == Anyone:
		return false
	case own:
		return true
	case f.Class == Conditional:
		return p.Role == Officer || p.Role == Supervisor || p.Role == Admin || p.Role == Auditor
	case len(f.Roles) > 0:
		return slices.Contains(f.Roles, p.Role)
	}
	return p.Role == Officer || p.Role == Supervisor || p.Role == Admin
}

// Allows tells whether a principal may select a field of a GraphQL type. Fields
// that the table doesn't know are nobody's.
func (t *Table) Allows(p Principal, typ, field string) bool {
	return t.types[typ][field].sees(p, false)
}

// Class is the class of a GraphQL field; ok is false for unknown ones.
func (t *Table) Class(typ, field string) (c Class, ok bool) {
	if f := t.types[typ][field]; f != nil {
		return f.Class, true
	}
	return Restricted, false
}

// RecordVisible tells whether a principal that did not push a record may know
// that it exists. data is its canonical JSON object.
func (t *Table) RecordVisible(p Principal, domain, kind string, data []byte) bool {
	return t.visible(p, false, domain+"/"+kind, data)
}

func (t *Table) visible(p Principal, own bool, key string, data []byte) bool {
	f := t.data[key]["*"]
	if f == nil {
		return false
	}
	if f.Class == Public && !f.holds(data) {
		f = &Field{Class: Conditional}
	}
	return f.sees(p, own)
}

// FilterData keeps of a record's data only what a principal that did not push
// it may see: a canonical JSON object again, {} when nothing is left or the
// record itself is not visible. It returns data unchanged when all is visible
// and never writes to it.
func (t *Table) FilterData(p Principal, domain, kind string, data []byte) []byte {
	out, _ := t.View(p, "", domain, kind, data)
	return out
}

// View is RecordVisible and FilterData at once for a record that a unit pushed:
// an agency or officer sees its own unit's records whole.
func (t *Table) View(p Principal, unit, domain, kind string, data []byte) (out []byte, visible bool) {
	own := unit != "" && p.Unit == unit && !p.Anonymous()
	key := domain + "/" + kind
	if !t.visible(p, own, key, data) {
		return []byte("{}"), false
	}
	fields := t.data[key]
	return filter(data, func(name string) bool { return name != "*" && fields[name].sees(p, own) }), true
}
