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

// Document writes the file with every key, what it means and what it is without it;
// all of it is comment, so that it changes nothing until it is edited.
func Document() string {
	var b strings.Builder
	b.WriteString(`# hub.yaml: the configuration of credithub. Give it with --config or CREDITHUB_CONFIG;
# "credithub config check" names every fault with its line, "credithub config show"
# prints what is in effect and where it comes from. Every key may be left out. The
# environment overrides the file (kafka.tls is CREDITHUB_KAFKA_TLS), flags override both.
# Unknown keys are refused.
`)
	section := ""
	for i := range Keys {
		k := &Keys[i]
		dir, name, nested := strings.Cut(k.Path, ".")
		if !nested {
			dir, name = "", k.Path
		}
		if dir != section || dir == "" {
			b.WriteByte('\n')
			if section = dir; dir != "" {
				fmt.Fprintf(&b, "# %s:\n", dir)
			}
		}
		indent := strings.Repeat("  ", strings.Count(k.Path, "."))
		fmt.Fprintf(&b, "# %s# %s", indent, k.Doc)
		if len(k.OneOf) > 0 {
			fmt.Fprintf(&b, " One of %s.", strings.Join(k.OneOf, ", "))
		}
		if k.Default != "" {
			fmt.Fprintf(&b, " Default: %s.", k.Default)
		}
		value := k.Example
		if value == "" {
			value = k.Default
		}
		if value == "" {
			value = "…"
		}
		if !strings.HasPrefix(value, "\n") {
			value = " " + value
		}
		fmt.Fprintf(&b, "\n# %s%s:%s\n", indent, name, value)
	}
	return b.String()
}
