package column

import (
	"slices"

	"credithub/schema/civil"
)

// Lift gives columns of what rows O hold within them: list.Entry within a row of
// entries.
func Lift[O, R any](columns []Column[R], within func(*O) *R) []Column[O] {
	base := offset(within)
	out := make([]Column[O], len(columns))
	for i, c := range columns {
		out[i] = Column[O]{Name: c.Name, Type: c.Type, Kind: c.Kind, Names: c.Names, value: c.value, off: base + c.off}
	}
	return out
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

// Without gives the columns but for some, which must be there.
func Without[R any](columns []Column[R], names ...string) []Column[R] {
	Pick(columns, names...)
	return slices.DeleteFunc(slices.Clone(columns), func(c Column[R]) bool { return slices.Contains(names, c.Name) })
}

// Undated makes every day of a row an absent one.
func Undated[R any](columns []Column[R], r *R) {
	for i := range columns {
		if f, ok := columns[i].Field().(Field[R, civil.Date]); ok {
			*f.At(r) = civil.NoDate
		}
	}
}
