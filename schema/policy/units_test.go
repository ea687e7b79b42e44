package policy

import (
	"slices"
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/record"
)

// Who reports what and decides which list, as the contract names it.
func TestUnits(t *testing.T) {
	p := load(t)
	if len(p.Units) != 32 {
		t.Errorf("%d units, want 32", len(p.Units))
	}
	named := map[string]string{
		"SAMR": "registration annual_report inspection L01 L02 L03 L17", "TAX": "tax L06 L20 L21", "HRSS": "social_security L07 L08",
		"PBC": "bank L22", "BANK": "bank L22", "COURT": "judgment L04 L05", "MOF": "L09 L26", "MEM": "L10", "NBS": "L11",
		"MCT": "L12", "MOHURD": "L13", "NMPA": "L14", "GACC": "L15 L15B", "MPS": "L16", "MOT": "L18", "MCA": "L19",
		"MEE": "L23", "NDRC": "L24 L25", "NDMO": "L27", "MIIT": "L28",
	}
	for name := range named {
		if p.Unit(name) == nil {
			t.Errorf("no unit %s", name)
		}
	}
	everyone := []string{"permit", "penalty", "commitment", "complaint"}
	for _, u := range p.Units {
		has := strings.Fields(named[u.Code])
		decides := false
		for c := list.L01; c < list.CodeEnd; c++ {
			want := slices.Contains(has, c.String())
			decides = decides || want
			if p.MayDecide(u.Code, c) != want {
				t.Errorf("%s decides %s: %v", u.Code, c, !want)
			}
			if want != slices.Contains(p.List(c).Units, u.Code) {
				t.Errorf("units of %s and %s", c, u.Code)
			}
		}
		for _, d := range record.Domains() {
			want := slices.Contains(has, d.String()) || slices.Contains(everyone, d.String()) || d == record.Decision && decides
			if p.MayPush(u.Code, d) != want {
				t.Errorf("%s pushes %s: %v", u.Code, d, !want)
			}
			if (p.Period(u.Code, d) > 0) != want {
				t.Errorf("%s reports %s within %d s", u.Code, d, p.Period(u.Code, d))
			}
		}
		if decides && p.Period(u.Code, record.Decision) != 48*3600 {
			t.Errorf("decisions of %s are fresh for %d s", u.Code, p.Period(u.Code, record.Decision))
		}
	}
	if p.Unit("X") != nil || p.MayPush("X", record.Permit) || p.MayDecide("X", 1) || p.MayDecide("SAMR", 99) || p.Period("X", record.Tax) != 0 {
		t.Error("a unit that doesn't exist has rights")
	}
	if p.MayPush("SAMR", record.NoDomain) || p.MayPush("SAMR", record.Domain(200)) || p.MayDecide("SAMR", 0) {
		t.Error("a domain or list that doesn't exist may be pushed")
	}
}

// The sources of a matter are the units whose lists can restrict it.
func TestSources(t *testing.T) {
	p := load(t)
	f := func(matter, want string) {
		t.Helper()
		var got []string
		for _, s := range p.Sources(p.Matter(matter)) {
			if s.Domain != record.Decision || !p.MayPush(s.Unit, s.Domain) {
				t.Errorf("%s waits for %s of %s, which doesn't report it", matter, s.Domain, s.Unit)
			}
			got = append(got, s.Unit)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s needs %v, want %s", matter, got, want)
		}
	}
	f("SIMPLE_DEREGISTRATION", "SAMR")
	f("LEGAL_REP_APPOINTMENT", "SAMR")
	f("FOOD_OPERATION_LICENCE", "SAMR NMPA NDRC MIIT")
	f("COMMITMENT_APPROVAL", "SAMR NMPA NDRC MOF")
	f("GOVERNMENT_PROCUREMENT", "SAMR COURT TAX HRSS MOF NMPA")
	f("TENDER", "SAMR COURT HRSS NMPA NDRC")
	f("BANK_CREDIT", "COURT TAX HRSS PBC BANK MIIT")
	f("CUSTOMS_AEO", "COURT TAX GACC")
	f("BOND_ISSUE", "MIIT")
	f("DIRECTOR_APPOINTMENT", "COURT")
	f("SECURITIES_OFFICE", "")
}

// A measure that has ended makes nobody's silence matter.
func TestSourcesOfEndedMeasures(t *testing.T) {
	files := map[string]string{}
	for name, text := range sound {
		files[name] = text
	}
	files["measures.yaml"] = strings.TrimRight(files["measures.yaml"], "\n") + "\n    to: 2025-12-31\n"
	p, err := LoadFS(dir(files))
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Sources(p.Matter("A")); len(s) != 0 {
		t.Errorf("sources %v", s)
	}
	if r := p.Rules(p.Matter("A"), 1); len(r) != 1 || r[0].Bears(entry(t, "L01", "1", "2025-06-01"), day("2026-01-01")) != None {
		t.Errorf("rules %v", r)
	}
}

// The dates of deadlines, computed by hand from the notices of the State Council.
func TestAddWorkingDays(t *testing.T) {
	c := load(t).Calendar
	f := func(from string, n int, want string) {
		t.Helper()
		got, provisional := c.AddWorkingDays(day(from), n)
		if got.String() != want || provisional {
			t.Errorf("%s + %d = %s (provisional %v), want %s", from, n, got, provisional, want)
		}
	}
	f("2024-06-30", 10, "2024-07-12")
	f("2025-06-30", 10, "2025-07-14")
	f("2026-06-30", 10, "2026-07-14")
	f("2026-02-12", 7, "2026-02-28")
	f("2026-02-12", 20, "2026-03-18")
	f("2026-09-18", 7, "2026-09-29")
	f("2026-09-24", 20, "2026-10-29")
	f("2025-09-26", 7, "2025-10-13")
	f("2024-09-13", 7, "2024-09-25")
	f("2024-04-30", 7, "2024-05-13")
	f("2026-04-30", 10, "2026-05-18")
	f("2025-01-24", 20, "2025-02-27")
	f("2025-12-31", 2, "2026-01-05")
	f("2026-04-01", 3, "2026-04-07")
	f("2026-04-01", 7, "2026-04-13")
	f("2026-04-01", 10, "2026-04-16")
	f("2026-04-04", 0, "2026-04-04")
	f("2026-04-04", -3, "2026-04-04")
	if d, provisional := c.AddWorkingDays(day("2026-12-31"), 1); d != day("2027-01-01") || !provisional {
		t.Errorf("a deadline in a year that isn't loaded: %s, provisional %v", d, provisional)
	}
	if w, _ := c.Working(day("2024-02-09")); !w {
		t.Error("the eve of 2024 was a working day")
	}
	months := []int{21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23}
	for i, want := range months {
		n := 0
		for d := civil.MakeDate(2026, 1, 1).AddMonths(i); d < civil.MakeDate(2026, 1, 1).AddMonths(i+1); d++ {
			if w, _ := c.Working(d); w {
				n++
			}
		}
		if n != want {
			t.Errorf("2026-%02d has %d working days, want %d", i+1, n, want)
		}
	}
}
