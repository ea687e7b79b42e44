package label

import "slices"

// Codes are the codes of the group, sorted.
func (g *Group) Codes() []string {
	out := make([]string, 0, len(g.names))
	for c := range g.names {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}
