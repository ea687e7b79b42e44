package gen

import (
	"fmt"
	"strings"

	"credithub/schema/civil"
	"credithub/schema/record"
)

func (g *Generator) registration(s *subject) error {
	var d fields
	d.str("name", s.name)
	status := "1"
	if g.rng.IntN(40) == 0 {
		status = pick(g, []string{"2", "4"})
	}
	d.str("status", status)
	d.str("establishedOn", s.founded.String())
	d.str("entityType", s.entityType)
	d.str("legalRepresentative", s.legal)
	d.str("registeredCapital", fmt.Sprintf("%d.00", 10000*(1+g.rng.IntN(5000))))
	d.str("currency", "CNY")
	d.str("registrationAuthority", s.division.city+"市场监督管理局")
	d.str("division", s.division.code)
	d.str("domicile", s.domicile)
	d.str("businessScope", s.scope)
	d.str("industry", s.industry)
	return g.push(row{unit: "SAMR", domain: record.Registration, kind: "registration", id: "R-" + s.code, code: s.code, on: s.founded, data: d},
		func(d fields) fields {
			return replace(d, "domicile", fmt.Sprintf("%s%s%s%d号", s.division.city, pick(g, s.division.districts), pick(g, s.division.streets), 900+g.rng.IntN(99)))
		})
}

// replace gives the fields with one of them changed.
func replace(d fields, key, value string) fields {
	out := append(fields(nil), d...)
	for i, f := range out {
		if strings.HasPrefix(f, `"`+key+`":`) {
			out[i] = member(key, value)
		}
	}
	return out
}

func (g *Generator) tax(s *subject) error {
	year := g.cfg.Today.Time().Year()
	for y := year - 2; y < year; y++ {
		var d fields
		d.str("year", fmt.Sprint(y))
		grade := pick(g, []string{"A", "B", "B", "B", "M", "M", "C", "D"})
		d.str("grade", grade)
		d.str("score", fmt.Sprint(map[string]int{"A": 93, "B": 80, "M": 75, "C": 55, "D": 30}[grade]))
		on := civil.MakeDate(y+1, 4, 1+g.rng.IntN(28))
		err := g.push(row{unit: "TAX", domain: record.Tax, kind: "grade", id: fmt.Sprintf("G-%d-%s", y, s.code), code: s.code, on: on, data: d},
			func(d fields) fields { return replace(d, "grade", "B") })
		if err != nil {
			return err
		}
	}
	if g.rng.IntN(20) == 0 {
		var d fields
		cents := 100 + g.rng.IntN(90_000_000)
		on := g.day(g.cfg.Today - 300)
		d.str("taxType", pick(g, []string{"增值税", "企业所得税", "印花税", "城镇土地使用税"}))
		d.str("amount", fmt.Sprintf("%d.%02d", cents/100, cents%100))
		d.str("asOf", on.String())
		g.truth.ArrearsCents += int64(cents)
		if err := g.push(row{unit: "TAX", domain: record.Tax, kind: "arrears", id: "Q-" + s.code, code: s.code, on: on, data: d}, nil); err != nil {
			return err
		}
	}
	if g.rng.IntN(50) == 0 {
		var d fields
		on := g.day(g.cfg.Today - 300)
		d.str("from", on.String())
		return g.push(row{unit: "TAX", domain: record.Tax, kind: "abnormal", id: "N-" + s.code, code: s.code, on: on, data: d}, nil)
	}
	return nil
}

func (g *Generator) insurance(s *subject) error {
	insured := 1 + g.rng.IntN(120)
	for m := 3; m >= 1; m-- {
		on := g.cfg.Today.AddMonths(-m)
		period := on.String()[:7]
		var d fields
		d.str("period", period)
		d.num("insuredCount", insured)
		if g.rng.IntN(25) == 0 {
			d.str("arrearsAmount", fmt.Sprintf("%d.00", 500*(1+g.rng.IntN(60))))
			d.num("arrearsMonths", 1+g.rng.IntN(4))
		}
		g.truth.Insured += int64(insured)
		err := g.push(row{unit: "HRSS", domain: record.SocialSecurity, kind: "insurance", id: "S-" + period + "-" + s.code, code: s.code, on: on, data: d}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *Generator) bank(s *subject) error {
	if g.rng.IntN(2) == 0 {
		return nil
	}
	var d fields
	on := g.day(g.cfg.Today - 200)
	class := pick(g, []string{"NORMAL", "NORMAL", "NORMAL", "NORMAL", "SPECIAL_MENTION", "SUBSTANDARD", "DOUBTFUL", "LOSS"})
	d.str("asOf", on.String())
	d.str("class", class)
	if class != "NORMAL" {
		d.num("overdueMonths", 1+g.rng.IntN(24))
	}
	d.str("consentRef", fmt.Sprintf("AUTH-%d-%06d", on.Time().Year(), g.rng.IntN(1_000_000)))
	err := g.push(row{unit: pick(g, []string{"PBC", "BANK"}), domain: record.Bank, kind: "loan", id: "L-" + s.code, code: s.code, on: on, data: d},
		func(d fields) fields {
			return replace(d, "consentRef", fmt.Sprintf("AUTH-C-%06d", g.rng.IntN(1_000_000)))
		})
	if err != nil || g.rng.IntN(80) > 0 {
		return err
	}
	var e fields
	from := g.day(g.cfg.Today - 400)
	e.str("from", from.String())
	e.str("publisher", s.division.prefix+"银行业协会")
	e.str("amount", fmt.Sprintf("%d.00", 10000*(1+g.rng.IntN(900))))
	return g.push(row{unit: "BANK", domain: record.Bank, kind: "debt_evasion", id: "D-" + s.code, code: s.code, on: from, data: e}, nil)
}
