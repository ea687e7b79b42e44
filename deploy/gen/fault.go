package gen

import (
	"fmt"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// contradict pushes the same version of an accepted row with other content.
func (g *Generator) contradict(r row, correct func(fields) fields) error {
	was := string((&r).json())
	r.data = correct(r.data)
	if string((&r).json()) == was { // the correction hit the same value
		return nil
	}
	g.truth.reject(fault.E10Duplicate)
	return g.emit(r, fault.E10Duplicate)
}

// fault pushes a spoiled twin of a row under a record id of its own, with
// exactly one fault, whose code goes into the truth.
func (g *Generator) fault(r row) error {
	bad := r
	bad.id = fmt.Sprintf("X-%d-%s", g.truth.RejectedRows, r.id)
	bad.version = 1
	var code fault.Code
	switch g.rng.IntN(6) {
	case 0:
		code, bad.code = fault.E01Format, bad.code[:17]
	case 1:
		code, bad.code = fault.E02Check, bad.code[:17]+wrong(bad.code[17])
	case 2:
		code, bad.data = fault.E05Required, bad.data[1:]
	case 3:
		code, bad.on = fault.E08Future, g.cfg.Today+civil.Date(400+g.rng.IntN(300))
	case 4:
		code, bad.unit = fault.E12Right, "MPS"
		if r.domain == record.Decision && r.unit != "NMPA" { // which decides L14 only
			bad.unit = "NMPA"
		}
	default:
		code, bad.kind = fault.E13Catalogue, "rumour"
	}
	g.truth.reject(code)
	return g.emit(bad, code)
}

// wrong gives another check character.
func wrong(c byte) string {
	if c == '1' {
		return "2"
	}
	return "1"
}
