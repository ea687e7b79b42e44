package body

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"credithub/schema/fault"
)

// encoding is how the text of a CSV body is written.
type encoding uint8

const (
	encUTF8 encoding = iota
	encGB18030
	encDeclared // any other that the sender declares; the text was made UTF-8
)

// String is the name for messages.
func (e encoding) String() string {
	switch e {
	case encGB18030:
		return "GB18030"
	case encDeclared:
		return "text of the declared charset"
	}
	return "UTF-8"
}

// Charsets are the encodings that senders of CSV usually declare; every name and
// alias of the WHATWG Encoding Standard is known.
const Charsets = "utf-8, utf-16, gb18030, gbk, gb2312, big5, iso-8859-1, windows-1252, shift_jis, euc-kr"

// Charset gives the usual name of a declared encoding, false when it is not known.
func Charset(name string) (string, bool) {
	switch name = strings.ToLower(strings.Trim(name, " \"'")); strings.NewReplacer("-", "", "_", "").Replace(name) {
	case "utf8", "usascii", "ascii":
		return "utf-8", true
	case "utf16":
		return "utf-16", true
	case "cp936", "gb23121980", "euccn", "hzgb2312":
		name = "gbk"
	case "gb18030", "gb180302000", "gb180302005", "gb180302022":
		name = "gb18030"
	case "cp950", "big5hkscs", "big5eten":
		name = "big5"
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return "", false
	}
	found, err := htmlindex.Name(enc)
	if err != nil || found == "replacement" || found == "x-user-defined" {
		return "", false
	}
	return found, true
}

// declared gives the text of a CSV body in the encoding that its sender declares. A
// mark at its head counts more, as in every browser.
func declared(b []byte, charset string) ([]byte, encoding, error) {
	name, ok := Charset(charset)
	switch {
	case !ok:
		return nil, 0, fault.New(fault.MediaType, "the charset is not known: declare one of %s, or none", Charsets)
	case bytes.HasPrefix(b, utf8BOM), bytes.HasPrefix(b, []byte{0xff, 0xfe}), bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return detect(b)
	case name == "utf-8":
		return b, encUTF8, nil
	case utf8.Valid(b) && bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF }):
		return nil, 0, fault.New(fault.BadInput, "the body is written in UTF-8 and not in %s, as its charset says: declare utf-8, or none", name)
	case name == "gbk" || name == "gb18030":
		return bytes.TrimPrefix(b, marks[encGB18030]), encGB18030, nil
	}
	if name == "utf-16" {
		name = "utf-16le"
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil, 0, fault.Wrap(fault.MediaType, err, "the charset is not known: declare one of %s, or none", Charsets)
	}
	text, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return nil, 0, fault.Wrap(fault.BadInput, err, "the body can't be read in the declared charset; nothing was accepted")
	}
	return text, encDeclared, nil
}

// maxSampleLines bounds how many lines with Chinese text decide the encoding.
const maxSampleLines = 2000

// detect tells the encoding of a CSV body and gives its text without a mark: a
// BOM first, then strict UTF-8, then GB18030, which Chinese Excel writes without
// any mark. A body that is UTF-8 but for some broken rows stays UTF-8, so that
// only those rows are refused: text in GB18030 is hardly ever valid UTF-8 by
// chance, so the lines vote.
func detect(b []byte) ([]byte, encoding, error) {
	switch {
	case bytes.HasPrefix(b, utf8BOM):
		return b[len(utf8BOM):], encUTF8, nil
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}), bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b)
		if err != nil {
			return nil, 0, fault.Wrap(fault.BadInput, err, "unreadable UTF-16 text: save it as UTF-8")
		}
		return text, encUTF8, nil
	case bytes.HasPrefix(b, []byte{0x84, 0x31, 0x95, 0x33}):
		return b[4:], encGB18030, nil
	case utf8.Valid(b):
		return b, encUTF8, nil
	}
	good, bad := 0, 0
	for rest := b; len(rest) > 0 && good+bad < maxSampleLines; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if ascii(line) {
			continue
		}
		if utf8.Valid(line) {
			good++
		} else {
			bad++
		}
	}
	if good > bad {
		return b, encUTF8, nil
	}
	return b, encGB18030, nil
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fromGB18030 decodes strictly: false when a byte fits no character.
func fromGB18030(b []byte) (string, bool) {
	if ascii(b) {
		return string(b), true
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) && !bytes.Contains(b, []byte{0x84, 0x31, 0xa4, 0x37}) {
		return "", false
	}
	return string(out), true
}

// allBlank tells whether no cell has text.
func allBlank(cells []string) bool {
	for _, c := range cells {
		if clean(c) != "" {
			return false
		}
	}
	return true
}
