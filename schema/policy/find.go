package policy

import (
	"cmp"
	"credithub/schema/fold"
	"slices"
	"strings"
)

// Limits of what FindMatter offers.
const (
	nearMost  = 5
	partsMost = 10
	nearLeast = 0.25 // of pairs of characters in common
)

// FindMatter is the matter that a person names: by its code or its whole name in
// either language, however it is spelled. When there is none, near are those that
// could be meant: those whose code or name holds the text, or else those that look
// like it.
func (p *Policy) FindMatter(text string) (m *Matter, near []*Matter) {
	if m = p.matters[text]; m != nil {
		return m, nil
	}
	const most = 256
	t := foldMatter(text)
	if t == "" || len(text) > most {
		return nil, nil
	}
	for _, x := range p.Matters {
		for _, name := range x.names() {
			switch {
			case name == t:
				return x, nil
			case strings.Contains(name, t) && !slices.Contains(near, x):
				near = append(near, x)
			}
		}
	}
	if len(near) == 0 {
		return nil, p.similar(t)
	}
	return nil, near[:min(len(near), partsMost)]
}

// Holds tells whether a matter's code or name holds a text as FindMatter reads it.
func (m *Matter) Holds(text string) bool {
	t := foldMatter(text)
	return t != "" && slices.ContainsFunc(m.names(), func(name string) bool { return strings.Contains(name, t) })
}

func (m *Matter) names() []string {
	return []string{foldMatter(m.Code), foldMatter(m.NameZh), foldMatter(m.NameEn)}
}

// similar are the matters that have most pairs of characters in common with a
// text, best first.
func (p *Policy) similar(text string) (near []*Matter) {
	score := map[*Matter]float64{}
	for _, x := range p.Matters {
		for _, name := range x.names() {
			score[x] = max(score[x], likeness(text, name))
		}
		if score[x] >= nearLeast {
			near = append(near, x)
		}
	}
	slices.SortStableFunc(near, func(a, b *Matter) int { return cmp.Compare(score[b], score[a]) })
	return near[:min(len(near), nearMost)]
}

// likeness is the share of pairs of neighbouring characters that two texts have in
// common (Dice's coefficient).
func likeness(a, b string) float64 {
	x, y := pairs(a), pairs(b)
	if len(x)+len(y) == 0 {
		return 0
	}
	common := 0
	for pair := range x {
		if y[pair] {
			common++
		}
	}
	return 2 * float64(common) / float64(len(x)+len(y))
}

func pairs(s string) map[[2]rune]bool {
	out := map[[2]rune]bool{}
	r := []rune(s)
	for i := 1; i < len(r); i++ {
		out[[2]rune{r[i-1], r[i]}] = true
	}
	return out
}

// foldMatter brings codes and names into one form: TAX_BENEFIT, tax benefit and
// Tax-Benefit are the same.
func foldMatter(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' {
			return -1
		}
		return r
	}, fold.Name(s))
}
