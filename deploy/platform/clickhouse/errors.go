package clickhouse

import (
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

// ErrDoubt is an insert of which it is not known whether it was done.
var ErrDoubt = errors.New("it is not known whether the rows were inserted")

// Error is what the server answered.
type Error struct {
	Code   int // ClickHouse's; 0 when it gave none
	Status int // HTTP
	Text   string
}

func (e *Error) Error() string {
	return fmt.Sprintf("server answered code %d, status %d: %s", e.Code, e.Status, e.Text)
}

// Codes of ClickHouse that callers tell apart.
const (
	CodeUnknownTable    = 60
	CodeUnknownDatabase = 81
	CodeTimeout         = 159
	CodeTooSlow         = 160
	CodeTooManyQueries  = 202
	CodeTooManyParts    = 252
	CodeMemory          = 241
	CodeTooManyRows     = 158
	CodeResultTooLarge  = 396
	CodeCancelled       = 394
)

// refused are codes with which the server turns an insert down before it
// writes: wrong statement, types, rights, or no room for it now.
var refused = map[int]bool{
	6: true, 8: true, 10: true, 16: true, 20: true, 26: true, 27: true, 33: true, 36: true, 41: true, 44: true, 47: true,
	50: true, 53: true, 57: true, 60: true, 62: true, 70: true, 81: true, 115: true, 117: true, 164: true, 192: true, 193: true,
	194: true, 202: true, 252: true, 497: true, 516: true,
}

var codeText = regexp.MustCompile(`Code: (\d+)\. DB::Exception`)

// Code gives ClickHouse's number of an error, whichever client it came through.
func Code(err error) (int, bool) {
	var own *Error
	if errors.As(err, &own) {
		return own.Code, own.Code != 0
	}
	var theirs *chgo.Exception
	if errors.As(err, &theirs) {
		return int(theirs.Code), true
	}
	if err == nil {
		return 0, false
	}
	if m := codeText.FindStringSubmatch(err.Error()); m != nil {
		n, cerr := strconv.Atoi(m[1])
		return n, cerr == nil
	}
	return 0, false
}

// Passing tells an error after which a read may well succeed: the server is
// away, starting, or has too much to do.
func Passing(err error) bool {
	if code, ok := Code(err); ok {
		switch code {
		case CodeTooManyQueries, CodeMemory, CodeTooManyParts, 209, 210, 236, 242, 279, 319, 425, 439, 999:
			return true
		}
		return false
	}
	var ne net.Error
	if errors.As(err, &ne) {
		return true
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	return err != nil && (strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "connection reset"))
}

// damaged are codes of rows that the server can't read back from its disk.
var damaged = map[int]bool{
	40: true, 226: true, 228: true, 233: true, 246: true, 271: true, // checksum, files of a part, corrupted, decompress
}

// DamagedHint is what an operator does about it.
const DamagedHint = "a table of ClickHouse is damaged on its disk: stop the hub and run `credithub repair`"

// Damaged tells that rows can't be read because their files are damaged: no
// trying again helps.
func Damaged(err error) bool {
	code, ok := Code(err)
	return ok && damaged[code]
}

// notSent tells an error before the first byte of a request went out.
func notSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
