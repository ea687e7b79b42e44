package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"credithub/deploy/gen"
	"credithub/deploy/platform/auth"
	"credithub/deploy/platform/client"
	"credithub/deploy/platform/node"
	"credithub/schema/access"
	"credithub/schema/civil"
	"credithub/schema/record"
)

// The demonstration set.
const (
	demoEntities = 2000
	demoSeed     = 20260401
	demoMark     = "demo.loaded" // in the data directory: the set is there
	demoBatch    = 2000          // rows of one push
	demoMatter   = "GOVERNMENT_PROCUREMENT"
)

// loadDemo pushes the demonstration set through the hub's own gateway, as the
// units would, once a data directory; and lets every unit report that it has
// nothing new, so that sources are fresh.
func (r *running) loadDemo(ctx context.Context, url string) error {
	issuer, err := auth.NewDevIssuer(r.cmd.Data, time.Now, knows(r.hub.policy))
	if err != nil {
		return err
	}
	push := func(unit, query string, body []byte) error {
		token, err := issuer.Issue(access.Agency, unit, time.Hour)
		if err != nil {
			return err
		}
		_, err = client.At(url, token).Push(ctx, query, "application/x-ndjson", body)
		return err
	}
	mark := filepath.Join(r.cmd.Data, demoMark)
	if _, err := os.Stat(mark); errors.Is(err, os.ErrNotExist) {
		truth, err := pushDemo(push)
		if err != nil {
			return err
		}
		text, err := json.Marshal(examplesOf(truth))
		if err != nil {
			return err
		}
		if err := node.ReplaceFile(mark, append(text, '\n')); err != nil {
			return err
		}
	}
	for _, u := range r.hub.policy.Units {
		for _, d := range record.Domains() {
			if !r.hub.policy.MayPush(u.Code, d) {
				continue
			}
			if err := push(u.Code, "?domain="+d.String(), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// examples are codes of the demonstration set to try things with.
type examples struct {
	Listed string `json:"listed"` // banned from government procurement
	Clear  string `json:"clear"`
}

func examplesOf(t *gen.Truth) (e examples) {
	for _, code := range t.Codes {
		switch s := t.Subjects[code]; {
		case s == nil && t.Facts[code] == nil && e.Clear == "":
			e.Clear = code
		case s != nil && s.Obligations[demoMatter] == "REJECT" && e.Listed == "":
			e.Listed = code
		}
	}
	return e
}

func pushDemo(push func(unit, query string, body []byte) error) (*gen.Truth, error) {
	type key struct {
		unit   string
		domain record.Domain
	}
	bodies := map[key]*bytes.Buffer{}
	rows := map[key]int{}
	send := func(k key) error {
		err := push(k.unit, "", bodies[k].Bytes())
		bodies[k].Reset()
		rows[k] = 0
		return err
	}
	truth, err := gen.New(gen.Config{Entities: demoEntities, Seed: demoSeed, Today: civil.DateOf(time.Now())}).Run(func(it gen.Item) error {
		k := key{it.Unit, it.Domain}
		if bodies[k] == nil {
			bodies[k] = &bytes.Buffer{}
		}
		bodies[k].Write(it.Line)
		bodies[k].WriteByte('\n')
		if rows[k]++; rows[k] < demoBatch {
			return nil
		}
		return send(k)
	})
	if err != nil {
		return nil, err
	}
	var rest []key
	for k := range bodies {
		rest = append(rest, k)
	}
	slices.SortFunc(rest, func(a, b key) int { return int(a.domain) - int(b.domain) }) // registrations first
	for _, k := range rest {
		if rows[k] > 0 {
			if err := send(k); err != nil {
				return nil, err
			}
		}
	}
	return truth, nil
}

// printTokens prints tokens that are ready to paste.
func (r *running) printTokens(url string) error {
	issuer, err := auth.NewDevIssuer(r.cmd.Data, time.Now, knows(r.hub.policy))
	if err != nil {
		return err
	}
	fmt.Println("\nDemonstration: all data are made up. Tokens for a day:")
	for _, t := range []struct {
		role access.Role
		unit string
	}{{access.Officer, "SAMR"}, {access.Agency, "SAMR"}, {access.Agency, "MOF"}, {access.Supervisor, "SAMR"}} {
		token, err := issuer.Issue(t.role, t.unit, 24*time.Hour)
		if err != nil {
			return err
		}
		fmt.Printf("\n# %s of %s\nexport %s_%s='%s'\n", t.role, t.unit, t.role, t.unit, token)
	}
	var e examples
	if text, err := os.ReadFile(filepath.Join(r.cmd.Data, demoMark)); err != nil || json.Unmarshal(text, &e) != nil || e.Listed == "" {
		return nil
	}
	fmt.Printf("\nTry, with the first token in another terminal:\n  %[1]s check --url %[2]s --token \"$officer_SAMR\" %[3]s %[5]s  # may not take part\n"+
		"  %[1]s check --url %[2]s --token \"$officer_SAMR\" %[4]s %[5]s  # may\n"+
		"  %[2]s/e/%[3]s in a browser: what the public sees of the first\n", self(), url, e.Listed, e.Clear, demoMatter)
	return nil
}

// self is how this program was started.
func self() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/credithub"
	}
	return os.Args[0]
}
