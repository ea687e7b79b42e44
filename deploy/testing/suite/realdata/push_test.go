//go:build suite

package realdata

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/platform/problem"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
)

const (
	ndjson  = "application/x-ndjson"
	csvType = "text/csv"
	xlsx    = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	xls     = "application/vnd.ms-excel"
)

// bench is a hub and what was pushed to it.
type bench struct {
	t   *testing.T
	hub *probe.Hub
	url string
}

func start(t *testing.T) *bench {
	h := hub.Start(t)
	return &bench{t: t, hub: h, url: "http://" + h.Addr}
}

func (b *bench) token(role, unit string) string {
	b.t.Helper()
	token, err := b.hub.Token(role, unit)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// settled is what became of the rows of one push: the answer, the batch when it
// was stored, and the codes that reject and that warn, by line.
type settled struct {
	client.Batch
	batch    client.Batch
	rejected map[int]map[string]bool // line → codes
	warned   map[int]map[string]bool
}

func note(m map[int]map[string]bool, f client.Finding) {
	if m[f.Line] == nil {
		m[f.Line] = map[string]bool{}
	}
	m[f.Line][string(f.Code)] = true
}

// push sends a body that must be taken and waits until it is stored.
func (b *bench) push(unit, query, contentType string, body []byte) settled {
	b.t.Helper()
	token := b.token("agency", unit)
	r, err := client.At(b.url, token).Do(b.t.Context(), http.MethodPost, "/v1/records"+query, contentType, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Status != http.StatusAccepted {
		b.t.Fatalf("push of %s%s answered %d: %.400s", unit, query, r.Status, r.Body)
	}
	s := settled{rejected: map[int]map[string]bool{}, warned: map[int]map[string]bool{}}
	if err := json.Unmarshal(r.Body, &s.Batch); err != nil {
		b.t.Fatal(err)
	}
	if s.batch, err = client.At(b.url, token).WaitStored(b.t.Context(), s.BatchID, time.Minute); err != nil {
		b.t.Fatal(err)
	}
	if s.batch.Accepted+s.batch.Rejected != s.Accepted+s.Rejected {
		b.t.Errorf("batch %s: accepted %d and rejected %d, the push was answered with %d and %d", s.BatchID, s.batch.Accepted, s.batch.Rejected, s.Accepted, s.Rejected)
	}
	for _, f := range s.batch.Rejections {
		note(s.rejected, f)
	}
	for _, f := range s.Warnings {
		note(s.warned, f)
	}
	if len(s.rejected) != s.batch.Rejected {
		b.t.Errorf("batch %s: %d rows rejected, findings name %d", s.BatchID, s.batch.Rejected, len(s.rejected))
	}
	b.stored(s)
	return s
}

// stored: ClickHouse has every accepted row, no other, and the rejected ones with
// their codes.
func (b *bench) stored(s settled) {
	b.t.Helper()
	at := b.sql("SELECT count(), countIf(status IN ('ACCEPTED', 'DUPLICATE')) FROM records WHERE batch_id = '" + s.BatchID + "' AND status != 'MOVED'")
	var rejects [][]string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) { // they come behind the rows
		rejects = b.sql("SELECT uniqExact(line) FROM rejects WHERE batch_id = '" + s.BatchID + "'")
		if rejects[0][0] == fmt.Sprint(s.batch.Rejected) {
			break
		}
	}
	if at[0][0] != fmt.Sprint(s.Accepted) || at[0][1] != fmt.Sprint(s.batch.Accepted) || rejects[0][0] != fmt.Sprint(s.batch.Rejected) {
		b.t.Errorf("batch %s: ClickHouse has %s rows of it, %s accepted, and %s rejected; want %d, %d, %d", s.BatchID, at[0][0], at[0][1], rejects[0][0], s.Accepted, s.batch.Accepted, s.batch.Rejected)
	}
}

func (b *bench) sql(query string) [][]string {
	b.t.Helper()
	rows, err := b.hub.Select(b.t.Context(), query)
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

// refused sends a body that cannot be read as a whole, and gives the problem.
func (b *bench) refused(unit, query, contentType string, body []byte, status int) problem.Document {
	b.t.Helper()
	before := b.sql("SELECT count() FROM records")[0][0]
	r, err := client.At(b.url, b.token("agency", unit)).Do(b.t.Context(), http.MethodPost, "/v1/records"+query, contentType, body)
	if err != nil {
		b.t.Fatal(err)
	}
	var p problem.Document
	if err := json.Unmarshal(r.Body, &p); err != nil || r.Status != status || r.Header.Get("Content-Type") != "application/problem+json" || p.Detail == "" {
		b.t.Errorf("push of %s%s answered %d: %.400s, want a problem %d", unit, query, r.Status, r.Body, status)
	}
	if after := b.sql("SELECT count() FROM records")[0][0]; after != before {
		b.t.Errorf("a refused body left rows: %s before, %s after", before, after)
	}
	return p
}

// codes of a row as text.
func codes(set map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(set)), " ") }

// tally counts rows by their codes, for print.
func tally(s settled, into map[string]int) {
	for _, set := range s.rejected {
		into["rejected "+codes(set)]++
	}
	for key, set := range s.warned {
		if s.rejected[key] == nil {
			into["accepted with "+codes(set)]++
		}
	}
	warned := 0
	for key := range s.warned {
		if s.rejected[key] == nil {
			warned++
		}
	}
	into["accepted clean"] += s.batch.Accepted - warned
}

func show(t *testing.T, what string, rows int, counts map[string]int) {
	t.Helper()
	sum := 0
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "\n  %6d %s", counts[k], k)
		sum += counts[k]
	}
	t.Logf("%s: %d rows%s", what, rows, b.String())
	if sum != rows {
		t.Errorf("%s: %d rows were pushed and %d have an end", what, rows, sum)
	}
}
