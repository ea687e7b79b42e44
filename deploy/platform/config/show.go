package config

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// masked stands for a secret.
const masked = "********"

// Show writes the configuration in effect, a key a line with where it comes from,
// and no secret.
func (c *Config) Show(w io.Writer) error {
	for i := range Keys {
		k := &Keys[i]
		v := c.Value(k.Path)
		if k.Kind == Rows && v.Text != "" {
			if _, err := fmt.Fprintf(w, "%s: # %s\n  %s\n", k.Path, v.From, strings.ReplaceAll(v.Text, "\n", "\n  ")); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(w, "%-20s %s  # %s\n", k.Path+":", v.shown(k), v.From); err != nil {
			return err
		}
	}
	return nil
}

func (v *Value) shown(k *Key) string {
	switch {
	case k.Secret && v.Text != "":
		return masked
	case v.Names != nil:
		var parts []string
		for _, n := range slices.Sorted(maps.Keys(v.Names)) {
			parts = append(parts, n+": "+v.Names[n])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case v.List != nil:
		return "[" + strings.Join(v.List, ", ") + "]"
	case v.Text == "":
		return "-"
	}
	return v.Text
}
