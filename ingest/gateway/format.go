package gateway

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"credithub/ingest/body"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// form is how the records of a body are written.
type form uint8

const (
	ndjson form = iota
	jsonBody
	csv
	xlsx
)

// format is what the request says about its body.
type format struct {
	form   form
	domain record.Domain // of ?domain=; NoDomain when absent
	kind   *record.KindSpec
	// options say how a table is read: the declared charset, and the headings that
	// ?ignore= names, each with a comma between or a parameter of its own.
	options body.Options
}

var forms = map[string]form{
	"application/x-ndjson":     ndjson,
	"application/ndjson":       ndjson,
	"application/jsonl":        ndjson,
	"application/json":         jsonBody,
	"text/csv":                 csv,
	"application/csv":          csv,
	"application/vnd.ms-excel": xlsx, // what browsers say of .xls and sometimes of .xlsx
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": xlsx,
}

// parseFormat reads Content-Type, domain and kind of a request.
func parseFormat(r *http.Request) (f format, err error) {
	typ := r.Header.Get("Content-Type")
	if typ == "" && r.ContentLength == 0 {
		typ = "application/x-ndjson" // a heartbeat needs no type
	}
	media, params, err := mime.ParseMediaType(typ)
	form, known := forms[strings.ToLower(media)]
	if err != nil || !known {
		return f, fault.New(fault.MediaType, "the content type must be application/x-ndjson, application/json, text/csv or "+
			"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	}
	f.form = form
	q := r.URL.Query()
	if cs := params["charset"]; cs != "" && form != xlsx {
		name, ok := body.Charset(cs)
		if !ok {
			return f, fault.New(fault.MediaType, "the charset is not known: declare one of %s, or none", body.Charsets)
		}
		if form != csv && name != "utf-8" {
			return f, fault.New(fault.MediaType, "JSON is read in UTF-8 only (charset=utf-8), and the charset says otherwise")
		}
		f.options.Charset = name
	}
	for _, names := range q["ignore"] {
		f.options.Ignore = append(f.options.Ignore, strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == '，' })...)
	}
	if name := q.Get("domain"); name != "" {
		if f.domain = record.ParseDomain(name); f.domain == record.NoDomain {
			return f, fault.New(fault.BadInput, "the parameter domain names no domain of the catalogue")
		}
	}
	if form == ndjson || form == jsonBody {
		return f, nil
	}
	return f, f.table(q.Get("kind"))
}

// table finds the kind of the rows of a table.
func (f *format) table(kind string) error {
	if f.domain == record.NoDomain {
		return fault.New(fault.BadInput, "a table needs the parameter domain, such as ?domain=penalty")
	}
	if f.kind = record.FindKind(f.domain, kind); f.kind != nil {
		return nil
	}
	kinds := record.Kinds(f.domain)
	if kind == "" && len(kinds) == 1 {
		f.kind = &kinds[0]
		return nil
	}
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = kinds[i].Name
	}
	return fault.New(fault.BadInput, "the parameter kind must be one of %s for the domain %s", strings.Join(names, ", "), f.domain)
}

// open makes the source of a body's rows. The caller calls done when it has
// read them.
func (g *Gateway) open(buf *buffer, f format) (src body.Source, done func(), err error) {
	done = func() {}
	lim := g.Limits.Rows
	switch f.form {
	case ndjson:
		if emptyArray(buf.b) {
			return body.Empty(), done, nil
		}
		src, err = body.NDJSON(buf.b, lim)
	case jsonBody:
		src, err = body.JSON(buf.b, lim)
	case csv:
		if f.options.Charset != "" && !buf.extend(int64(2*len(buf.b))) { // the text is written anew in UTF-8
			return nil, nil, errFull
		}
		src, err = body.CSV(buf.b, f.kind, f.options, lim)
	case xlsx:
		return g.openWorkbook(buf, f)
	}
	return src, done, err
}

// emptyArray tells whether a body is nothing, as JSON has it.
func emptyArray(b []byte) bool {
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	return len(b) >= 2 && b[0] == '[' && b[len(b)-1] == ']' && len(bytes.TrimSpace(b[1:len(b)-1])) == 0
}

// workbookMemory is what reading a workbook takes beside its body: parts below
// the spill limit, tables of strings, one row.
const workbookMemory = 48 << 20

// openWorkbook reads XLSX, of which few may be open at once.
func (g *Gateway) openWorkbook(buf *buffer, f format) (body.Source, func(), error) {
	if len(buf.b) == 0 {
		return body.Empty(), func() {}, nil
	}
	select {
	case g.workbooks <- struct{}{}:
	default:
		return nil, nil, errFull
	}
	if !buf.extend(workbookMemory) {
		<-g.workbooks
		return nil, nil, errFull
	}
	book, err := body.XLSX(buf.b, f.kind, f.options, g.Limits.Rows, g.Limits.Spill)
	if err != nil {
		<-g.workbooks
		return nil, nil, err
	}
	return book, func() {
		if err := book.Close(); err != nil {
			g.Log.Error("temporary files of a workbook remain", "error", err)
		}
		<-g.workbooks
	}, nil
}
