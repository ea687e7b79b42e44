//go:build suite

// Package http runs the official GraphQL over HTTP audits.
package http

import (
	"os/exec"
	"testing"

	"credithub/deploy/testing/suite/hub"
)

func TestOfficialAudits(t *testing.T) {
	h := hub.Start(t)
	token, err := h.Token("officer", "SAMR")
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []struct{ name, token string }{{"officer", token}, {"anonymous", ""}} {
		t.Run(who.name, func(t *testing.T) {
			out, err := exec.Command("node", "audits.mjs", "http://"+h.Addr+"/graphql", who.token).CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
