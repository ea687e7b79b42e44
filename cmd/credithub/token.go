package main

import (
	"context"
	"fmt"
	"time"

	"credithub/deploy/platform/auth"
	"credithub/deploy/platform/config"
	"credithub/schema/access"
)

type tokenCmd struct {
	dataFlag
	Role string        `help:"agency, officer, supervisor, auditor or admin." enum:"agency,officer,supervisor,auditor,admin" required:""`
	Unit string        `help:"Unit code, such as SAMR." required:""`
	TTL  time.Duration `help:"Life of the token." default:"24h"`
}

// Run prints the token and nothing else.
func (c *tokenCmd) Run(_ context.Context, conf *config.Config) error {
	p, err := loadPolicy(conf)
	if err != nil {
		return err
	}
	issuer, err := auth.NewDevIssuer(c.Data, time.Now, knows(p))
	if err != nil {
		return err
	}
	t, err := issuer.Issue(access.Role(c.Role), c.Unit, c.TTL)
	if err != nil {
		return err
	}
	fmt.Println(t)
	return nil
}
