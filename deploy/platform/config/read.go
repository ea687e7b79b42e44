package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"credithub/schema/access"
	"credithub/schema/policy"
)

// reader reads one file and gathers what is wrong with it.
type reader struct {
	config *Config
	name   string // of the file, as faults say it
	dir    string
	faults []error
}

func (r *reader) fail(at, key, format string, args ...any) {
	r.faults = append(r.faults, &Fault{At: at, Key: key, Text: fmt.Sprintf(format, args...)})
}

func (r *reader) at(n ast.Node) string {
	if t := n.GetToken(); t != nil {
		return fmt.Sprintf("%s:%d", r.name, t.Position.Line)
	}
	return r.name
}

// yamlFault is a fault that the parser found.
func (r *reader) yamlFault(key string, err error) {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		r.fail(fmt.Sprintf("%s:%d", r.name, y.GetToken().Position.Line), key, "%s", y.GetMessage())
		return
	}
	r.fail(r.name, key, "%s", err)
}

func (r *reader) read(raw []byte) {
	f, err := parser.ParseBytes(raw, 0)
	if err != nil {
		r.yamlFault("", err)
		return
	}
	for i, d := range f.Docs {
		switch {
		case d.Body == nil:
		case i > 0:
			r.fail(r.at(d.Body), "", "a second document: there is one")
		default:
			r.section("", d.Body)
		}
	}
}

// entries are the keys of a mapping, however it is written.
func entries(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func keyText(n ast.MapKeyNode) string {
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value
	}
	return n.String()
}

// section reads the keys of a mapping.
func (r *reader) section(path string, n ast.Node) {
	if _, empty := n.(*ast.CommentGroupNode); empty {
		return
	}
	values, ok := entries(n)
	if !ok {
		r.fail(r.at(n), path, "is no mapping of keys")
		return
	}
	for _, v := range values {
		p := keyText(v.Key)
		if path != "" {
			p = path + "." + p
		}
		k, section := keyOf(p)
		_, null := v.Value.(*ast.NullNode)
		switch {
		case k == nil && !section:
			r.fail(r.at(v.Key), p, "unknown key%s", near(p))
		case null:
			r.fail(r.at(v.Key), p, "has no value; leave the key out")
		case section:
			r.section(p, v.Value)
		default:
			r.value(k, v.Value)
		}
	}
}

// value reads what a key says.
func (r *reader) value(k *Key, n ast.Node) {
	at := r.at(n)
	switch k.Kind {
	case Rows:
		r.rows(k, n)
		return
	case Names:
		r.names(k, n)
		return
	case Texts, Paths, Networks:
		seq, ok := n.(*ast.SequenceNode)
		if !ok {
			r.fail(at, k.Path, "is no list")
			return
		}
		v := Value{From: at}
		for _, item := range seq.Values {
			s, ok := plain(item)
			if !ok {
				r.fail(r.at(item), k.Path, "is no text; quotes make it one")
				continue
			}
			v.List = append(v.List, s)
		}
		r.keep(k, at, v)
		return
	}
	s, ok := plain(n)
	if !ok {
		r.fail(at, k.Path, "is no single value")
		return
	}
	r.keep(k, at, Value{Text: s, From: at})
}

// plain is a single value as it is written.
func plain(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// keep holds a value against its key's kind.
func (r *reader) keep(k *Key, at string, v Value) {
	bad := func(format string, args ...any) { r.fail(at, k.Path, format, args...) }
	switch k.Kind {
	case Bool:
		if v.Text != "true" && v.Text != "false" {
			bad("is neither true nor false")
			return
		}
	case Number:
		if n, err := strconv.Atoi(v.Text); err != nil || n < 1 || n > 1_000_000_000 {
			bad("is no whole number above zero")
			return
		}
	case Duration:
		if d, err := time.ParseDuration(v.Text); err != nil || d < time.Second {
			bad("is no time of a second or more, such as 10m or 24h")
			return
		}
	case Networks:
		for _, s := range v.List {
			if _, err := network(s); err != nil {
				bad("%q %s", s, err)
			}
		}
	case Path:
		v.Text = r.path(k, at, v.Text)
	case Paths:
		for i, s := range v.List {
			v.List[i] = r.path(k, at, s)
		}
	default:
		if len(k.OneOf) > 0 && !slices.Contains(k.OneOf, v.Text) {
			bad("is none of %s", strings.Join(k.OneOf, " "))
			return
		}
	}
	r.config.values[k.Path] = v
}

// path completes a path; but for the data directory, what it names must be there.
func (r *reader) path(k *Key, at, s string) string {
	if !filepath.IsAbs(s) {
		if s = filepath.Join(r.dir, s); r.dir == "" {
			s, _ = filepath.Abs(s)
		}
	}
	if _, err := os.Stat(s); err != nil && k.Path != "data" {
		r.fail(at, k.Path, "%s is not there", s)
	}
	return s
}

func (r *reader) names(k *Key, n ast.Node) {
	values, ok := entries(n)
	if !ok {
		r.fail(r.at(n), k.Path, "is no mapping of names to names")
		return
	}
	v := Value{From: r.at(n), Names: map[string]string{}}
	for _, e := range values {
		s, ok := plain(e.Value)
		if !ok {
			r.fail(r.at(e.Key), k.Path+"."+keyText(e.Key), "is no text")
			continue
		}
		if _, known := access.ParseRole(s); k.Path == "oidc.roles" && !known {
			r.fail(r.at(e.Key), k.Path+"."+keyText(e.Key), "%q is no role: agency officer supervisor auditor admin", s)
		}
		v.Names[keyText(e.Key)] = s
	}
	r.config.values[k.Path] = v
}

// rows reads units and sources, each row for itself, so that all faults are found.
func (r *reader) rows(k *Key, n ast.Node) {
	r.config.values[k.Path] = Value{From: r.at(n), Text: strings.TrimSpace(n.String())}
	if k.Path == "units" {
		values, ok := entries(n)
		if !ok {
			r.fail(r.at(n), k.Path, "is no mapping of codes to names and periods")
		}
		for _, e := range values {
			u := policy.LocalUnit{}
			if err := yaml.NodeToValue(e.Value, &u, yaml.Strict()); err != nil {
				r.yamlFault(k.Path+"."+keyText(e.Key), err)
				continue
			}
			u.At, u.Code = r.at(e.Key), keyText(e.Key)
			r.config.local.Units = append(r.config.local.Units, u)
		}
		return
	}
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fail(r.at(n), k.Path, "is no list of sources")
		return
	}
	r.config.local.Listed = true
	for i, item := range seq.Values {
		s := policy.LocalSource{}
		if err := yaml.NodeToValue(item, &s, yaml.Strict()); err != nil {
			r.yamlFault(fmt.Sprintf("%s[%d]", k.Path, i), err)
			continue
		}
		s.At = r.at(item)
		r.config.local.Sources = append(r.config.local.Sources, s)
	}
}

// environment lets a variable override a key.
func (r *reader) environment(k *Key, environ func(string) (string, bool)) {
	for _, name := range []string{k.Env(), k.Also} {
		s, ok := environ(name)
		if name == "" || !ok || s == "" {
			continue
		}
		v := Value{Text: s, From: name}
		switch k.Kind {
		case Rows:
			r.fail(name, k.Path, "stands in the file only")
			continue
		case Texts, Paths, Networks:
			v.Text = ""
			for part := range strings.SplitSeq(s, ",") {
				v.List = append(v.List, strings.TrimSpace(part))
			}
		case Names:
			v.Text, v.Names = "", map[string]string{}
			for part := range strings.SplitSeq(s, ",") {
				theirs, ours, ok := strings.Cut(part, "=")
				if !ok {
					r.fail(name, k.Path, "is no list of theirs=ours")
				}
				v.Names[strings.TrimSpace(theirs)] = strings.TrimSpace(ours)
			}
		case Path: // of the working directory, as flags are
			v.Text, _ = filepath.Abs(s)
		}
		r.keep(k, name, v)
		return
	}
}

// together holds keys against each other.
func (r *reader) together() {
	c := r.config
	if issuer := c.Value("oidc.issuer"); issuer.Text != "" && c.Text("oidc.audience") == "" {
		r.fail(issuer.From, "oidc.audience", "is needed with oidc.issuer")
	}
	if sasl := c.Value("kafka.sasl"); sasl.Text != "" && sasl.Text != "NONE" && c.Text("kafka.user") == "" {
		r.fail(sasl.From, "kafka.user", "is needed with kafka.sasl")
	}
	if cert := c.Value("kafka.cert"); (cert.Text == "") != (c.Text("kafka.key") == "") {
		r.fail(cert.From, "kafka.cert", "goes with kafka.key")
	}
	if day := c.Value("quotas.perDay"); c.Number("quotas.perDay") < c.Number("quotas.lookups") {
		r.fail(day.From, "quotas.perDay", "is less than quotas.lookups")
	}
}

// near names the key that could be meant by one that doesn't exist.
func near(path string) string {
	last := path[strings.LastIndexByte(path, '.')+1:]
	best, least := "", 3
	for _, k := range Keys {
		d := min(distance(path, k.Path), distance(last, k.Path[strings.LastIndexByte(k.Path, '.')+1:])+1)
		if d < least {
			best, least = k.Path, d
		}
		if section, _, nested := strings.Cut(k.Path, "."); nested {
			if d := distance(path, section); d < least {
				best, least = section, d
			}
		}
	}
	if best == "" {
		return ""
	}
	return "; is " + best + " meant?"
}

// distance is the number of letters to change, add or drop (Levenshtein).
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal, row[j] = row[j], min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
