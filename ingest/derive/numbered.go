package derive

import (
	"credithub/schema/fault"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Sent tells which of two rows without a version its unit sent later: by the time
// and line of the gateway's stamp. 0 is a row whose version the sender gave.
type Sent uint64

// Signed is the Sent of a signed message without a version: nothing tells when it
// was made, and anyone who kept it can send it again.
const Signed Sent = 1

// lineBits leaves room for the rows of one push.
const lineBits = 20

// SentAt is the Sent of a row of a push that the gateway had at a time (unix ms).
func SentAt(ms int64, line uint32) Sent {
	return Sent(ms)<<lineBits | Sent(min(line, 1<<lineBits-1))
}

// Number gives a row without a version its version, and judges it: the next one
// when its content differs from the current version's, else that version. So a
// table that is sent again changes nothing, and one that was corrected corrects; a
// correction back is one more. A row that was sent before the last one that counted
// is a repetition. A signed one can't bring content back that the record had
// before, since that looks like a repetition too: it is Rejected. Numbered is what
// notes that it counts.
func (x *Index) Number(id ID, h Held, sent Sent) (Held, Verdict) {
	was := x.held.get(id)
	if was == nil {
		h.Version = 1
		return h, Verdict{Status: stored.Accepted, Current: true}
	}
	now := *was
	if last := x.sent.get(id); sent > Signed && last != nil && sent <= *last || h.Hash == now.Hash {
		h.Version = now.Version
		return h, Verdict{Status: stored.Duplicate, Was: now}
	}
	if now.Version == record.MaxVersion || sent == Signed && x.signed.get(id.version(h.Hash)) != nil {
		h.Version = now.Version
		return h, Verdict{Status: stored.Rejected, Was: now}
	}
	h.Version = now.Version + 1
	return h, Verdict{Status: stored.Accepted, Current: true, Was: now}
}

// Numbered notes a row without a version that was judged Accepted or Duplicate.
func (x *Index) Numbered(id ID, hash uint32, sent Sent) {
	if sent == Signed {
		x.signed.put(id.version(hash), struct{}{})
		return
	}
	if last := x.sent.get(id); last == nil || *last < sent {
		x.sent.put(id, sent)
	}
}

// judge is Judge, or Number for a row without a version.
func (x *Index) judge(id ID, h Held, sent Sent) (Held, Verdict) {
	if h.Version > 0 {
		return h, x.Judge(id, h)
	}
	return x.Number(id, h, sent)
}

// Settle judges a version, or a row without one, and notes it unless it is rejected.
func (x *Index) Settle(id ID, h Held, sent Sent) (Held, Verdict) {
	given := h.Version > 0
	h, v := x.judge(id, h, sent)
	if v.Status == stored.Accepted {
		x.Accept(id, h)
	}
	if !given && v.Status != stored.Rejected {
		x.Numbered(id, h.Hash, sent)
	}
	return h, v
}

// numberFault is E10 of a row without a version.
func numberFault() fault.Fault {
	return fault.Fault{Code: fault.E10Duplicate, Field: "version",
		Message: "the record had this content before; a signed message without a version can't bring it back: give a higher version"}
}

// Fault is why a version, or a row without one, was Rejected.
func Fault(given bool) fault.Fault {
	if given {
		return VersionFault()
	}
	return numberFault()
}
