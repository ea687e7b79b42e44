//go:build suite

package realdata

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"credithub/deploy/platform/client"
	"credithub/deploy/testing/suite/hub"
)

// folder is where the published rows lie, "" when there is no such folder.
func folder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CREDITHUB_DATA_SAMPLES")
	if dir == "" {
		dir = filepath.Join(hub.Root(t), "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Logf("NOT RUN: no folder of published rows (%s, CREDITHUB_DATA_SAMPLES): only the small fixtures are pushed", dir)
		return ""
	}
	return dir
}

// found is a registration as published; other fields are not looked at.
type found struct {
	Name, USCC, RegNo, EstDate, Status, EntType, Domicile, Scope, RegOrg string
	RegCapital                                                           any
	OK31, OK11                                                           *bool
}

// line maps a row to the contract. With complete, a missing day and status are
// filled in, so that what is left is the oddities of the codes.
func (f *found) line(id string, complete bool) []byte {
	data := map[string]any{}
	set := func(key, v string) {
		if v != "" {
			data[key] = v
		}
	}
	established, status := day(f.EstDate), groups[f.Status]
	if complete && established == "" {
		established = "2000-01-01"
	}
	if complete && status == "" {
		status = "9"
	}
	set("name", f.Name)
	set("establishedOn", established)
	set("status", status)
	set("entityType", f.EntType)
	set("domicile", f.Domicile)
	set("businessScope", f.Scope)
	set("registrationAuthority", f.RegOrg)
	set("regNo", f.RegNo)
	if s, ok := f.RegCapital.(string); ok {
		set("registeredCapital", yuan(s))
	}
	row := map[string]any{"domain": "registration", "kind": "registration", "recordId": id, "version": 1, "op": "upsert", "uscc": f.USCC, "data": data}
	b, err := json.Marshal(row)
	if err != nil {
		panic(err)
	}
	return b
}

// want gives the codes that must reject the row, E01 standing for either way in
// which a code can be wrong, and whether W01 must warn.
func (f *found) want(complete bool) (reject string, inner bool) {
	set := map[string]bool{}
	if !complete && day(f.EstDate) == "" || f.Name == "" {
		set["E05"] = true
	}
	if !complete && groups[f.Status] == "" {
		set["E05"] = true
	}
	switch {
	case f.OK31 != nil && !*f.OK31 && f.coded(), f.OK31 == nil && f.coded():
		set["E01"] = true
	case f.OK31 != nil && f.coded():
		inner = !*f.OK11
	case f.RegNo == "":
		set["E05"] = true
	case !registrationNumber(f.RegNo):
		set["E06"] = true
	}
	return codes(set), inner
}

// coded tells whether the row says a code at all: 未公开 and a dash say that there is
// none.
func (f *found) coded() bool { return f.USCC != "" && f.USCC != "未公开" && f.USCC != "-" }

// same takes E02 for E01, and a row that intake knows no subject of for one that
// it takes: a registration number alone may name nobody (E03).
func (f *found) same(got map[string]bool, want string) bool {
	set := map[string]bool{}
	for c := range got {
		if c == "E02" {
			c = "E01"
		}
		set[c] = true
	}
	if !f.coded() && f.RegNo != "" && codes(set) == "E03" {
		return want == ""
	}
	return codes(set) == want
}

func TestRegistrationsAsPublished(t *testing.T) {
	dir := folder(t)
	if dir == "" {
		return
	}
	var rows []found
	file, err := os.Open(filepath.Join(dir, "registrations.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var f found
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, f)
	}
	b := start(t)
	b.registrations(rows, "as published", "RP", false)
	b.registrations(rows, "completed", "RC", true)
	b.known(rows)
	b.sources(rows)
}

// registrations pushes rows and holds what became of each against its want.
func (b *bench) registrations(rows []found, what, prefix string, complete bool) {
	b.t.Helper()
	counts := map[string]int{}
	var wrong []string
	at := 0
	for part := range slices.Chunk(rows, 300) { // an answer lists up to 1000 findings
		var body bytes.Buffer
		for i := range part {
			body.Write(part[i].line(fmt.Sprintf("%s-%d", prefix, at+i), complete))
			body.WriteByte('\n')
		}
		s := b.push("SAMR", "", ndjson, body.Bytes())
		if s.Accepted+s.Rejected != len(part) {
			b.t.Errorf("%s: %d rows pushed, %d answered", what, len(part), s.Accepted+s.Rejected)
		}
		for i := range part {
			id, line := fmt.Sprintf("%s-%d", prefix, at+i), i+1
			want, inner := part[i].want(complete)
			if !part[i].same(s.rejected[line], want) || want == "" && s.warned[line]["W01"] != inner {
				wrong = append(wrong, fmt.Sprintf("%s: uscc %q regNo %q: rejected %q, warned %q; want %q, W01 %t", id, part[i].USCC, part[i].RegNo, codes(s.rejected[line]), codes(s.warned[line]), want, inner))
			}
		}
		tally(s, counts)
		at += len(part)
	}
	show(b.t, "registrations "+what, len(rows), counts)
	for i, w := range wrong {
		if i == 20 {
			b.t.Errorf("… and %d more", len(wrong)-i)
			break
		}
		b.t.Error(w)
	}
}

// known: companies with valid codes answer entity and check.
func (b *bench) known(rows []found) {
	b.t.Helper()
	names := map[string][]string{}
	var all []string
	for _, f := range rows {
		if f.OK31 != nil && *f.OK31 {
			if names[f.USCC] == nil {
				all = append(all, f.USCC)
			}
			names[f.USCC] = append(names[f.USCC], strings.TrimSpace(f.Name))
		}
	}
	token := b.token("officer", "SAMR")
	bad := 0
	complain := func(format string, a ...any) {
		if bad++; bad <= 20 {
			b.t.Errorf(format, a...)
		}
	}
	for part := range slices.Chunk(all, 20) {
		var q strings.Builder
		for i, c := range part {
			fmt.Fprintf(&q, "e%d:entity(uscc:%q){uscc name}", i, c)
		}
		got := map[string]*struct{ USCC, Name string }{}
		if err := client.At(b.url, token).Query(b.t.Context(), "{"+q.String()+"}", nil, &got); err != nil {
			b.t.Fatal(err)
		}
		for i, c := range part {
			if e := got[fmt.Sprintf("e%d", i)]; e == nil || e.USCC != c || !slices.Contains(names[c], strings.TrimSpace(e.Name)) {
				complain("%s: entity is %+v, want one of %q", c, e, names[c])
			}
		}
	}
	outcomes := map[string]int{}
	for part := range slices.Chunk(all, 500) {
		var a struct {
			Checks []struct{ USCC, Outcome string }
		}
		if err := client.At(b.url, token).Query(b.t.Context(), `query($u:[ID!]!){checks(usccs:$u,matter:"COMMITMENT_APPROVAL"){uscc outcome}}`, map[string]any{"u": part}, &a); err != nil {
			b.t.Fatal(err)
		}
		for i, c := range a.Checks {
			outcomes[c.Outcome]++
			distinct := slices.Compact(slices.Sorted(slices.Values(names[part[i]])))
			if c.Outcome == "SUBJECT_UNKNOWN" || c.Outcome == "SUBJECT_AMBIGUOUS" && len(distinct) == 1 {
				complain("%s: %s", part[i], c.Outcome)
			}
		}
	}
	b.t.Logf("%d real companies answer entity and check: %v", len(all), outcomes)
}

// sources: the hub's own count of the rows is the one that was answered.
func (b *bench) sources(rows []found) {
	b.t.Helper()
	var a struct {
		Sources []struct {
			Unit               struct{ Code string }
			Domain             string
			Accepted, Rejected int
		}
	}
	if err := client.At(b.url, b.token("admin", "SAMR")).Query(b.t.Context(), `{sources{unit{code} domain accepted rejected}}`, nil, &a); err != nil {
		b.t.Fatal(err)
	}
	for _, s := range a.Sources {
		if s.Unit.Code == "SAMR" && s.Domain == "registration" {
			stored := b.sql("SELECT countIf(status = 'ACCEPTED') FROM records WHERE unit = 'SAMR' AND domain = 'registration'")[0][0]
			if fmt.Sprint(s.Accepted) != stored || s.Accepted+s.Rejected != 2*len(rows) {
				b.t.Errorf("sources: accepted %d and rejected %d of %d rows; ClickHouse has %s", s.Accepted, s.Rejected, 2*len(rows), stored)
			}
			return
		}
	}
	b.t.Errorf("SAMR/registration is no source: %+v", a.Sources)
}
