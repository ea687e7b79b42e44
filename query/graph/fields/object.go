package fields

import (
	"fmt"
	"slices"

	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/graph/response"
	"credithub/schema/jsontext"
)

// Object is a type of schema.graphql whose Go value is a *T: its name, and how each
// of its fields is answered. It is the one place in which a field is declared: a
// plan and graphql-go answer from it.
type Object[T any] struct {
	name   string
	fields []Field[T]
}

// Field is a field of an object.
type Field[T any] struct {
	name    string
	typ     string // as schema.graphql writes it, such as "[Hit!]!"
	open    bool   // answered whoever asks: the access table isn't
	compile func(c *compiler, set *ast.SelectionSet) (Writer[T], bool)
	resolve func(c *call, v *T) (any, error)
}

// Writer appends a value of v as JSON.
type Writer[T any] func(b []byte, v *T) []byte

func object[T any](name string, fields ...Field[T]) *Object[T] {
	return &Object[T]{name, fields}
}

// child is a field that holds one object.
func child[T, U any](name string, of *Object[U], get func(*T) *U) Field[T] {
	return nested(name, of.name+"!", of, get)
}

// childOrNull is a field that holds one object, or null where get gives nil.
func childOrNull[T, U any](name string, of *Object[U], get func(*T) *U) Field[T] {
	return nested(name, of.name, of, get)
}

func nested[T, U any](name, typ string, of *Object[U], get func(*T) *U) Field[T] {
	return Field[T]{
		name: name, typ: typ,
		compile: func(c *compiler, set *ast.SelectionSet) (Writer[T], bool) {
			write, ok := of.compile(c, set)
			return func(b []byte, v *T) []byte {
				if u := get(v); u != nil {
					return write(b, u)
				}
				return append(b, "null"...)
			}, ok
		},
		resolve: func(_ *call, v *T) (any, error) { return orNil(get(v), nil) },
	}
}

// children is a field that holds a list of objects: how many, and which stands at a
// place.
func children[T, U any](name string, of *Object[U], count func(*T) int, at func(v *T, i int) *U) Field[T] {
	return Field[T]{
		name: name, typ: "[" + of.name + "!]!",
		compile: func(c *compiler, set *ast.SelectionSet) (Writer[T], bool) {
			write, ok := of.compile(c, set)
			most := c.most
			return func(b []byte, v *T) []byte {
				b = append(b, '[')
				for i := range count(v) {
					if len(b) > most {
						break
					}
					if i > 0 {
						b = append(b, ',')
					}
					b = write(b, at(v, i))
				}
				return append(b, ']')
			}, ok
		},
		resolve: func(_ *call, v *T) (any, error) {
			out := make([]any, count(v))
			for i := range out {
				out[i] = at(v, i)
			}
			return out, nil
		},
	}
}

// each is a field that holds all objects of a list.
func each[T, U any](name string, of *Object[U], all func(*T) []*U) Field[T] {
	return children(name, of, func(v *T) int { return len(all(v)) }, func(v *T, i int) *U { return all(v)[i] })
}

// slow is a field that only graphql-go's Execute answers: it needs the store,
// arguments or pages.
func slow[T any](name, typ string, resolve func(c *call, v *T) (any, error)) Field[T] {
	return Field[T]{name: name, typ: typ, resolve: resolve}
}

// stored makes a field one that no plan answers: what is kept of a record says it,
// and the index doesn't know.
func stored[T any](f Field[T]) Field[T] {
	f.compile = nil
	return f
}

// resolvedBy gives a field a resolver of its own for Execute, which can read more than
// a plan knows.
func (f Field[T]) resolvedBy(resolve func(c *call, v *T) (any, error)) Field[T] {
	f.resolve = resolve
	return f
}

// unguarded makes a field one that checks itself who may ask, instead of the access
// table.
func (f Field[T]) unguarded() Field[T] {
	f.open = true
	return f
}

// Flatten gives the fields of a selection set on a type with fragments spread out;
// false when only Execute can answer it.
type Flatten func(set *ast.SelectionSet, typ string) ([]*ast.Field, bool)

// compiler compiles selection sets for a plan.
type compiler struct {
	flatten Flatten
	shown   func(typ, field string) bool // whether everybody for whom the plan may be run sees a field
	most    int                          // how long an answer may grow, in bytes: lists end where it is longer
}

// step writes one field of an object with its key, and what stands before the key.
type step[T any] struct {
	key   []byte
	write Writer[T]
}

// compile makes what writes a selection set on the object; false when only Execute
// can answer it.
func (o *Object[T]) compile(c *compiler, set *ast.SelectionSet) (Writer[T], bool) {
	selected, ok := c.flatten(set, o.name)
	if !ok {
		return nil, false
	}
	steps := make([]step[T], 0, len(selected))
	for i, f := range selected {
		st := step[T]{key: append([]byte{'{'}, Key(f)...)}
		if i > 0 {
			st.key[0] = ','
		}
		if name := f.Name.Value; name == "__typename" {
			st.write = func(b []byte, _ *T) []byte { return jsontext.AppendString(b, o.name) }
		} else if st.write, ok = o.writer(c, f); !ok {
			return nil, false
		}
		steps = append(steps, st)
	}
	return func(b []byte, v *T) []byte {
		for i := range steps {
			st := &steps[i]
			b = st.write(append(b, st.key...), v)
		}
		return append(b, '}')
	}, true
}

// writer compiles one field.
func (o *Object[T]) writer(c *compiler, f *ast.Field) (Writer[T], bool) {
	name := f.Name.Value
	i := slices.IndexFunc(o.fields, func(x Field[T]) bool { return x.name == name })
	if i < 0 || o.fields[i].compile == nil || len(f.Arguments) > 0 || !c.shown(o.name, name) {
		return nil, false
	}
	return o.fields[i].compile(c, f.SelectionSet)
}

// Key is the key of a field as it is written: with quotes and a colon.
func Key(f *ast.Field) []byte {
	return append(jsontext.AppendString(nil, response.Key(f)), ':')
}

// table is all fields of all objects, by "Type.field".
type table map[string]bound

// bound is a field, whatever its object's Go value.
type bound struct {
	typ     string
	open    bool
	resolve resolver
}

// declared is an object, whatever its Go value.
type declared interface{ declare(table) }

func (o *Object[T]) declare(t table) {
	for _, f := range o.fields {
		t[o.name+"."+f.name] = bound{f.typ, f.open, func(c *call) (any, error) {
			v, ok := c.src.(*T)
			if !ok {
				return nil, fmt.Errorf("%s.%s: asked of a %T", o.name, f.name, c.src)
			}
			return f.resolve(c, v)
		}}
	}
}
