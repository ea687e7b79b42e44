package chdb

import (
	"strings"
	"testing"
)

func TestLoadNamesWhatIsMissing(t *testing.T) {
	if _, err := Load("/nosuch/libchdb.so"); err == nil {
		t.Error("a missing library was loaded")
	}
	if _, err := Load("libc.so.6"); err == nil || !strings.Contains(err.Error(), "chdb_") && !strings.Contains(err.Error(), "load library") {
		t.Errorf("got %v", err)
	}
}

func TestErrorCode(t *testing.T) {
	for text, want := range map[string]int{
		"Code: 60. DB::Exception: x": 60, "Error: Code: 241. y Code: 1.": 241, "no code": 0, "Code: 99999999999999999999.": 0,
	} {
		if got := (&Error{Text: text}).Code(); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}
