package body

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"credithub/schema/fault"
)

// encoding is how the text of a CSV body is written.
type encoding uint8

const (
	encUTF8 encoding = iota
	encGB18030
)

// String is the name for messages.
func (e encoding) String() string {
	if e == encGB18030 {
		return "GB18030"
	}
	return "UTF-8"
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
