package uscc

import "fmt"

// Source gives random numbers in [0, n), as a generator of math/rand/v2 does.
type Source interface{ IntN(n int) int }

// Make builds the clean code of a pair (such as 91), a division of six digits
// and 8 body characters; it refuses what could not be one.
func Make(pair, division, body string) (string, error) {
	if len(pair) != 2 || len(division) != 6 || len(body) != 8 {
		return "", fmt.Errorf("make code: pair %q, division %q, body %q: lengths must be 2, 6, 8", pair, division, body)
	}
	var b [Length]byte
	copy(b[:], pair+division+body)
	for i := 8; i < 16; i++ {
		if value31[b[i]] == none {
			return "", fmt.Errorf("make code: body %q: not of the 31 symbols", body)
		}
	}
	seal(&b)
	if v := check(b[:]); v.Code != "" {
		return "", fmt.Errorf("make code: %s", v.Message)
	}
	return string(b[:]), nil
}

// Random gives a clean code of a division and pair with a body MA……, as
// registrars allot them to new subjects. It panics on a pair or division that no
// code can have.
func Random(r Source, division, pair string) string {
	body := []byte("MA000000")
	for i := 2; i < 8; i++ {
		body[i] = Alphabet[r.IntN(31)]
	}
	s, err := Make(pair, division, string(body))
	if err != nil {
		panic(err)
	}
	return s
}
