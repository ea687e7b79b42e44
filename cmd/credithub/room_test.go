package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"credithub/deploy/platform/disk"
)

func TestCase_T12_WithoutRoomNoPushIsTakenAndReadyzSaysWhy(t *testing.T) {
	free := uint64(1 << 20)
	room := disk.New(disk.Config{Dirs: []string{"/hub"}, Log: slog.New(slog.DiscardHandler),
		Free: func(string) (uint64, error) { return free, nil }})
	room.Look()
	var faults []string
	h := takes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }), room,
		func() []string { return faults })
	ask := func(method string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/v1/records", strings.NewReader("[]")))
		return w
	}
	w := ask(http.MethodPost)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "no space left on its disk; nothing was accepted") ||
		strings.Contains(w.Body.String(), "/hub") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(http.MethodGet); w.Code != http.StatusAccepted {
		t.Errorf("what is only read: %d", w.Code)
	}
	under := newGround(&hub{})
	under.reasons = nil
	ready := stood(under, room, func() []string { return []string{"more"} })
	if r := strings.Join(ready(), "\n"); !strings.Contains(r, "no space left on the disk of /hub: 1 MiB are free, 256 MiB are kept free\nmore") {
		t.Errorf("readyz says %q", r)
	}
	free = 1 << 30
	room.Look()
	if w := ask(http.MethodPost); w.Code != http.StatusAccepted {
		t.Errorf("with room: %d", w.Code)
	}
	if r := ready(); len(r) != 1 {
		t.Errorf("readyz says %q", r)
	}
	// What would stand in partitions that nobody reads isn't taken either.
	faults = []string{"credit.permit: it has 7 partitions, the other domains' topics 6"}
	w = ask(http.MethodPost)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "nothing was accepted") ||
		strings.Contains(w.Body.String(), "partitions") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(http.MethodGet); w.Code != http.StatusAccepted {
		t.Errorf("what is only read: %d", w.Code)
	}
	if faults = nil; ask(http.MethodPost).Code != http.StatusAccepted {
		t.Error("refused on good ground")
	}
}
