package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"credithub/schema/fault"
)

func TestWrite(t *testing.T) {
	f := func(err error, status int, code, detail string) {
		t.Helper()
		w := httptest.NewRecorder()
		Write(w, err)
		var d Document
		if e := json.Unmarshal(w.Body.Bytes(), &d); e != nil {
			t.Fatal(e)
		}
		if w.Code != status || d.Status != status || d.Code != code || d.Detail != detail {
			t.Errorf("%v: %d %+v", err, w.Code, d)
		}
		if w.Header().Get("Content-Type") != ContentType {
			t.Errorf("content type %q", w.Header().Get("Content-Type"))
		}
	}
	f(fault.New(fault.BadInput, "field %s", "x"), 400, "BAD_INPUT", "field x")
	f(fmt.Errorf("outer: %w", fault.New(fault.TooLarge, "over 32 MiB")), 413, "TOO_LARGE", "over 32 MiB")
	f(errors.New("dial /var/secret: SELECT 1"), 500, "INTERNAL", "the hub could not answer; try again later")
	f(fault.Wrap(fault.Unavailable, errors.New("kafka 10.0.0.1 gone"), "the log is away"), 503, "UNAVAILABLE", "the log is away")
}

func TestUnauthorizedNamesTheScheme(t *testing.T) {
	w := httptest.NewRecorder()
	Write(w, fault.New(fault.Unauthenticated, "a token is required"))
	if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
		t.Error("401 without WWW-Authenticate")
	}
}

func TestMethodNotAllowed(t *testing.T) {
	w := httptest.NewRecorder()
	MethodNotAllowed(w, "POST")
	var d Document
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 405 || d.Status != 405 || d.Code != "METHOD_NOT_ALLOWED" || w.Header().Get("Allow") != "POST" {
		t.Errorf("%v: %d %+v %v", err, w.Code, d, w.Header())
	}
}
