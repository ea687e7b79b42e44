package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"credithub/schema/policy"
)

func TestCase_S4_CheckByCommand(t *testing.T) {
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Variables map[string]string }
		_ = json.NewDecoder(r.Body).Decode(&q)
		m, near := p.FindMatter(q.Variables["m"])
		if m != nil {
			_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"check": map[string]any{"outcome": "CLEAR", "matter": m}}})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{"message": "no", "extensions": map[string]any{"code": "BAD_INPUT", "near": near}}}})
	}))
	defer s.Close()
	run := func(matter string) error {
		return (&checkCmd{URL: s.URL, Token: "t", USCC: "91420100ma4n0a2b5y", Matter: matter}).Run(context.Background())
	}
	for _, matter := range []string{"TENDER", "tender", "食品经营许可", "政府采购", "药品"} {
		if err := run(matter); err != nil {
			t.Errorf("%s: %v", matter, err)
		}
	}
	err = run("许可")
	if u := (*unknownMatter)(nil); !errors.As(err, &u) || !strings.Contains(err.Error(), "FOOD_OPERATION_LICENCE") || !strings.Contains(err.Error(), "药品生产经营许可") {
		t.Errorf("several: %v", err)
	}
	if err = run("GOVRNMENT_PROCUREMENT"); err == nil || !strings.Contains(err.Error(), "GOVERNMENT_PROCUREMENT") {
		t.Errorf("a slip of the pen is taken for what it isn't: %v", err)
	}
}
