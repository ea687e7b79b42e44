package config

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"credithub/schema/policy"
)

// FileVariable names the file when no flag does.
const FileVariable = "CREDITHUB_CONFIG"

// Config is what the file and the environment say.
type Config struct {
	File   string // "" without one
	values map[string]Value
	local  policy.Local
}

// Value is the value of a key and where it comes from.
type Value struct {
	Text  string
	List  []string
	Names map[string]string
	From  string // "hub.yaml:12", a variable, or "default"
}

// Fault is something wrong with one key.
type Fault struct {
	At   string // file and line, or a variable
	Key  string
	Text string
}

func (f *Fault) Error() string {
	if f.Key == "" {
		return f.At + ": " + f.Text
	}
	return f.At + ": " + f.Key + ": " + f.Text
}

// Load reads a file ("" for none) and the environment. Its error joins every fault;
// what could be read is there all the same.
func Load(file string, environ func(string) (string, bool)) (*Config, error) {
	c := &Config{File: file, values: map[string]Value{}}
	r := reader{config: c}
	if file != "" {
		abs, err := filepath.Abs(file)
		if err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
		raw, err := os.ReadFile(abs)
		if err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
		c.File, r.dir = abs, filepath.Dir(abs)
		r.name = filepath.Base(abs)
		r.read(raw)
	}
	for i := range Keys {
		r.environment(&Keys[i], environ)
	}
	r.together()
	c.local.Overlays = c.overlays()
	return c, errors.Join(r.faults...)
}

// Value is the value of a key: its default when nobody gave one.
func (c *Config) Value(path string) Value {
	if v, ok := c.values[path]; ok {
		return v
	}
	k, _ := keyOf(path)
	if k == nil {
		panic("config: no key " + path)
	}
	return Value{Text: k.Default, From: "default"}
}

// Text is the text of a key.
func (c *Config) Text(path string) string { return c.Value(path).Text }

// Number is the number of a key.
func (c *Config) Number(path string) int {
	n, _ := strconv.Atoi(c.Text(path)) // was read
	return n
}

// Duration is the time of a key.
func (c *Config) Duration(path string) time.Duration {
	d, _ := time.ParseDuration(c.Text(path)) // was read
	return d
}

// Names is the mapping of a key.
func (c *Config) Names(path string) map[string]string { return c.Value(path).Names }

// Networks are the networks of a key.
func (c *Config) Networks(path string) (out []netip.Prefix) {
	for _, s := range c.Value(path).List {
		if p, err := network(s); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// Local is what this place adds to the tables of the policy.
func (c *Config) Local() policy.Local { return c.local }

func (c *Config) overlays() (out []policy.Overlay) {
	for _, dir := range c.Value("policy.overlays").List {
		if s, err := os.Stat(dir); err != nil || !s.IsDir() {
			continue // a fault of the key
		}
		out = append(out, policy.Overlay{Name: filepath.Base(dir), Files: os.DirFS(dir)})
	}
	return out
}

// Flag is what the file or the environment says for a flag of a command.
func (c *Config) Flag(name, command string) (string, bool) {
	for i := range Keys {
		k := &Keys[i]
		if k.Flag != name || len(k.Of) > 0 && !slices.Contains(k.Of, command) {
			continue
		}
		v, ok := c.values[k.Path]
		if k.Kind == Texts {
			return strings.Join(v.List, ","), ok
		}
		return v.Text, ok
	}
	return "", false
}

// network reads a network, or an address as the network of itself alone.
func network(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, errors.New("is no address and no network such as 10.0.0.0/8")
	}
	return p.Masked(), nil
}
