package uscc

// Key is a clean code in 64 bits: (pair, province, 4 digits of the division, 8
// characters of the body). Both check characters follow from these. 0 is no code.
type Key uint64

const (
	bodySpace     = 31 * 31 * 31 * 31 * 31 * 31 * 31 * 31 // 8 symbols
	restSpace     = 10_000
	provinceSpace = uint64(len(provinces))
)

// Pack gives the key of a clean code. Codes that are valid with a warning, and
// those of a province that GB/T 2260 does not know, have none: false.
func Pack[T ~string | ~[]byte](s T) (Key, bool) {
	if len(s) != Length {
		return 0, false
	}
	var b [Length]byte
	copy(b[:], s)
	if check(b[:]).Code != "" {
		return 0, false
	}
	p := provinceOf(b[2], b[3])
	if p == none {
		return 0, false
	}
	k := uint64(pairOf(b[:]))*provinceSpace + uint64(p)
	for _, c := range b[4:8] {
		k = k*10 + uint64(c-'0')
	}
	for _, c := range b[8:16] {
		k = k*31 + uint64(value31[c])
	}
	return Key(k + 1), true
}

// Valid tells whether the key stands for a code.
func (k Key) Valid() bool {
	return k != 0 && uint64(k)-1 < uint64(len(pairs))*provinceSpace*restSpace*bodySpace
}

// AppendTo appends the 18 characters; nothing for a key that is not valid.
func (k Key) AppendTo(dst []byte) []byte {
	if !k.Valid() {
		return dst
	}
	var b [Length]byte
	x := uint64(k) - 1
	for i := 15; i >= 8; i-- {
		b[i] = Alphabet[x%31]
		x /= 31
	}
	for i := 7; i >= 4; i-- {
		b[i] = '0' + byte(x%10)
		x /= 10
	}
	copy(b[2:4], provinces[x%provinceSpace])
	copy(b[:2], pairs[x/provinceSpace])
	seal(&b)
	return append(dst, b[:]...)
}

// String is the code, "" for a key that is not valid.
func (k Key) String() string { return string(k.AppendTo(make([]byte, 0, Length))) }

// seal writes both check characters.
func seal(b *[Length]byte) {
	b[16] = orgCheck(b[8:16])
	var sum uint32
	for i, w := range weights {
		sum += uint32(value31[b[i]]) * w
	}
	b[17] = Alphabet[(31-sum%31)%31]
}
