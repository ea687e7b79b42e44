package config

import (
	"cmp"
	"fmt"
	"strings"
)

// document writes the file with every key, what it means and what it is without it;
// all of it is comment, so that it changes nothing until it is edited.
func document() string {
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
		value := cmp.Or(k.Example, k.Default, "…")
		if !strings.HasPrefix(value, "\n") {
			value = " " + value
		}
		fmt.Fprintf(&b, "\n# %s%s:%s\n", indent, name, value)
	}
	return b.String()
}
