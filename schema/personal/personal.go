// Package personal finds what names, reaches or pays a person in a text: identity
// numbers of citizens, telephone numbers, e-mail addresses, bank cards and
// accounts. They are never public (政府信息公开条例 第十五条, 个人信息保护法 第二十五、二十八条),
// and nothing that the hub decides hangs on them.
//
// It promises to read digits of every script and width, with characters between
// that can't be seen, and in groups; and never to take a clean unified social
// credit code, a date, an amount or the number of a document for one of them. It
// does not read numbers that are spelled out in words.
package personal

import (
	"bytes"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"credithub/schema/uscc"
)

// Span is a part of a text, in bytes.
type Span struct{ From, To int }

// Kind says what a text is, which decides what a bare number in it may be.
type Kind uint8

// Kinds of texts.
const (
	Free       Kind = iota // prose: eleven digits of a mobile number are one
	Number                 // number of a document: they are one only after a word that says so
	Commitment             // number of a commitment: as Number, and one in the form of the standard names nobody
)

// Mask stands where something was cut.
const Mask = "***"

// Finder looks at texts, one after the other, and keeps its room between them.
type Finder struct{ c chain }

// Look appends where contacts and accounts stand in a text, in order, and tells
// whether an identity number stands in it.
func (f *Finder) Look(spans []Span, text []byte, kind Kind) (_ []Span, id bool) {
	if kind == Commitment && commitmentNo(text) {
		return spans, false
	}
	known, long := len(spans), false
	c := f.begin()
	for at := 0; c.next(text, &at); long = true {
		id = id || c.id()
		spans = c.contacts(spans, kind)
	}
	if c.mail {
		if spans = mails(spans, text); len(spans)-known > 1 {
			slices.SortFunc(spans[known:], func(x, y Span) int { return x.From - y.From })
		}
	}
	return spans, id || long && named(text)
}

// commitmentNo tells whether a text is the number of a commitment as the standard
// forms it: division (6), day (8) and a serial number (6). One in eleven holds what
// would do as an identity number. There were no commitments before 2010, so that the
// day is nobody's birthday who could sign one.
func commitmentNo(b []byte) bool {
	if len(b) != 20 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	day, err := time.Parse("20060102", string(b[6:14]))
	return err == nil && day.Year() >= 2010 && day.Year() < 2100 && uscc.KnownProvince(b[:6])
}

// FindID tells whether the identity number of a citizen stands in a text.
func (f *Finder) FindID(text []byte) bool {
	long := false
	c := f.begin()
	for at := 0; c.next(text, &at); long = true {
		if c.id() {
			return true
		}
	}
	return long && named(text)
}

func (f *Finder) begin() *chain {
	f.c.mail = false
	return &f.c
}

// Cut appends text with Mask in place of each span.
func Cut(dst, text []byte, spans []Span) []byte {
	done := 0
	for _, s := range spans {
		if s.From >= done {
			dst = append(append(dst, text[done:s.From]...), Mask...)
		}
		done = max(done, s.To)
	}
	return append(dst, text[done:]...)
}

// documents are numbers that a word calls those of a person's document, whether
// their check digit fits or not, in the form of 15 digits too.
var documents = regexp.MustCompile(`(?:身份证|身分证|护照|通行证)(?:件|号码|号|编号|为|是|[:：\s(（])*[A-Za-z]{0,2}[0-9０-９]{7,18}`)

var documentWords = [...][]byte{[]byte("身份证"), []byte("身分证"), []byte("护照"), []byte("通行证")}

func named(text []byte) bool {
	for _, w := range documentWords {
		if bytes.Contains(text, w) {
			return documents.Match(text)
		}
	}
	return false
}

// id tells whether an identity number stands in the chain: as a part of one run,
// as old taxpayer numbers have it, or as groups between separators of one kind.
func (c *chain) id() bool {
	var room [18]byte
	for i := range c.runs {
		r := &c.runs[i]
		if d := c.of(r); len(d) >= 17 {
			end := r.to
			if x := c.xAt(r.to); x > 0 {
				d = append(d, 'X') // of has no room left, so this is a copy
				end += x
			}
			code := len(d) == 18 && !wordBefore(c.text, r.from) && !wordAfter(c.text, end) && uscc.Check(d).Code == ""
			for j := 0; j+18 <= len(d) && !code; j++ {
				if uscc.CheckID(d[j : j+18]) {
					return true
				}
			}
		}
		if wordBefore(c.text, r.from) {
			continue
		}
		n, uniform := r.n, true
		for j := i + 1; j < len(c.runs) && n < 18; j++ {
			uniform = uniform && c.runs[j].sep == c.runs[i+1].sep
			n += c.runs[j].n
			if !uniform && !(j == i+2 && r.n == 6 && c.runs[i+1].n == 8) {
				continue
			}
			d := append(room[:0], c.digits[r.at:r.at+min(n, 18)]...)
			switch to := c.runs[j].to; {
			case n == 17 && (c.xEnds(to) || c.xEnds(to+c.runs[i+1].sep.width)):
				d = append(d, 'X')
			case n != 18 || wordAfter(c.text, to):
				continue
			}
			if uscc.CheckID(d) {
				return true
			}
		}
	}
	return false
}

// xAt is the length of an X at i.
func (c *chain) xAt(i int) int {
	t := c.text[min(i, len(c.text)):]
	switch {
	case len(t) > 0 && t[0]|0x20 == 'x':
		return 1
	case bytes.HasPrefix(t, []byte("Ｘ")) || bytes.HasPrefix(t, []byte("ｘ")):
		return 3
	}
	return 0
}

// xEnds tells whether an X at i is the end of a word.
func (c *chain) xEnds(i int) bool {
	n := c.xAt(i)
	return n > 0 && !wordAfter(c.text, i+n)
}

func wordByte(b byte) bool { return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' }

func wordBefore(text []byte, i int) bool { return i > 0 && wordByte(text[i-1]) }

func wordAfter(text []byte, i int) bool { return i < len(text) && wordByte(text[i]) }

// contacts appends the numbers to call and to pay to in the chain.
func (c *chain) contacts(spans []Span, kind Kind) []Span {
	for i := 0; i < len(c.runs); {
		n := c.contact(i, kind)
		if n > 0 {
			spans = append(spans, Span{c.runs[i].from, c.runs[i+n-1].to})
		}
		i += max(n, 1)
	}
	return spans
}

// contact tells how many runs, from the i-th on, are one number; 0 for none.
func (c *chain) contact(i int, kind Kind) int {
	from := c.runs[i].from
	said := saidBefore(c.text, from)
	if kind != Free && said == nothing || said == nothing && (wordBefore(c.text, from) || from > 0 && c.text[from-1] == '.') {
		return 0
	}
	for k := range shapes {
		s := &shapes[k]
		n := len(s.runs)
		if !c.fits(i, s) {
			continue
		}
		if said != nothing || c.ended(c.runs[i+n-1].to) {
			return n
		}
	}
	switch {
	case said == telephone && c.runs[i].n >= 7 && c.runs[i].n <= 8:
		return 1 // without its area code
	case said == account:
		n, total := 0, 0
		for ; i+n < len(c.runs) && (n == 0 || c.runs[i+n].sep.runes == 1); n++ {
			total += c.runs[i+n].n
		}
		if total >= 12 {
			return n
		}
	}
	return 0
}

// fits tells whether the runs from the i-th on have a shape.
func (c *chain) fits(i int, s *shape) bool {
	n := len(s.runs)
	if len(c.runs) < i+n {
		return false
	}
	total := 0
	for j, want := range s.runs {
		r := &c.runs[i+j]
		if r.n < want[0] || r.n > want[1] || j > 0 && r.sep.runes != 1 {
			return false
		}
		total += r.n
	}
	return s.plan.holds(c.digits[c.runs[i].at : c.runs[i].at+total])
}

// ended tells that a number may end at i: it is no head of a word, no amount and
// no document's number.
func (c *chain) ended(i int) bool {
	if i >= len(c.text) {
		return true
	}
	if wordByte(c.text[i]) || c.text[i] == '.' && wordAfter(c.text, i+1) {
		return false
	}
	r, _ := utf8.DecodeRune(c.text[i:])
	switch r {
	case '号', '元', '万', '亿', '美', '股':
		return false
	}
	return true
}

// shape is how the digits of a number are grouped: least and most of each run.
type shape struct {
	runs [][2]int
	plan plan
}

// plan is what the digits must hold beside their grouping.
type plan uint8

const (
	isMobile plan = iota
	isMobile86
	isFixed
	isCard
)

func (p plan) holds(d []byte) bool {
	switch p {
	case isMobile:
		return mobile(d)
	case isMobile86:
		return d[0] == '8' && d[1] == '6' && mobile(d[2:])
	case isFixed:
		return d[0] == '0' && d[1] != '0'
	}
	return card(d)
}

var shapes = []shape{
	{[][2]int{{11, 11}}, isMobile},
	{[][2]int{{13, 13}}, isMobile86},
	{[][2]int{{3, 3}, {4, 4}, {4, 4}}, isMobile},
	{[][2]int{{4, 4}, {3, 3}, {4, 4}}, isMobile},
	{[][2]int{{3, 3}, {8, 8}}, isMobile},
	{[][2]int{{7, 7}, {4, 4}}, isMobile},
	{[][2]int{{3, 4}, {7, 8}}, isFixed},
	{[][2]int{{16, 19}}, isCard},
	{[][2]int{{4, 4}, {4, 4}, {4, 4}, {4, 4}, {1, 3}}, isCard},
	{[][2]int{{4, 4}, {4, 4}, {4, 4}, {4, 4}}, isCard},
}

// mobile is the plan of mobile numbers: eleven digits from 13 to 19.
func mobile(d []byte) bool { return len(d) == 11 && d[0] == '1' && d[1] >= '3' }

// card is a card of a Chinese bank: 62…, with the check digit of ISO/IEC 7812.
func card(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return d[0] == '6' && d[1] == '2' && sum%10 == 0
}

// What a word before a number says it is.
const (
	nothing = iota
	telephone
	account
)

// words say what follows them, latest first; Latin ones in lower case.
var words = []struct {
	text []byte
	what int
}{
	{[]byte("电话"), telephone}, {[]byte("手机"), telephone}, {[]byte("联系方式"), telephone}, {[]byte("热线"), telephone},
	{[]byte("拨打"), telephone}, {[]byte("致电"), telephone}, {[]byte("微信"), telephone}, {[]byte("座机"), telephone},
	{[]byte("tel"), telephone}, {[]byte("phone"), telephone}, {[]byte("mobile"), telephone}, {[]byte("mob"), telephone},
	{[]byte("账号"), account}, {[]byte("帐号"), account}, {[]byte("账户"), account}, {[]byte("帐户"), account}, {[]byte("卡号"), account},
}

// saidBefore reads the word before a number, over marks and 号, 码, 为, 是 between.
func saidBefore(text []byte, i int) int {
	t := text[:i]
	for range 6 {
		r, n := utf8.DecodeLastRune(t)
		switch r {
		case ' ', ':', '：', '.', '(', '（', '+', '"', '为', '是', '码', '　':
		case '号':
			if w := word(t); w != nothing {
				return w
			}
		default:
			return word(t)
		}
		t = t[:len(t)-n]
	}
	return word(t)
}

func word(t []byte) int {
	for i := range words {
		w := &words[i]
		if n := len(t) - len(w.text); n >= 0 && bytes.EqualFold(t[n:], w.text) {
			return w.what
		}
	}
	return nothing
}

var wideAt = []byte("＠")

// mails appends where e-mail addresses stand.
func mails(out []Span, b []byte) []Span {
	for i := 0; i < len(b); {
		sign := 1
		switch {
		case b[i] == '@':
		case bytes.HasPrefix(b[i:], wideAt):
			sign = len(wideAt)
		default:
			i++
			continue
		}
		s := Span{i, i + sign}
		for s.From > 0 && (wordByte(b[s.From-1]) || bytes.IndexByte([]byte("._%+-"), b[s.From-1]) >= 0) {
			s.From--
		}
		for s.To < len(b) && (wordByte(b[s.To]) || b[s.To] == '.' || b[s.To] == '-') {
			s.To++
		}
		for s.To > i+sign && (b[s.To-1] == '.' || b[s.To-1] == '-') {
			s.To--
		}
		host := b[i+sign : s.To]
		if dot := bytes.LastIndexByte(host, '.'); s.From < i && dot > 0 && len(host)-dot > 2 {
			out = append(out, s)
		}
		i = s.To
	}
	return out
}
