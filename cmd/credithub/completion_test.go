package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"credithub/deploy/platform/config"
)

func TestCompletionKnowsCommandsAndFlags(t *testing.T) {
	var c cli
	k, err := kong.New(&c, kong.Name("credithub"), kong.Vars{"data": t.TempDir(), "version": "test"}, kong.Bind(&config.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	var bash, fish strings.Builder
	completeBash(&bash, k.Model.Node, false)
	completeFish(&fish, k.Model.Node, "")
	for _, want := range []string{`"config ") path=`, `"config ") list="check show --`, "--kafka-listen", `"audit verify ")`} {
		if !strings.Contains(bash.String(), want) {
			t.Errorf("bash: no %s", want)
		}
	}
	if !strings.Contains(fish.String(), "-a config -d") || !strings.Contains(fish.String(), "__fish_seen_subcommand_from up' -l demo") {
		t.Error("fish lacks a command or flag")
	}
}
