package uscc

// pilotRule describes codes that a pilot issued before GB 32100-2015 took
// effect, with a check character of its own. Another pilot is another row.
type pilotRule struct {
	name     string
	head     string // first character
	division string // beginning of characters 3–8
	body     string // beginning of characters 9–17, which pass GB 11714
	base     uint32 // position i weighs base^(i−1)
	modulus  uint32
	alphabet string // check characters by value
}

var pilots = [...]pilotRule{{
	name: "福建 2015", head: "9", division: "35", body: "M0", base: 2, modulus: 37,
	alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*",
}}

// pilot tells whether a code of 18 characters is valid by the check of a pilot.
// Its letters may be any of the 36.
func pilot(s []byte) bool {
	for i := range pilots {
		if pilots[i].holds(s) {
			return true
		}
	}
	return false
}

func (p *pilotRule) holds(s []byte) bool {
	if string(s[:1]) != p.head || string(s[2:2+len(p.division)]) != p.division || string(s[8:8+len(p.body)]) != p.body {
		return false
	}
	if pairOf(s) == none || !digits(s[2:8]) || orgCheck(s[8:16]) != s[16] {
		return false
	}
	sum, weight := uint32(0), uint32(1)
	for _, c := range s[:17] {
		x := value36[c]
		if x == none {
			return false
		}
		sum = (sum + uint32(x)*weight) % p.modulus
		weight = weight * p.base % p.modulus
	}
	return p.alphabet[(p.modulus-sum)%p.modulus] == s[17]
}
