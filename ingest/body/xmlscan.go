package body

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// xmlScanner reads the XML of workbooks token by token, in constant memory: UTF-8,
// without document types, with matched tags. It is some ten times as fast as
// encoding/xml, which a sheet of many rows needs. Slices hold until the next call of
// next.
type xmlScanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	eof      bool

	name  []byte // local name of the element that starts or ends
	attrs []byte // of one that starts, as they stand
	text  []byte // as it stands, or whole when it is CDATA
	cdata bool

	open   []byte // names of the open elements, one after the other
	lens   []int
	ended  bool // an element without content: its end comes next
	rooted bool
}

type xmlToken uint8

const (
	xmlStart xmlToken = iota
	xmlEnd
	xmlText
	xmlEOF
)

// Limits of the XML of workbooks; Excel keeps far below them.
const (
	xmlBuffer   = 64 << 10
	maxXMLToken = 4 << 20
	maxXMLDepth = 256
)

var errXML = errors.New("body: damaged XML")

func newXMLScanner(r io.Reader) *xmlScanner { return &xmlScanner{r: r, buf: make([]byte, xmlBuffer)} }

// more reads on; what stands behind pos stays.
func (s *xmlScanner) more() error {
	if s.eof {
		return io.ErrUnexpectedEOF
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end, s.pos = s.end-s.pos, 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= maxXMLToken {
			return errXML
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.r.Read(s.buf[s.end:])
	s.end += n
	if errors.Is(err, io.EOF) {
		s.eof = true
		return nil
	}
	return err
}

// need makes n bytes stand behind pos.
func (s *xmlScanner) need(n int) error {
	for s.end-s.pos < n {
		if err := s.more(); err != nil {
			return err
		}
	}
	return nil
}

// index is the place of c behind pos+from, from pos.
func (s *xmlScanner) index(from int, c byte) (int, error) {
	for {
		if i := bytes.IndexByte(s.buf[min(s.pos+from, s.end):s.end], c); i >= 0 {
			return from + i, nil
		}
		from = s.end - s.pos
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// until is the place behind an end mark that begins behind pos+from, from pos.
func (s *xmlScanner) until(from int, mark string) (int, error) {
	for {
		i, err := s.index(from, mark[len(mark)-1])
		if err != nil {
			return 0, err
		}
		if from = i + 1; i+1 >= len(mark) && string(s.buf[s.pos+i+1-len(mark):s.pos+i+1]) == mark {
			return i + 1, nil
		}
	}
}

// next gives the next token; comments and instructions are passed over.
func (s *xmlScanner) next() (xmlToken, error) {
	if s.ended {
		s.ended = false
		return xmlEnd, s.pop(nil)
	}
	for {
		if s.pos == s.end {
			if s.eof {
				return xmlEOF, s.whole()
			}
			if err := s.more(); err != nil {
				return 0, err
			}
			continue
		}
		if s.buf[s.pos] != '<' {
			return s.run()
		}
		if err := s.need(2); err != nil {
			return 0, err
		}
		switch s.buf[s.pos+1] {
		case '?':
			n, err := s.until(2, "?>")
			if err != nil {
				return 0, err
			}
			if !utf8Declared(s.buf[s.pos : s.pos+n]) {
				return 0, errXML
			}
			s.pos += n
		case '!':
			if token, done, err := s.bang(); done || err != nil {
				return token, err
			}
		case '/':
			n, err := s.index(2, '>')
			if err != nil {
				return 0, err
			}
			name := bytes.TrimRight(s.buf[s.pos+2:s.pos+n], " \t\r\n")
			s.pos += n + 1
			return xmlEnd, s.pop(name)
		default:
			return xmlStart, s.start()
		}
	}
}

// utf8Declared tells whether an instruction declares no other encoding.
func utf8Declared(b []byte) bool {
	if !bytes.HasPrefix(b, []byte("<?xml ")) || !bytes.Contains(b, []byte("encoding")) {
		return true
	}
	low := bytes.ToLower(b)
	return bytes.Contains(low, []byte("utf-8")) || bytes.Contains(low, []byte("us-ascii"))
}

// whole tells whether the document may end here.
func (s *xmlScanner) whole() error {
	if len(s.lens) > 0 || !s.rooted {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// run gives the text up to the next tag.
func (s *xmlScanner) run() (xmlToken, error) {
	n, err := s.index(0, '<')
	if errors.Is(err, io.ErrUnexpectedEOF) {
		n, err = s.end-s.pos, nil
	}
	if err != nil {
		return 0, err
	}
	s.text, s.cdata = s.buf[s.pos:s.pos+n], false
	s.pos += n
	if len(s.lens) == 0 && len(bytes.Trim(bytes.TrimPrefix(s.text, utf8BOM), " \t\r\n")) > 0 {
		return 0, errXML
	}
	return xmlText, nil
}

// bang passes over a comment and gives CDATA.
func (s *xmlScanner) bang() (token xmlToken, done bool, err error) {
	const cdata = "<![CDATA["
	if err := s.need(4); err != nil {
		return 0, false, err
	}
	if string(s.buf[s.pos:s.pos+4]) == "<!--" {
		n, err := s.until(7, "-->") // nothing of the opening mark is one of the end's
		if err == nil {
			s.pos += n
		}
		return 0, false, err
	}
	if err := s.need(len(cdata)); err != nil {
		return 0, false, err
	}
	if string(s.buf[s.pos:s.pos+len(cdata)]) != cdata || len(s.lens) == 0 {
		return 0, false, errXML // a document type
	}
	n, err := s.until(len(cdata), "]]>")
	if err != nil {
		return 0, false, err
	}
	s.text, s.cdata = s.buf[s.pos+len(cdata):s.pos+n-3], true
	s.pos += n
	return xmlText, true, nil
}

// start reads an opening tag.
func (s *xmlScanner) start() error {
	n, err := s.index(1, '>')
	for err == nil && quoteOpen(s.buf[s.pos:s.pos+n]) { // > may stand in a value
		n, err = s.index(n+1, '>')
	}
	if err != nil {
		return err
	}
	tag := s.buf[s.pos+1 : s.pos+n]
	s.pos += n + 1
	if s.ended = len(tag) > 0 && tag[len(tag)-1] == '/'; s.ended {
		tag = tag[:len(tag)-1]
	}
	name := tag
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		name, s.attrs = tag[:i], tag[i:]
	} else {
		s.attrs = nil
	}
	if len(name) == 0 || len(s.lens) == maxXMLDepth || len(s.lens) == 0 && s.rooted {
		return errXML
	}
	s.rooted = true
	s.open, s.lens = append(s.open, name...), append(s.lens, len(name))
	s.name = local(name)
	return nil
}

// quoteOpen tells whether a tag breaks off inside a value.
func quoteOpen(tag []byte) bool {
	var quote byte
	for _, c := range tag {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return quote != 0
}

// pop ends the innermost element, which must have that name; nil: whatever it is.
func (s *xmlScanner) pop(name []byte) error {
	top := len(s.lens) - 1
	if top < 0 {
		return errXML
	}
	from := len(s.open) - s.lens[top]
	if name != nil && string(s.open[from:]) != string(name) {
		return errXML
	}
	s.name = local(s.open[from:])
	s.open, s.lens = s.open[:from], s.lens[:top]
	return nil
}

func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// attr is the value of an attribute by its local name, as it stands; nil: none.
func (s *xmlScanner) attr(name string) []byte {
	rest := s.attrs
	for {
		eq := bytes.IndexByte(rest, '=')
		if eq < 0 {
			return nil
		}
		key := bytes.Trim(rest[:eq], " \t\r\n")
		rest = bytes.TrimLeft(rest[eq+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return nil
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil
		}
		if string(local(key)) == name {
			return rest[1 : 1+end]
		}
		rest = rest[end+2:]
	}
}

// isTrue reads a boolean of XML Schema.
func isTrue(b []byte) bool { return string(b) == "1" || string(b) == "true" }

// appendText appends the text at hand with its references resolved.
func (s *xmlScanner) appendText(dst []byte) ([]byte, error) {
	if s.cdata {
		return append(dst, s.text...), nil
	}
	return appendXML(dst, s.text)
}

// appendXML appends text with its references resolved.
func appendXML(dst, b []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(dst, b...), nil
		}
		dst = append(dst, b[:i]...)
		b = b[i+1:]
		end := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if end < 0 {
			return dst, errXML
		}
		r, ok := reference(string(b[:end]))
		if !ok {
			return dst, errXML
		}
		dst, b = utf8.AppendRune(dst, r), b[end+1:]
	}
}

func reference(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' || digits[0] == 'X' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}

// appendEscaped appends text of a workbook, in which _x000D_ stands for a
// character that XML can't hold.
func appendEscaped(dst, b []byte) []byte {
	for {
		i := bytes.Index(b, []byte("_x"))
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		b = b[i:]
		if len(b) >= 7 && b[6] == '_' {
			if n, err := strconv.ParseUint(string(b[2:6]), 16, 16); err == nil {
				dst, b = utf8.AppendRune(dst, rune(n)), b[7:]
				continue
			}
		}
		dst, b = append(dst, "_x"...), b[2:]
	}
}
