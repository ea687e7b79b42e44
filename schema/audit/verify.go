package audit

import (
	"fmt"
	"iter"
)

// BrokenLink says where a chain is broken first.
type BrokenLink struct {
	Writer string
	Seq    uint64 // of the record that doesn't fit
	Reason string
}

func (e *BrokenLink) Error() string {
	return fmt.Sprintf("audit: chain of %s is broken at record %d: %s", e.Writer, e.Seq, e.Reason)
}

// Head is the last record of a chain that was seen. Compared with a copy kept
// elsewhere it proves that no record was cut off at the end, which the chain
// alone can't.
type Head struct {
	Writer  string
	From    uint64 // first record seen
	Seq     uint64
	Hash    string
	Records uint64
	// Breaks are those that the hub marked itself: what was lost by damage.
	Breaks []*BrokenLink
}

// Chain checks the records of one writer in their order. The zero value begins
// a whole chain.
type Chain struct {
	// Partial allows the first record to be any, as when older ones were
	// removed after their time, or only some days are looked at.
	Partial bool
	head    Head
}

// Next checks that r follows; the error is a *BrokenLink. After an error the
// chain stands where it stood.
func (c *Chain) Next(r *Record) error {
	broken := func(format string, args ...any) error {
		return &BrokenLink{Writer: r.Writer, Seq: r.Seq, Reason: fmt.Sprintf(format, args...)}
	}
	h := &c.head
	first := h.Records == 0
	switch {
	case first && r.Seq == 1 && r.Prev != Genesis:
		return broken("it is the first record but names one before it")
	case first && r.Seq != 1 && (!c.Partial || r.Seq == 0):
		return broken("it is the first record found, so records 1 to %d are missing", r.Seq-1)
	case !first && r.Writer != h.Writer:
		return broken("it follows a record of %s", h.Writer)
	case !first && r.Seq == h.Seq:
		return broken("there are two of it: the chain was written anew from there on")
	case !first && r.Action == BreakAction && r.Seq > h.Seq+1 && r.Prev == h.Hash && r.Intact():
		h.Breaks = append(h.Breaks, &BrokenLink{Writer: r.Writer, Seq: h.Seq + 1,
			Reason: fmt.Sprintf("records %s were lost by damage, which the hub marked at %s", r.Subject, r.At.Format("2006-01-02T15:04:05Z"))})
	case !first && r.Seq != h.Seq+1:
		return broken("it follows record %d", h.Seq)
	case !first && r.Prev != h.Hash:
		return broken("it doesn't name the hash of record %d", h.Seq)
	case !r.Intact():
		return broken("its content doesn't fit its hash")
	}
	if first {
		h.Writer, h.From = r.Writer, r.Seq
	}
	h.Seq, h.Hash = r.Seq, r.Hash
	h.Records++
	return nil
}

// Verify checks chains whose records come ordered by (writer, seq), each once.
// It gives the heads of the chains up to the first broken link, which is the
// error.
func Verify(records iter.Seq2[Record, error], partial bool) ([]Head, error) {
	var heads []Head
	done := map[string]bool{}
	c := Chain{Partial: partial}
	for r, err := range records {
		if err != nil {
			return closed(heads, &c), err
		}
		if c.head.Records > 0 && r.Writer != c.head.Writer {
			heads = append(heads, c.head)
			done[c.head.Writer] = true
			c = Chain{Partial: partial}
			if done[r.Writer] {
				return heads, &BrokenLink{Writer: r.Writer, Seq: r.Seq, Reason: "records of several writers are mixed"}
			}
		}
		if err := c.Next(&r); err != nil {
			return closed(heads, &c), err
		}
	}
	return closed(heads, &c), nil
}

func closed(heads []Head, c *Chain) []Head {
	if c.head.Records > 0 {
		heads = append(heads, c.head)
	}
	return heads
}
