package body

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"

	"credithub/schema/fault"
)

const saveAs = ": open it in a spreadsheet program and save it as XLSX (Excel Workbook, Excel 工作簿), or as CSV"

// isXML2003 tells whether a body is an XML Spreadsheet 2003.
func isXML2003(b []byte) bool {
	head := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(b[:min(len(b), 4096)], utf8BOM), " \t\r\n"))
	return bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte("urn:schemas-microsoft-com:office:spreadsheet")) ||
		bytes.HasPrefix(head, []byte("<workbook"))
}

// notXLSX says what a body is that was sent as XLSX and is none, nil when it
// begins like one. Portals hand out many things under .xls and .xlsx.
func notXLSX(b []byte) error {
	head := b[:min(len(b), 4096)]
	lower := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head, utf8BOM), " \t\r\n")))
	is := func(what string) error { return fault.New(fault.MediaType, "the file is no XLSX but %s", what+saveAs) }
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil
	case bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return is("an empty ZIP archive")
	case bytes.HasPrefix(head, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		if bytes.Contains(b, utf16le("EncryptedPackage")) {
			return is("a workbook locked by a password")
		}
		return is("an older Excel workbook or another compound file (.xls, no readable BIFF8)")
	case bytes.HasPrefix(head, []byte{0x09, 0x08}), bytes.HasPrefix(head, []byte{0x09, 0x04}), bytes.HasPrefix(head, []byte{0x09, 0x02}):
		return is("an Excel workbook of before 1997 (.xls, BIFF)")
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"), strings.HasPrefix(lower, "<table"),
		strings.HasPrefix(lower, "<meta"), strings.HasPrefix(lower, "<?xml") && strings.Contains(lower, "<html"):
		return is("an HTML page")
	case strings.HasPrefix(lower, "<?xml"):
		return is("an XML document")
	case strings.HasPrefix(lower, "{\\rtf"):
		return is("an RTF document")
	case strings.HasPrefix(lower, "%pdf"):
		return is("a PDF document")
	case strings.HasPrefix(lower, "{"), strings.HasPrefix(lower, "["):
		return is("JSON; send it as application/json")
	case bytes.IndexByte(head, 0) < 0 && (strings.Contains(lower, ",") || strings.Contains(lower, "\t")):
		return is("text with separators, perhaps CSV; send that as text/csv")
	}
	return is("something else")
}

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := 0; i < len(s); i++ {
		b = append(b, s[i], 0)
	}
	return b
}

// otherPackage says what a ZIP archive is that has no workbook.
func otherPackage(z *zip.Reader) error {
	what := "a ZIP archive"
	for _, f := range z.File {
		switch {
		case f.Name == "mimetype" && f.UncompressedSize64 < 200:
			if r, err := f.Open(); err == nil {
				b, _ := io.ReadAll(io.LimitReader(r, 200))
				_ = r.Close()
				if bytes.Contains(b, []byte("opendocument")) {
					what = "an OpenDocument file (.ods)"
				}
			}
		case strings.HasPrefix(f.Name, "word/"):
			what = "a Word document (.docx)"
		case strings.HasPrefix(f.Name, "ppt/"):
			what = "a presentation (.pptx)"
		case f.Name == "xl/workbook.bin":
			what = "a binary workbook (.xlsb)"
		}
	}
	return fault.New(fault.MediaType, "the file is no XLSX but %s", what+saveAs)
}
