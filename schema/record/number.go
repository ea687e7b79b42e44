package record

// parseCount reads an integer of 0 … 2³¹−1 without sign or leading zeros.
func parseCount(b []byte) (uint32, bool) {
	if len(b) == 0 || len(b) > 10 || len(b) > 1 && b[0] == '0' {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return uint32(n), n <= MaxVersion
}

// decimal tells whether b is a plain decimal number ≥ 0: up to 18 digits without
// leading zeros, and up to places decimals.
func decimal(b []byte, places int) bool {
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == 0 || i > 18 || i > 1 && b[0] == '0' {
		return false
	}
	if i == len(b) {
		return true
	}
	if b[i] != '.' {
		return false
	}
	frac := b[i+1:]
	for _, c := range frac {
		if c-'0' > 9 {
			return false
		}
	}
	return len(frac) > 0 && len(frac) <= places
}

// positive tells whether a decimal that holds is more than 0.
func positive(b []byte) bool {
	for _, c := range b {
		if c >= '1' && c <= '9' {
			return true
		}
	}
	return false
}

// shift4 appends a decimal times ten thousand: 万元 to yuan.
func shift4(dst, b []byte) []byte {
	from := len(dst)
	i := 0
	for i < len(b) && b[i] != '.' {
		i++
	}
	dst = append(dst, b[:i]...)
	frac := b[min(i+1, len(b)):]
	for k := range 4 {
		if k < len(frac) {
			dst = append(dst, frac[k])
		} else {
			dst = append(dst, '0')
		}
	}
	zeros := 0
	for zeros < len(dst)-from-1 && dst[from+zeros] == '0' {
		zeros++
	}
	dst = append(dst[:from], dst[from+zeros:]...)
	if len(frac) > 4 && positive(frac[4:]) {
		dst = append(append(dst, '.'), frac[4:]...)
	}
	return dst
}
