package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/spool"
	"credithub/schema/audit"
)

// An auditor must not take an empty place for an intact trail.
func TestCase_S6_VerifyingNothingIsAnError(t *testing.T) {
	c := auditVerifyCmd{dataFlag: dataFlag{Data: t.TempDir()}}
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing to verify") {
		t.Errorf("%v", err)
	}
	c.From = "1 May"
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "YYYY-MM-DD") {
		t.Errorf("%v", err)
	}
	c.From = ""
	dir := c.Data + "/audit/node"
	s, err := spool.Open(dir, "node", spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "holds no audit record") {
		t.Errorf("files without a record: %v", err)
	}
	if _, err := s.Append(context.Background(), audit.Record{At: time.Now(), Actor: "a", Action: "check", Outcome: "OK"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); err != nil {
		t.Errorf("one record: %v", err)
	}
}
