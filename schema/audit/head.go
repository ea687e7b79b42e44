package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Line is a head on one line, to be kept away from the chain: writer, number and
// hash of its last record, and an HMAC-SHA-256 over them under a secret of the hub,
// in hex, so that who can write a chain anew can't write its head.
func (h *Head) Line(secret []byte) string {
	return fmt.Sprintf("%s %d %s %s", h.Writer, h.Seq, h.Hash, h.mac(secret))
}

func (h *Head) mac(secret []byte) string {
	m := hmac.New(sha256.New, secret)
	b := appendField(nil, h.Writer)
	b = appendField(b, strconv.FormatUint(h.Seq, 10))
	m.Write(appendField(b, h.Hash))
	return hex.EncodeToString(m.Sum(nil))
}

// ErrForged is a head that was not written under the secret.
var ErrForged = errors.New("audit: head was not written by this hub, or changed")

// ParseHead reads what Line wrote.
func ParseHead(line string, secret []byte) (Head, error) {
	f := strings.Fields(line)
	if len(f) != 4 {
		return Head{}, fmt.Errorf("audit: head has %d fields, wants writer, number, hash and code", len(f))
	}
	seq, err := strconv.ParseUint(f[1], 10, 64)
	if err != nil {
		return Head{}, fmt.Errorf("audit: head of %s: %q is no number", f[0], f[1])
	}
	h := Head{Writer: f[0], Seq: seq, Hash: f[2]}
	if !hmac.Equal([]byte(h.mac(secret)), []byte(f[3])) {
		return Head{}, fmt.Errorf("%w: %s at record %d", ErrForged, h.Writer, h.Seq)
	}
	return h, nil
}

// BreakAction is the Action of a record by which a hub marks that records before it
// were lost by damage and are nowhere to be found. It names the record before them
// and takes a number behind them.
const BreakAction = "audit_break"

// Break is such a record for a chain that ends at h, when records up to last were
// lost.
func (h *Head) Break(last uint64) Record {
	return Record{Writer: h.Writer, Seq: last + 1, Action: BreakAction, Outcome: "LOST",
		Subject: fmt.Sprintf("%d-%d", h.Seq+1, last)}
}
