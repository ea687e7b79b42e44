package request

import (
	"math"

	"github.com/graphql-go/graphql/language/ast"

	"credithub/schema/fault"
)

// Sound holds values against the built-in scalars that they are declared
// to be: graphql-go would take an object or a number for a String and write it as
// Go does (GraphQL, October 2021, 3.5 and 6.1.2). What is missing, null, or of a
// type of our own, Execute looks at.
func Sound(op *ast.OperationDefinition, vars map[string]any) error {
	for _, d := range op.VariableDefinitions {
		name := d.Variable.Name.Value
		if want := unsound(d.Type, vars[name]); want != "" {
			return fault.New(fault.BadInput, "variables: $%s must be of type %s", name, want)
		}
	}
	return nil
}

// unsound gives the scalar that a value is not, "" when it is sound.
func unsound(t ast.Type, v any) string {
	if v == nil {
		return ""
	}
	switch t := t.(type) {
	case *ast.NonNull:
		return unsound(t.Type, v)
	case *ast.List:
		all, ok := v.([]any)
		if !ok {
			return unsound(t.Type, v) // one value stands for a list of it
		}
		for _, v := range all {
			if want := unsound(t.Type, v); want != "" {
				return want
			}
		}
	case *ast.Named:
		if name := t.Name.Value; !isScalar(name, v) {
			return name
		}
	}
	return ""
}

func isScalar(name string, v any) bool {
	_, text := v.(string)
	number, isNumber := v.(float64)
	whole := isNumber && number == math.Trunc(number)
	switch name {
	case "String":
		return text
	case "ID":
		return text || whole
	case "Int":
		return whole && math.Abs(number) <= math.MaxInt32
	case "Float":
		return isNumber
	case "Boolean":
		_, ok := v.(bool)
		return ok
	}
	return true
}
