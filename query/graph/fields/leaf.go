package fields

import (
	"strconv"
	"time"

	"github.com/graphql-go/graphql/language/ast"

	"credithub/schema/civil"
	"credithub/schema/jsontext"
)

// Leaves. Each is named for its type in schema.graphql; what may be null ends in
// OrNull, and is null where its accessor has nothing to say.

func leaf[T any](name, typ string, write Writer[T], value func(*T) any) Field[T] {
	return Field[T]{
		name: name, typ: typ,
		compile: func(*compiler, *ast.SelectionSet) (Writer[T], bool) { return write, true },
		resolve: func(_ *call, v *T) (any, error) { return value(v), nil },
	}
}

func id[T any](name string, get func(*T) string) Field[T] {
	f := text(name, get)
	f.typ = "ID!"
	return f
}

func text[T any](name string, get func(*T) string) Field[T] {
	return leaf(name, "String!",
		func(b []byte, v *T) []byte { return jsontext.AppendString(b, get(v)) },
		func(v *T) any { return get(v) })
}

// textOrNull is null where the text is empty.
func textOrNull[T any](name string, get func(*T) string) Field[T] {
	return leaf(name, "String",
		func(b []byte, v *T) []byte {
			if s := get(v); s != "" {
				return jsontext.AppendString(b, s)
			}
			return append(b, "null"...)
		},
		func(v *T) any {
			if s := get(v); s != "" {
				return s
			}
			return nil
		})
}

// texts is a list of texts.
func texts[T any](name string, get func(*T) []string) Field[T] {
	return leaf(name, "[String!]!",
		func(b []byte, v *T) []byte {
			b = append(b, '[')
			for _, s := range get(v) {
				b = jsontext.AppendString(jsontext.AppendComma(b), s)
			}
			return append(b, ']')
		},
		func(v *T) any { return anyOf(get(v)) })
}

// enum is a value of an enum, by its name.
func enum[T any](name, of string, get func(*T) string) Field[T] {
	f := text(name, get)
	f.typ = of + "!"
	return f
}

func boolean[T any](name string, get func(*T) bool) Field[T] {
	return leaf(name, "Boolean!",
		func(b []byte, v *T) []byte { return strconv.AppendBool(b, get(v)) },
		func(v *T) any { return get(v) })
}

func number[T any](name string, get func(*T) int) Field[T] {
	return leaf(name, "Int!",
		func(b []byte, v *T) []byte { return strconv.AppendInt(b, int64(get(v)), 10) },
		func(v *T) any { return get(v) })
}

func date[T any](name string, get func(*T) civil.Date) Field[T] {
	f := dateOrNull(name, get)
	f.typ = "Date!"
	return f
}

// dateOrNull is null for civil.NoDate.
func dateOrNull[T any](name string, get func(*T) civil.Date) Field[T] {
	return leaf(name, "Date",
		func(b []byte, v *T) []byte {
			if d := get(v); d != civil.NoDate {
				return append(d.AppendTo(append(b, '"')), '"')
			}
			return append(b, "null"...)
		},
		func(v *T) any { return get(v) })
}

func instant[T any](name string, get func(*T) time.Time) Field[T] {
	f := instantOrNull(name, get)
	f.typ = "DateTime!"
	return f
}

// instantOrNull is null for the zero time.
func instantOrNull[T any](name string, get func(*T) time.Time) Field[T] {
	return leaf(name, "DateTime",
		func(b []byte, v *T) []byte {
			if t := get(v); !t.IsZero() {
				return jsontext.AppendTime(b, t.UTC(), dateTimeLayout)
			}
			return append(b, "null"...)
		},
		func(v *T) any { return get(v) })
}
