package record_test

import (
	"testing"

	"credithub/schema/list"
	"credithub/schema/record"
)

// The table of list names here and the codes of schema/list are one.
func TestListNamesAreThoseOfTheListPackage(t *testing.T) {
	f := record.FindKind(record.Decision, "entry").Field("list")
	if len(f.Enum) != int(list.CodeEnd-1) {
		t.Fatalf("%d names, %d codes", len(f.Enum), list.CodeEnd-1)
	}
	for _, e := range f.Enum {
		if _, ok := list.ParseCode(e.Value); !ok {
			t.Errorf("%s is no list", e.Value)
		}
	}
}

func TestEventsAndExitsAreThoseOfTheListPackage(t *testing.T) {
	k := record.FindKind(record.Decision, "entry")
	for i, e := range k.Field("event").Enum {
		if int(list.ParseEvent(e.Value)) != i+1 {
			t.Errorf("event %s", e.Value)
		}
	}
	for i, e := range k.Field("exitType").Enum {
		if int(list.ParseExit(e.Value)) != i+1 {
			t.Errorf("exit %s", e.Value)
		}
	}
}
