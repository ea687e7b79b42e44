package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"credithub/deploy/platform/config"
	"credithub/schema/access"
	"credithub/schema/grade"
	"credithub/schema/policy"
)

// fromFile gives flags the values of the configuration file and of the
// environment, and fills the configuration that commands get.
type fromFile struct {
	conf *config.Config
	once sync.Once
	err  error // every fault of the file
}

// Validate implements kong.Resolver.
func (*fromFile) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (f *fromFile) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	f.once.Do(func() { f.load(ctx) })
	if f.err != nil || flag.Name == "config" {
		return nil, nil
	}
	command := ""
	if n := parent.Node(); n != nil {
		command = n.Name
	}
	v, ok := f.conf.Flag(flag.Name, command)
	if !ok {
		return nil, nil
	}
	return v, nil
}

func (f *fromFile) load(ctx *kong.Context) {
	file := ""
	for _, flag := range ctx.Model.Flags {
		if flag.Name == "config" {
			file, _ = ctx.FlagValue(flag).(string)
		}
	}
	loaded, err := config.Load(file, os.LookupEnv)
	if f.err = err; loaded != nil {
		*f.conf = *loaded
	}
}

// loadPolicy reads the tables with what this place adds, and holds the
// configuration against them.
func loadPolicy(conf *config.Config) (*policy.Policy, error) {
	p, err := policy.LoadLocal(conf.Local())
	if err != nil {
		return nil, err
	}
	var errs []error
	for theirs, code := range conf.Names("oidc.units") {
		if p.Unit(code) == nil {
			errs = append(errs, &config.Fault{At: conf.Value("oidc.units").From, Key: "oidc.units." + theirs, Text: fmt.Sprintf("unit %q is not in the tables", code)})
		}
	}
	return p, errors.Join(errs...)
}

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Name every fault of the configuration, overlays and sources with file and line; exit 1 when there is any."`
	Show  configShowCmd  `cmd:"" help:"Print the configuration in effect and where each value comes from, without secrets."`
}

type configCheckCmd struct{}

// Run checks everything that the hub reads at its start.
func (*configCheckCmd) Run(conf *config.Config, f *fromFile) error {
	errs := []error{f.err}
	p, err := loadPolicy(conf)
	_, accessErr := access.Load()
	_, gradeErr := grade.Load()
	errs = append(errs, err, accessErr, gradeErr)
	if faults := flat(errors.Join(errs...)); len(faults) > 0 {
		for _, f := range faults {
			fmt.Println(f)
		}
		return exitError(1)
	}
	where := conf.File
	if where == "" {
		where = "no file"
	}
	sources := "all sources are connected"
	if l := conf.Local(); l.Listed {
		sources = fmt.Sprintf("%d rows of connected sources", len(l.Sources))
	}
	fmt.Printf("config: no faults (%s): tables of %s, %d units, %d matters, %d measures; %s\n", where, p.Version, len(p.Units), len(p.Matters), len(p.Measures), sources)
	return nil
}

// flat are the single faults of joined errors.
func flat(err error) (out []string) {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only what is joined here
		for _, e := range j.Unwrap() {
			out = append(out, flat(e)...)
		}
		return out
	}
	return []string{strings.TrimPrefix(err.Error(), "policy: ")}
}

type configShowCmd struct{}

// Run prints what can be read; faults are for check.
func (*configShowCmd) Run(conf *config.Config, f *fromFile) error {
	if f.err != nil {
		return f.err
	}
	return conf.Show(os.Stdout)
}
