package column

import (
	"slices"
	"time"

	"credithub/schema/civil"
)

// Lift gives columns of what rows O hold within them: list.Entry within a row of
// entries.
func Lift[O, R any](columns []Column[R], within func(*O) *R) []Column[O] {
	out := make([]Column[O], len(columns))
	for i := range columns {
		c := &columns[i]
		out[i] = Column[O]{Name: c.Name, Type: c.Type, Kind: c.Kind, Names: c.Names, access: lift(c.access, within)}
	}
	return out
}

func lift[O, R any](access any, within func(*O) *R) any {
	switch a := access.(type) {
	case Access[R, string]:
		return through(a, within)
	case Access[R, []byte]:
		return through(a, within)
	case Access[R, uint8]:
		return through(a, within)
	case Access[R, uint16]:
		return through(a, within)
	case Access[R, uint32]:
		return through(a, within)
	case Access[R, uint64]:
		return through(a, within)
	case Access[R, int64]:
		return through(a, within)
	case Access[R, bool]:
		return through(a, within)
	case Access[R, civil.Date]:
		return through(a, within)
	case Access[R, time.Time]:
		return through(a, within)
	}
	panic("column: access of an unknown type")
}

func through[O, R, V any](a Access[R, V], within func(*O) *R) Access[O, V] {
	return Access[O, V]{func(o *O) V { return a.Get(within(o)) }, func(o *O, v V) { a.Set(within(o), v) }}
}

// Pick gives the columns of some names, in their order. A name that is none is a fault
// of the program.
func Pick[R any](columns []Column[R], names ...string) []Column[R] {
	out := make([]Column[R], len(names))
	for i, name := range names {
		at := slices.IndexFunc(columns, func(c Column[R]) bool { return c.Name == name })
		if at < 0 {
			panic("column: no column " + name)
		}
		out[i] = columns[at]
	}
	return out
}

// Undated makes every day of a row an absent one.
func Undated[R any](columns []Column[R], r *R) {
	for i := range columns {
		if a, ok := columns[i].access.(Access[R, civil.Date]); ok {
			a.Set(r, civil.NoDate)
		}
	}
}
