package policy

import (
	"slices"
	"strings"

	"credithub/schema/record"
)

// Purpose is for what conditionally shared data (有条件共享) may be asked
// (查询目的).
type Purpose struct {
	Code       string
	NameZh     string
	NameEn     string
	LegalBasis string // all citations in one line
	Basis      []Citation
	opens      map[string]bool // domain/kind; nil: every one
}

// Opens tells whether the purpose opens records of a kind.
func (p *Purpose) Opens(domain, kind string) bool {
	return p != nil && (p.opens == nil || p.opens[domain+"/"+kind])
}

// Purpose is the purpose of a code, nil when unknown.
func (p *Policy) Purpose(code string) *Purpose {
	for _, u := range p.Purposes {
		if u.Code == code {
			return u
		}
	}
	return nil
}

// CasePurpose is the purpose of a case that is named by its matter and number.
func (p *Policy) CasePurpose() *Purpose { return p.casePurpose }

// PurposesFor are the codes of the purposes that open records of a kind.
func (p *Policy) PurposesFor(domain, kind string) (out []string) {
	for _, u := range p.Purposes {
		if u.Opens(domain, kind) {
			out = append(out, u.Code)
		}
	}
	return out
}

type purposesFile struct {
	Version  *string
	Purposes []purposeRow
}

type purposeRow struct {
	at string // file and line

	Code   string
	NameZh string `yaml:"nameZh"`
	NameEn string `yaml:"nameEn"`
	Case   bool   // of a case that names its matter and number
	Basis  []basisRow
	Opens  []string // domain/kind, or * alone
}

func (b *builder) buildPurposes(rows []purposeRow) {
	for i := range rows {
		r := &rows[i]
		where := r.at + ": purpose " + r.Code
		b.names(where, r.NameZh, r.NameEn)
		u := &Purpose{Code: r.Code, NameZh: r.NameZh, NameEn: r.NameEn, Basis: b.citations(where, r.Basis)}
		u.LegalBasis = cited(u.Basis)
		switch {
		case r.Code == "":
			b.fail(where, "no code")
		case b.Purpose(r.Code) != nil:
			b.fail(where, "code is taken")
		case !slices.ContainsFunc(u.Basis, func(c Citation) bool { return c.Mark == "V" || c.Mark == "V2" }):
			b.fail(where, "no clause that was read")
		case len(r.Opens) == 0:
			b.fail(where, "opens nothing")
		}
		b.opens(where, u, r.Opens)
		if r.Case {
			if b.casePurpose != nil {
				b.fail(where, "%s is the purpose of cases already", b.casePurpose.Code)
			}
			b.casePurpose = u
		}
		b.Purposes = append(b.Purposes, u)
	}
	if b.casePurpose == nil {
		b.fail("purposes", "none is the purpose of cases")
	}
}

func (b *builder) opens(where string, u *Purpose, kinds []string) {
	if slices.Equal(kinds, []string{"*"}) {
		return
	}
	u.opens = map[string]bool{}
	for _, k := range kinds {
		domain, kind, _ := strings.Cut(k, "/")
		if !slices.ContainsFunc(record.Kinds(record.ParseDomain(domain)), func(s record.KindSpec) bool { return s.Name == kind }) {
			b.fail(where, "opens %q, which is no kind of record", k)
		}
		if u.opens[k] {
			b.fail(where, "opens %q twice", k)
		}
		u.opens[k] = true
	}
}
