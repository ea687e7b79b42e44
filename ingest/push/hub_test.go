package push

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/gateway"
	"credithub/ingest/stamp"
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/feed"
	"credithub/schema/policy"
)

// world is everything around a gateway, in memory.
type world struct {
	mu  sync.Mutex
	log map[string][]kafka.Message
}

func (w *world) Verify(_ context.Context, token string) (access.Principal, error) {
	return access.Principal{Subject: "s", Unit: token, Role: access.Agency}, nil
}

func (w *world) Append(_ context.Context, r audit.Record) (audit.Record, error) { return r, nil }

func (w *world) Produce(_ context.Context, topic string, msgs []kafka.Message) ([]kafka.Placed, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var at []kafka.Placed
	for _, m := range msgs {
		at = append(at, kafka.Placed{Offset: int64(len(w.log[topic]))})
		m.Key, m.Value = bytes.Clone(m.Key), bytes.Clone(m.Value)
		w.log[topic] = append(w.log[topic], m)
	}
	return at, nil
}

type noHistory struct{ gateway.History }

func realHub(t *testing.T) (*world, *HTTP) {
	t.Helper()
	w := &world{log: map[string][]kafka.Message{}}
	law, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	st, err := stamp.New(make([]byte, stamp.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New(gateway.Config{
		Producer: w, Verifier: w, Auditor: w, Rights: law, Stamper: st, History: noHistory{}, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	h, err := NewHTTP(s.URL, "TAX", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return w, h
}

// The same rows in every form, in many parts, end at the hub with every fault at
// its line of the file.
func TestFilesReachARealGateway(t *testing.T) {
	var lines, elements, table []string
	want := ""
	for i := range 30 {
		grade := "A"
		if i%7 == 3 {
			grade = "Q"
			want += fmt.Sprint(" ", i)
		}
		row := fmt.Sprintf(`{"domain":"tax","kind":"grade","recordId":"G-%d","version":1,"op":"upsert","uscc":%q,"data":{"year":"%d","grade":%q}}`, i, subject, 1990+i, grade)
		lines, elements = append(lines, row), append(elements, row)
		table = append(table, fmt.Sprintf("%s,%d,%s", subject, 1990+i, grade))
	}
	for _, f := range []struct {
		name, content string
		first         int // line of the first row
	}{
		{"a.ndjson", strings.Join(lines, "\n"), 1},
		{"a.json", "[\n" + strings.Join(elements, ",\n") + "\n]", 1},
		{"a.csv", "名单\n\n统一社会信用代码,评价年度,信用级别\n" + strings.Join(table, "\n"), 4},
	} {
		w, h := realHub(t)
		got := ""
		s, err := Files(t.Context(), Config{To: h, Domain: "tax", Kind: "grade", Limits: Limits{PartRows: 7},
			Finding: func(x Finding) {
				if x.Code == "E06" && x.Field == "grade" {
					got += fmt.Sprint(" ", x.Line-f.first)
				}
			}}, []string{file(t, f.name, f.content)})
		if err != nil || s.Accepted != 26 || s.Rejected != 4 || s.Parts != 5 || got != want {
			t.Errorf("%s: %+v %v: faults at%s, want%s", f.name, s, err, got, want)
		}
		if len(w.log["credit.tax"]) != 26 || len(w.log[feed.RejectsTopic]) != 4 || len(w.log[feed.BatchesTopic]) != 5 {
			t.Errorf("%s: %d messages", f.name, len(w.log["credit.tax"]))
		}
	}
}

func TestARefusalOfTheHubIsTold(t *testing.T) {
	_, h := realHub(t)
	_, err := Files(t.Context(), Config{To: h, Domain: "tax", Kind: "grade"}, []string{file(t, "a.xlsx", "\xd0\xcf\x11\xe0")})
	if err == nil || !strings.Contains(err.Error(), "a.xlsx: the hub answered 415") || !strings.Contains(err.Error(), "BIFF8") {
		t.Errorf("%v", err)
	}
}
