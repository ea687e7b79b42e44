package fields

import (
	"encoding/json"
	"time"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"

	"credithub/schema/civil"
)

// scalars are the readers and writers of the scalars that schema.graphql
// declares. Readers give nil for what they refuse.
var scalars = map[string]graphql.ScalarConfig{
	"Date":     {Serialize: writeDate, ParseValue: readDate, ParseLiteral: stringLiteral(readDate)},
	"DateTime": {Serialize: writeDateTime, ParseValue: readDateTime, ParseLiteral: stringLiteral(readDateTime)},
	"JSON":     {Serialize: writeJSON, ParseValue: func(v interface{}) interface{} { return v }, ParseLiteral: anyLiteral},
}

// stringLiteral reads a literal by the reader of variables.
func stringLiteral(read func(interface{}) interface{}) graphql.ParseLiteralFn {
	return func(v ast.Value) interface{} {
		if s, ok := v.(*ast.StringValue); ok {
			return read(s.Value)
		}
		return nil
	}
}

func writeDate(v interface{}) interface{} {
	if d, ok := v.(civil.Date); ok && d != civil.NoDate {
		return d.String()
	}
	return nil
}

func readDate(v interface{}) interface{} {
	s, _ := v.(string)
	if d, ok := civil.ParseDate(s); ok {
		return d
	}
	return nil
}

// dateTimeLayout is how instants are written: UTC, to the millisecond, which is
// as fine as the hub keeps them.
const dateTimeLayout = "2006-01-02T15:04:05.000Z"

func writeDateTime(v interface{}) interface{} {
	if t, ok := v.(time.Time); ok && !t.IsZero() {
		return t.UTC().Format(dateTimeLayout)
	}
	return nil
}

func readDateTime(v interface{}) interface{} {
	s, _ := v.(string)
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC()
	}
	return nil
}

func writeJSON(v interface{}) interface{} {
	if raw, ok := v.(json.RawMessage); ok && json.Valid(raw) {
		return raw
	}
	return nil
}

// anyLiteral reads a literal of any shape. No argument is JSON today.
func anyLiteral(v ast.Value) interface{} {
	switch v := v.(type) {
	case *ast.StringValue:
		return v.Value
	case *ast.BooleanValue:
		return v.Value
	case *ast.IntValue:
		return json.RawMessage(v.Value)
	case *ast.FloatValue:
		return json.RawMessage(v.Value)
	}
	return nil
}
