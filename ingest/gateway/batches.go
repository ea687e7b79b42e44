package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"credithub/schema/access"
	"credithub/schema/civil"
	"credithub/schema/fault"
)

// reader tells who asks about batches and rejections, and whether it may.
func (g *Gateway) reader(r *http.Request) (access.Principal, error) {
	who, err := g.caller(r)
	if err != nil {
		return who, err
	}
	if !who.Can(access.ReadRejects) {
		return who, fault.New(fault.Forbidden, "only agencies and their supervisors see pushes")
	}
	if who.Role == access.Agency && who.Unit == "" {
		return who, fault.New(fault.Forbidden, "the token names no unit")
	}
	return who, nil
}

// seesAll tells whether a reader sees the pushes of every unit.
func seesAll(who access.Principal) bool { return who.Role != access.Agency }

// batch answers GET /v1/batches/{id}.
func (g *Gateway) batch(w http.ResponseWriter, r *http.Request) {
	who, err := g.reader(r)
	if err == nil && who.Role == access.Auditor {
		err = fault.New(fault.Forbidden, "an auditor sees what nobody proves to have sent, and no push of a unit")
	}
	if err != nil {
		g.refuse(w, r, who, actBatch, err)
		return
	}
	a, err := g.look(r.Context(), who, r.PathValue("id"))
	if err != nil {
		g.refuse(w, r, who, actBatch, err)
		return
	}
	if chinese(r) {
		a.Rejections, a.Warnings = slices.Clone(a.Rejections), slices.Clone(a.Warnings)
		speakChinese(a.Rejections)
		speakChinese(a.Warnings)
	}
	g.respond(w, r, who, actBatch, a.BatchID, http.StatusOK, a)
}

// look finds a batch. One of another unit is not found: its id tells nothing.
func (g *Gateway) look(ctx context.Context, who access.Principal, id string) (*BatchResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Limits.HistoryWait)
	defer cancel()
	unknown := fault.New(fault.NotFound, "no batch of this unit has this id")
	if _, ok := batchTime(id); !ok {
		return nil, unknown
	}
	known := g.recent.get(id)
	if known == nil || known.open { // the head of an open one may have arrived
		head, found, err := g.History.Head(ctx, id)
		switch {
		case err != nil:
			return nil, away(err)
		case found:
			known = &remembered{head: head, cut: head.Rejected > 0}
		case known == nil:
			return nil, unknown
		}
	}
	if !seesAll(who) && known.head.Unit != who.Unit {
		return nil, unknown
	}
	early, cut := known.early, known.cut
	if cut && known.early == nil {
		var err error
		if early, cut, err = g.History.Refused(ctx, known.head.Unit, id, g.Limits.Listed); err != nil {
			return nil, away(err)
		}
	}
	s, err := g.History.Settled(ctx, known.head, g.Limits.Listed)
	if err != nil {
		return nil, away(err)
	}
	head := known.head
	if known.open {
		head.Accepted = s.Standing + s.Rejected
	}
	a := settle(head, early, cut, s)
	if known.open {
		a.State = Unsettled
	}
	return &a, nil
}

func away(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the store of the hub is away: ask again")
}

// restrict keeps a reader to what it may see: an agency to its unit, the auditor to
// what nobody proves to have sent, all others to what units have.
func (q *RejectsQuery) restrict(who access.Principal) error {
	switch {
	case who.Role == access.Auditor && q.Unit != "":
		return fault.New(fault.Forbidden, "an auditor sees what nobody proves to have sent, and no rejection of a unit")
	case who.Role == access.Auditor:
		q.Nobody = true
	case !seesAll(who) && q.Unit != "" && q.Unit != who.Unit:
		return fault.New(fault.Forbidden, "a unit sees its own rejections only")
	case !seesAll(who):
		q.Unit = who.Unit
	}
	return nil
}

// parseSince reads a time of RFC 3339 or a day in China.
func parseSince(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, civil.China); err == nil {
		return t, nil
	}
	return time.Time{}, fault.New(fault.BadInput, "the parameter since must be a time such as 2026-03-02T08:00:00Z or a day")
}

// String is the opaque form of a cursor.
func (c Cursor) String() string {
	b, _ := json.Marshal(c) // texts and numbers: never an error
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (*Cursor, error) {
	if s == "" {
		return nil, nil
	}
	bad := fault.New(fault.BadInput, "the parameter after must be the next of an earlier page")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(s) > 2048 {
		return nil, bad
	}
	var c Cursor
	if json.Unmarshal(b, &c) != nil {
		return nil, bad
	}
	return &c, nil
}
