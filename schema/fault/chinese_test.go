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

// What is wrong and its cure are in Chinese, whichever come together.
func TestCase_A5_CuresAreInChinese(t *testing.T) {
	for _, en := range []string{
		"length is 8 characters, expected 18; a spreadsheet turned it into a number in scientific notation (科学计数法), its digits are lost: format the column as text and enter it anew",
		"length is 5 characters, expected 18; this is the error value of a formula (公式出错): mend the formula and paste its result",
		"character 7 is none of the 31 symbols of GB 32100; some characters are masked with * (脱敏): send them in full",
		"must be an amount of yuan with up to 18 digits and 6 decimals; this is the text of a formula (公式), not its result: paste the values as text",
		"check character is 0, expected Y; a spreadsheet may have cut the number to 15 digits",
		"15 digits are a registration number (or a code that a spreadsheet cut short), not a code of 18 characters",
		"a quotation mark is never closed", "row is not valid UTF-8",
		"decided on 2010-01-01, when this ground was not law: without effect",
	} {
		got := Chinese(E01Format, en)
		if strings.Contains(got, namesZh[E01Format]) || strings.Contains(got, "; ") || strings.Contains(got, "spreadsheet") || strings.Contains(got, " is ") {
			t.Errorf("%s: %s", en, got)
		}
	}
}
