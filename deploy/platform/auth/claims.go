package auth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"credithub/schema/access"
	"credithub/schema/personal"
)

// Claim says where a token names a role or a unit, and how its provider calls
// them.
type Claim struct {
	// Path of the claim. Dots lead into objects (realm_access.roles); a claim whose
	// own name has dots is found as well. Its value is a text or an array of texts.
	Path string
	// Names are the provider's names and ours. Without any the provider uses ours;
	// with some, only these count.
	Names map[string]string
}

// lookup finds a claim by its path.
func lookup(claims map[string]any, path string) any {
	if v, ok := claims[path]; ok {
		return v
	}
	for i, c := range path {
		if c != '.' {
			continue
		}
		if inner, ok := claims[path[:i]].(map[string]any); ok {
			if v := lookup(inner, path[i+1:]); v != nil {
				return v
			}
		}
	}
	return nil
}

// texts are the values of a claim.
func texts(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// value finds the one name of ours that a claim gives. Two different ones are an
// error: choosing could give more than was meant.
func (c *Claim) value(claims map[string]any, what string, known func(string) bool) (string, error) {
	given := texts(lookup(claims, c.Path))
	var found []string
	for _, s := range given {
		name := s
		if len(c.Names) > 0 {
			name = c.Names[s]
		}
		if known(name) && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fmt.Errorf("claim %s names several %ss: %s", c.Path, what, strings.Join(found, ", "))
	case len(given) == 0:
		return "", fmt.Errorf("claim %s, which names the %s, is missing or no text", c.Path, what)
	}
	shown := make([]string, 0, 5)
	for _, s := range given[:min(len(given), cap(shown))] {
		shown = append(shown, quoted(s))
	}
	return "", fmt.Errorf("claim %s names no known %s among %d: %s", c.Path, what, len(given), strings.Join(shown, ", "))
}

func knownRole(s string) bool { _, ok := access.ParseRole(s); return ok }

// quoted is a value of a claim as a log may show it: short, and nothing that
// could be somebody's number or address.
func quoted(s string) string {
	const most = 40
	var f personal.Finder
	if contacts, id := f.Look(nil, []byte(s), personal.Free); id || len(contacts) > 0 {
		return "(personal)"
	}
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
