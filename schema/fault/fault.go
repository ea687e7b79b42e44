// Package fault names everything that can be wrong: row faults, which tell an
// agency what to mend, and error kinds, which tell a caller what to do. Both are
// stable on the wire.
package fault

import "fmt"

// Code is a row fault: E… rejects the row, W… accepts it with a warning
// (domain brief §6.6 and §11.16).
type Code string

// Row fault codes.
const (
	E01Format       Code = "E01" // 统一社会信用代码 has the wrong shape
	E02Check        Code = "E02" // check character does not fit
	E03NoSubject    Code = "E03" // no subject can be found for the row
	E04NameMismatch Code = "E04" // name, code or entry belong to different subjects
	E05Required     Code = "E05" // required field is missing or empty
	E06Enum         Code = "E06" // value outside its enumeration or type
	E07DateOrder    Code = "E07" // dates in the wrong order
	E08Future       Code = "E08" // date in the future
	E09Amount       Code = "E09" // amount malformed or at odds with its category
	E10Duplicate    Code = "E10" // same record and version, or same document, and other content
	E11Personal     Code = "E11" // personal data in a public field
	E12Right        Code = "E12" // the unit may not push this
	E13Catalogue    Code = "E13" // outside the catalogue: unknown domain or kind, or an unreadable row
	E14Late         Code = "E14" // after the period in which it may be reported

	W01Inner        Code = "W01" // inner GB 11714 check fails
	W02Division     Code = "W02" // division unknown or at odds with the code
	W03Deregistered Code = "W03" // subject ended before the decision
	W04Pilot        Code = "W04" // pilot code with a check of its own
	W05Normalised   Code = "W05" // value was normalised on intake
	W06Incomplete   Code = "W06" // a field that should be there is missing
	W07NoEffect     Code = "W07" // decided by a rule that was not yet, or no longer, law: kept without effect
	W08TermCapped   Code = "W08" // term longer than the law allows, or than another record of the document tells: the shorter counts
	W09UnknownCause Code = "W09" // cause that the list doesn't know: counts as CAUTION at most
	W10Service      Code = "W10" // effect claimed before service: counts from service; or days at odds with another record
	W11NoExit       Code = "W11" // exit dated so that it ends nothing, before the law allows it (the unit decides), or at odds with another record
	W12SameDay      Code = "W12" // order within one day is untold: the doubt favours the subject
	W13Column       Code = "W13" // column that belongs to no field: not kept
	W14Hidden       Code = "W14" // hidden rows, columns or sheets were read
	W15Damaged      Code = "W15" // characters that stand for damage: replacement or private use
)

// Rejects tells whether the code rejects its row.
func (c Code) Rejects() bool { return len(c) > 0 && c[0] == 'E' }

// Fault is one finding on one row.
type Fault struct {
	Code    Code   `json:"code"`
	Field   string `json:"field"`
	Message string `json:"message"`
	// Value is what stands in the field as sent, personal numbers masked; "" when it
	// isn't kept.
	Value string `json:"value,omitempty"`
}

// Kind classifies an error for its caller. The text is the GraphQL
// extensions.code; HTTP gives the status.
type Kind string

// Error kinds.
const (
	BadInput        Kind = "BAD_INPUT"
	Unauthenticated Kind = "UNAUTHENTICATED"
	Forbidden       Kind = "FORBIDDEN"
	NotCaughtUp     Kind = "NOT_CAUGHT_UP"
	TooComplex      Kind = "TOO_COMPLEX"
	Timeout         Kind = "TIMEOUT"
	Unavailable     Kind = "UNAVAILABLE"
	Internal        Kind = "INTERNAL"
	TooMany         Kind = "TOO_MANY_REQUESTS"
	TooLarge        Kind = "TOO_LARGE"
	MediaType       Kind = "UNSUPPORTED_MEDIA_TYPE"
	NotFound        Kind = "NOT_FOUND"
)

var status = map[Kind]int{
	BadInput: 400, Unauthenticated: 401, Forbidden: 403, NotFound: 404,
	TooLarge: 413, MediaType: 415, TooComplex: 400, TooMany: 429,
	Internal: 500, Unavailable: 503, NotCaughtUp: 503, Timeout: 504,
}

// HTTP is the status code of the kind.
func (k Kind) HTTP() int {
	if s, ok := status[k]; ok {
		return s
	}
	return 500
}

// Error carries a kind, a text that may be shown to the caller, and the cause,
// which may not.
type Error struct {
	Kind    Kind
	Message string
	Cause   error
}

// Error joins message and cause, for logs only.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Message, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Message)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error whose message may be shown.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Wrap is New with a cause that stays inside.
func Wrap(k Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...), Cause: cause}
}
