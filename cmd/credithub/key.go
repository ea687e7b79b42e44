package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"credithub/deploy/platform/config"
	"credithub/deploy/platform/keys"
)

type keyCmd struct {
	New    keyNewCmd    `cmd:"" help:"Make a key pair: FILE is private, FILE.pub is to be registered."`
	Add    keyAddCmd    `cmd:"" help:"Register the public key of a unit."`
	List   keyListCmd   `cmd:"" help:"List registered keys."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key for good."`
}

type keyNewCmd struct {
	Out string `help:"File of the private key." required:"" type:"path"`
}

// Run prints the id of the new key.
func (c *keyNewCmd) Run(_ context.Context) error {
	pub, err := keys.Generate(c.Out)
	if err != nil {
		return err
	}
	fmt.Println(keys.ID(pub))
	return nil
}

type keyAddCmd struct {
	dataFlag
	Unit string `help:"Unit code." required:""`
	File string `arg:"" help:"Public key, FILE.pub." type:"existingfile"`
}

// Run prints the id under which the key is registered.
func (c *keyAddCmd) Run(_ context.Context, conf *config.Config) error {
	p, err := loadPolicy(conf)
	if err != nil {
		return err
	}
	if p.Unit(c.Unit) == nil {
		return fmt.Errorf("key: unit %q is not in the tables", c.Unit)
	}
	pub, err := keys.ReadPublic(c.File)
	if err != nil {
		return err
	}
	r, err := keys.Open(c.Data, time.Now)
	if r == nil {
		return err
	}
	k, err := r.Add(c.Unit, pub)
	if err != nil {
		return err
	}
	fmt.Println(k.ID)
	if k.Revoked != nil {
		fmt.Fprintf(os.Stderr, "the key was revoked %s and stays so: make the unit a new one\n", k.Revoked.Format(time.RFC3339))
	}
	return nil
}

type keyListCmd struct{ dataFlag }

// Run prints id, unit, day of registration and state, a key a line.
func (c *keyListCmd) Run(_ context.Context) error {
	r, err := keys.Open(c.Data, time.Now)
	if r == nil {
		return err
	}
	all, err := r.List()
	for _, k := range all {
		state := "active"
		if k.Revoked != nil {
			state = "revoked " + k.Revoked.Format(time.RFC3339)
		}
		fmt.Printf("%s  %-8s  %s  %s\n", k.ID, k.Unit, k.Added.Format(time.DateOnly), state)
	}
	return err
}

type keyRevokeCmd struct {
	dataFlag
	ID string `arg:"" help:"Key id."`
}

// Run revokes.
func (c *keyRevokeCmd) Run(_ context.Context) error {
	r, err := keys.Open(c.Data, time.Now)
	if err != nil {
		return err
	}
	return r.Revoke(c.ID)
}
