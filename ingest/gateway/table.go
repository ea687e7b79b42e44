package gateway

import (
	"bytes"
	lines "encoding/csv"

	"github.com/xuri/excelize/v2"

	"credithub/schema/fault"
)

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// writeCSV writes with a mark of UTF-8, so that spreadsheet programs read it as such.
func writeCSV(header []string, rows [][]string) ([]byte, error) {
	b := bytes.NewBufferString("\xef\xbb\xbf")
	w := lines.NewWriter(b)
	w.UseCRLF = true
	_ = w.Write(header) // to memory: fails never
	_ = w.WriteAll(rows)
	w.Flush()
	return b.Bytes(), nil
}

// writeXLSX writes all cells as texts, so that no code turns into a number.
func writeXLSX(header []string, rows [][]string) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for r, cells := range append([][]string{header}, rows...) {
		at, err := excelize.CoordinatesToCellName(1, r+1)
		if err == nil {
			err = f.SetSheetRow("Sheet1", at, &cells)
		}
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "the file could not be written")
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the file could not be written")
	}
	return b.Bytes(), nil
}
