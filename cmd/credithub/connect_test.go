package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"credithub/deploy/platform/config"
)

// A child gets by environment all that up was told by flags.
func TestChildrenGetTheSameConnections(t *testing.T) {
	parse := func(args ...string) connectFlags {
		t.Helper()
		var c struct{ connectFlags }
		k, err := kong.New(&c, kong.Vars{"data": t.TempDir()}, kong.Bind(&config.Config{}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Parse(args); err != nil {
			t.Fatal(err)
		}
		return c.connectFlags
	}
	for _, args := range []string{
		"--data=/d --kafka=a:1,b:2 --clickhouse=http://c:8123 --cluster=k --kafka-tls --kafka-ca=/ca --kafka-cert=/cert --kafka-key=/key --kafka-sasl=PLAIN --kafka-user=u",
		"--data=/d --kafka=a:1 --clickhouse=http://c:8123",
	} {
		want := parse(strings.Fields(args)...)
		for _, v := range want.environ() {
			name, value, _ := strings.Cut(v, "=")
			t.Setenv(name, value)
		}
		if got := parse("--data=/d"); strings.Contains(args, "cluster") && !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		for _, v := range want.environ() {
			if name, value, _ := strings.Cut(v, "="); value == "" {
				t.Errorf("%s is empty", name)
			}
		}
	}
}
