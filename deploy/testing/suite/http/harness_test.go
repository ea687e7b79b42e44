//go:build suite

package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
	"credithub/schema/uscc"
)

const (
	ndjson = "application/x-ndjson"
	csv    = "text/csv"
	xlsx   = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// rig is a running hub with the means to push and ask.
type rig struct {
	t   *testing.T
	hub *probe.Hub
	url string
	rng *rand.Rand
	n   int
}

func newRig(t *testing.T) *rig {
	h := hub.Start(t)
	return &rig{t: t, hub: h, url: "http://" + h.Addr, rng: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 3))}
}

func (r *rig) token(role, unit string) string {
	r.t.Helper()
	token, err := r.hub.Token(role, unit)
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

func (r *rig) code() string { return uscc.Random(r.rng, "420100", "91") }

// row is an envelope that tests spoil.
type row map[string]any

func (r *rig) registration(code string) row {
	r.n++
	return row{"domain": "registration", "kind": "registration", "recordId": fmt.Sprintf("B-%d", r.n), "version": 1, "op": "upsert", "uscc": code,
		"occurredOn": "2024-01-02", "data": row{"name": fmt.Sprintf("端到端%d有限公司", r.n), "status": "1", "establishedOn": "2020-01-02"}}
}

func (r *rig) decision(code, list string) row {
	r.n++
	id := fmt.Sprintf("BE-%d", r.n)
	return row{"domain": "decision", "kind": "entry", "recordId": id, "version": 1, "op": "upsert", "uscc": code, "occurredOn": "2026-03-02",
		"data": row{"entryId": id, "list": list, "event": "IN_FORCE", "cause": "1", "documentNo": "端到端〔2026〕1号", "decidedOn": "2026-03-02", "servedOn": "2026-03-04", "effectiveFrom": "2026-03-04"}}
}

// with changes fields of a copy; a key that begins with a dot is one of data.
func (x row) with(pairs ...any) row {
	out := row{}
	for k, v := range x {
		out[k] = v
	}
	data := row{}
	for k, v := range x["data"].(row) {
		data[k] = v
	}
	out["data"] = data
	for i := 0; i < len(pairs); i += 2 {
		to, k := out, pairs[i].(string)
		if k[0] == '.' {
			to, k = data, k[1:]
		}
		if pairs[i+1] == nil {
			delete(to, k)
		} else {
			to[k] = pairs[i+1]
		}
	}
	return out
}

func (x row) json() []byte {
	b, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	return b
}

func lines(rows ...[]byte) []byte { return append(bytes.Join(rows, []byte("\n")), '\n') }

// send pushes any body and gives the answer as it is.
func (r *rig) send(token, query, contentType string, body []byte, header ...string) client.Reply {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/v1/records"+query, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	a, err := client.At("", "").Send(req)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// take pushes a body that must be taken, and waits until it is stored.
func (r *rig) take(unit, query, contentType string, body []byte) (client.Batch, client.Batch) {
	r.t.Helper()
	a := r.send(r.token("agency", unit), query, contentType, body)
	var taken client.Batch
	if err := json.Unmarshal(a.Body, &taken); err != nil || a.Status != http.StatusAccepted {
		r.t.Fatalf("push of %s answered %d: %.300s", unit, a.Status, a.Body)
	}
	b, err := client.At(r.url, r.token("agency", unit)).WaitStored(r.t.Context(), taken.BatchID, time.Minute)
	if err != nil {
		r.t.Fatal(err)
	}
	return taken, b
}

// obligation at government procurement, as soon as the receipt is reflected.
func (r *rig) obligation(code, receipt string) string {
	r.t.Helper()
	for range 20 {
		var a struct{ Check struct{ Obligation string } }
		err := client.At(r.url, r.token("officer", "SAMR")).Query(r.t.Context(), `query($u:ID!,$a:String){check(uscc:$u,matter:"GOVERNMENT_PROCUREMENT",after:$a){obligation}}`, map[string]any{"u": code, "a": receipt}, &a)
		if err == nil {
			return a.Check.Obligation
		}
		if client.Code(err) != "NOT_CAUGHT_UP" {
			r.t.Fatal(err)
		}
	}
	r.t.Fatal("never caught up")
	return ""
}
