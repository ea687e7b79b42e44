package engine

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"credithub/deploy/embedded/engine/chdb"
)

// The engine's error codes that this package gives itself.
const (
	codeBadArguments   = 36
	codeNotImplemented = 48
	codeSyntax         = 62
	codeUnknownSetting = 115
	codeTooMany        = 202
	codeAccessDenied   = 497
	codeAuthFailed     = 516
	codeConstraint     = 452
	codeCannotParse    = 27
	codeInternal       = 1002
	codeTooLong        = 307
)

var codeNames = map[int]string{
	codeBadArguments: "BAD_ARGUMENTS", codeNotImplemented: "NOT_IMPLEMENTED", codeSyntax: "SYNTAX_ERROR",
	codeUnknownSetting: "UNKNOWN_SETTING", codeTooMany: "TOO_MANY_SIMULTANEOUS_QUERIES", codeAccessDenied: "ACCESS_DENIED",
	codeAuthFailed: "AUTHENTICATION_FAILED", codeConstraint: "SETTING_CONSTRAINT_VIOLATION",
	codeCannotParse: "CANNOT_PARSE_INPUT_ASSERTION_FAILED", codeInternal: "UNKNOWN_EXCEPTION", codeTooLong: "TOO_MANY_BYTES",
}

// exception is an error as a ClickHouse client expects it.
type exception struct {
	code int
	text string // with "Code: N. DB::Exception: " in front
}

func (e *exception) Error() string { return e.text }

func fault(code int, format string, a ...any) *exception {
	return &exception{code, fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, a...), codeNames[code])}
}

// asException turns an error of the engine into one, keeping its own code.
func asException(err error) *exception {
	var x *exception
	if errors.As(err, &x) {
		return x
	}
	var ce *chdb.Error
	if errors.As(err, &ce) {
		if code := ce.Code(); code != 0 {
			text := ce.Text
			if i := strings.Index(text, "Code: "); i > 0 {
				text = text[i:]
			}
			return &exception{code, text}
		}
		return fault(codeInternal, "%s", ce.Text)
	}
	return fault(codeInternal, "%s", err.Error())
}

// status is the HTTP status that a ClickHouse server gives for a code.
func (e *exception) status() int {
	switch e.code {
	case codeAuthFailed, 192, 193, 194, codeAccessDenied:
		return http.StatusForbidden
	case 6, 26, 27, 38, 41, 42, 53, 43, 44, 50, 62, 69, 70, 72, 457, 131, codeBadArguments, codeUnknownSetting, codeConstraint:
		return http.StatusBadRequest
	case 60, 81, 46, 47, 56, 73:
		return http.StatusNotFound
	case codeNotImplemented:
		return http.StatusNotImplemented
	case codeTooLong:
		return http.StatusRequestEntityTooLarge
	case codeTooMany, 439:
		return http.StatusServiceUnavailable
	case 159:
		return http.StatusRequestTimeout
	}
	return http.StatusInternalServerError
}

// send answers the request with the exception.
func (e *exception) send(w http.ResponseWriter) {
	h := w.Header()
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.code))
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Del("Content-Encoding")
	w.WriteHeader(e.status())
	_, _ = w.Write([]byte(e.text + "\n"))
}

// frame is the exception as the end of a result that has already begun.
func (e *exception) frame(tag string) []byte {
	text := strings.ReplaceAll(e.text, "\r\n", "\n")
	if len(text) > 15<<10 {
		text = text[:15<<10]
	}
	return fmt.Appendf(nil, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", tag, text, len(text)+1, tag)
}
