package fault

import (
	"strings"
	"testing"
)

func TestMessagesInChinese(t *testing.T) {
	f := func(c Code, en, want string) {
		t.Helper()
		if got := Chinese(c, en); got != want {
			t.Errorf("%s: %s, want %s", en, got, want)
		}
	}
	f(E05Required, "missing", "缺失")
	f(E02Check, "check character is 5, expected Y", "校验码为 5，应为 Y")
	f(E07DateOrder, "lies before decidedOn", "早于 decidedOn")
	f(E06Enum, "something that nobody has translated", "不在取值范围或类型不符：something that nobody has translated")
	seen := map[string]bool{}
	for _, x := range templates {
		if strings.Count(x.en, "{}") != strings.Count(x.zh, "{}") || x.zh == "" || seen[x.en] {
			t.Errorf("%q and %q don't fit, or stand twice", x.en, x.zh)
		}
		seen[x.en] = true
	}
	for _, c := range []Code{E01Format, E02Check, E03NoSubject, E04NameMismatch, E05Required, E06Enum, E07DateOrder, E08Future, E09Amount,
		E10Duplicate, E11Personal, E12Right, E13Catalogue, E14Late, W01Inner, W02Division, W03Deregistered, W04Pilot, W05Normalised,
		W06Incomplete, W07NoEffect, W08TermCapped, W09UnknownCause, W10Service, W11NoExit, W12SameDay, W13Column, W14Hidden, W15Damaged} {
		if namesZh[c] == "" {
			t.Errorf("%s has no name", c)
		}
	}
}
