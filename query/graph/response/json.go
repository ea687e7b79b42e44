package response

import (
	"encoding/json"
	"strconv"

	"credithub/schema/jsontext"
)

// appendValue writes a value that Execute made, in the order of the shape.
func appendValue(b []byte, v any, sh *Shape) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return jsontext.AppendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case json.RawMessage:
		return append(b, v...)
	case []any:
		b = append(b, '[')
		for _, e := range v {
			b = appendValue(jsontext.AppendComma(b), e, sh)
		}
		return append(b, ']')
	case map[string]any:
		return AppendObject(b, v, sh)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, raw...)
}

// AppendObject writes an object that Execute made, in the order of the shape.
func AppendObject(b []byte, m map[string]any, sh *Shape) []byte {
	b = append(b, '{')
	for i := range sh.Fields {
		f := &sh.Fields[i]
		v, ok := m[f.Key]
		if !ok {
			continue
		}
		b = appendValue(jsontext.AppendKey(b, f.Key), v, f.Sub)
	}
	return append(b, '}')
}
