package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script that the shell reads, such as
// source <(credithub completion bash).
func (c *completionCmd) Run(k *kong.Kong) error {
	if c.Shell == "fish" {
		completeFish(os.Stdout, k.Model.Node, "")
		return nil
	}
	completeBash(os.Stdout, k.Model.Node, c.Shell == "zsh")
	return nil
}

// words are what may follow a command: its commands and flags.
func words(n *kong.Node) (out []string) {
	for _, c := range n.Children {
		if !c.Hidden {
			out = append(out, c.Name)
		}
	}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			out = append(out, "--"+f.Name)
		}
	}
	return out
}

func completeBash(w io.Writer, root *kong.Node, zsh bool) {
	if zsh {
		fmt.Fprintln(w, "autoload -U +X bashcompinit && bashcompinit")
	}
	fmt.Fprint(w, `_credithub() {
  local cur=${COMP_WORDS[COMP_CWORD]} path="" list="" w i
  for ((i = 1; i < COMP_CWORD; i++)); do
    w=${COMP_WORDS[i]}
    case "$path$w " in
`)
	var paths, lists strings.Builder
	var visit func(n *kong.Node, path string)
	visit = func(n *kong.Node, path string) {
		if path != "" {
			fmt.Fprintf(&paths, "      \"%s\") path=\"$path$w \" ;;\n", path)
		}
		fmt.Fprintf(&lists, "    \"%s\") list=\"%s\" ;;\n", path, strings.Join(words(n), " "))
		for _, c := range n.Children {
			visit(c, path+c.Name+" ")
		}
	}
	visit(root, "")
	fmt.Fprintf(w, "%s    esac\n  done\n  case \"$path\" in\n%s  esac\n", paths.String(), lists.String())
	fmt.Fprint(w, `  COMPREPLY=($(compgen -W "$list" -- "$cur"))
}
complete -o default -F _credithub credithub
`)
}

func completeFish(w io.Writer, n *kong.Node, path string) {
	under := "__fish_use_subcommand"
	if path != "" {
		under = "__fish_seen_subcommand_from " + n.Name
	}
	quote := strings.NewReplacer("'", `\'`).Replace
	for _, c := range n.Children {
		fmt.Fprintf(w, "complete -c credithub -n '%s' -f -a %s -d '%s'\n", under, c.Name, quote(c.Help))
		completeFish(w, c, path+c.Name+" ")
	}
	for _, f := range n.Flags {
		fmt.Fprintf(w, "complete -c credithub -n '%s' -l %s -d '%s'\n", under, f.Name, quote(f.Help))
	}
}
