package gateway

import (
	"bytes"
	lines "encoding/csv"
	"encoding/json"
	"strings"

	"github.com/xuri/excelize/v2"

	"credithub/schema/fault"
)

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// noteColumns are the headings of the reasons, which a push leaves out again.
var noteColumns = []string{"错误代码", "错误字段", "错误原因", "错误值"}

// layout is rows under one header.
type layout struct {
	header []string
	rows   [][]string
}

// arrange brings rejected rows under the headers with which they were sent; those
// that were sent as JSON under the names of their fields.
func arrange(rows []Refused, zh bool) ([]layout, error) {
	var out []layout
	at := map[string]int{}
	for i := range rows {
		names, cells := flat(rows[i].Row)
		key := strings.Join(names, "\x00")
		n, known := at[key]
		if !known {
			n = len(out)
			at[key] = n
			out = append(out, layout{header: append(append([]string{}, names...), noteColumns...)})
		}
		if zh {
			speakChinese(rows[i].Findings)
		}
		var notes [4][]string
		for _, f := range rows[i].Findings {
			for j, s := range []string{string(f.Code), f.Field, f.Message, f.Value} {
				notes[j] = append(notes[j], s)
			}
		}
		for _, n := range notes {
			cells = append(cells, strings.Join(n, "；"))
		}
		out[n].rows = append(out[n].rows, cells)
	}
	return out, nil
}

// flat gives the columns of a row: the headings of a table, or the fields of a
// record, its data beside its envelope.
func flat(row json.RawMessage) (names, cells []string) {
	d := json.NewDecoder(bytes.NewReader(row))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		if len(row) > 0 {
			return []string{"原文"}, []string{cellOf(row)}
		}
		return nil, nil
	}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var v json.RawMessage
		if err != nil || !ok || d.Decode(&v) != nil {
			return names, cells
		}
		switch {
		case name == "data" && len(v) > 0 && v[0] == '{':
			n, c := flat(v)
			names, cells = append(names, n...), append(cells, c...)
		case name == "domain" || name == "kind" || name == "unit": // of the push, not of the row
		default:
			names, cells = append(names, name), append(cells, cellOf(v))
		}
	}
	return names, cells
}

// cellOf is a JSON value as a cell.
func cellOf(v json.RawMessage) string {
	var s string
	switch {
	case json.Unmarshal(v, &s) == nil:
		return s
	case string(v) == "null":
		return ""
	}
	return string(v)
}

// writeCSV writes with a mark of UTF-8, so that spreadsheet programs read it as such.
// Rows under another header follow under it.
func writeCSV(all []layout) ([]byte, error) {
	b := bytes.NewBufferString("\xef\xbb\xbf")
	w := lines.NewWriter(b)
	w.UseCRLF = true
	for _, l := range all {
		_ = w.Write(l.header) // to memory: fails never
		_ = w.WriteAll(l.rows)
	}
	w.Flush()
	return b.Bytes(), nil
}

// writeXLSX writes every header on a sheet of its own. All cells are texts, so that
// no code turns into a number.
func writeXLSX(all []layout) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for i, l := range all {
		sheet := "Sheet" + string(rune('1'+i%9)) + strings.Repeat("x", i/9)
		if i > 0 {
			if _, err := f.NewSheet(sheet); err != nil {
				return nil, fault.Wrap(fault.Internal, err, "the file could not be written")
			}
		}
		for r, cells := range append([][]string{l.header}, l.rows...) {
			at, err := excelize.CoordinatesToCellName(1, r+1)
			if err == nil {
				err = f.SetSheetRow(sheet, at, &cells)
			}
			if err != nil {
				return nil, fault.Wrap(fault.Internal, err, "the file could not be written")
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the file could not be written")
	}
	return b.Bytes(), nil
}
