package gateway

import (
	"cmp"
	"context"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// deciding are the domains whose records decide about a subject.
var deciding = []record.Domain{record.Decision, record.Penalty, record.Permit}

func decides(p receipt.Position) bool { return slices.Contains(deciding, p.Domain) }

// endedQuery asks for the rows of a batch that decide about a subject after it was
// deregistered (注销), which an exit may well do, and for that day. Decisions and
// registrations come by ways of their own, and neither waits for the other: so the
// register is asked as it is stored when somebody wants to know, and whatever came
// first, the answer is one.
//
// A subject is deregistered when the current versions of all registrations under its
// code say so and tell since when: by the day on which that was approved, or that of
// the row; the latest counts. Group codes of GSXT: 3 revoked and deregistered, 4
// deregistered.
var endedQuery = `WITH
	told AS (
		SELECT line, record_id, uscc, toDate32OrZero(JSONExtractString(data, 'decidedOn')) AS decided FROM records
		WHERE batch_id = ? AND domain IN (?) AND ` + stored.Is(stored.Accepted) + ` AND op = 'upsert' AND JSONExtractString(data, 'event') != 'EXITED'),
	registrations AS (
		SELECT uscc, toString(status) AS status_, toString(op) AS op_, JSONExtractString(data, 'status') IN ('3', '4') AS over,
			toDate32OrZero(JSONExtractString(data, 'approvedOn')) AS approved, if(approved > ` + stored.NoDay + `, approved, occurred_on) AS day
		FROM records WHERE domain = 'registration' AND ` + stored.Counts + ` AND uscc GLOBAL IN (SELECT uscc FROM told WHERE uscc != '')` + stored.Latest + `),
	ended AS (
		SELECT uscc, max(day) AS since FROM registrations WHERE ` + stored.Holds("status_", "op_") + `
		GROUP BY uscc HAVING min(over AND day > ` + stored.NoDay + `))
SELECT line, any(record_id), toString(any(since)) FROM told GLOBAL INNER JOIN ended USING uscc WHERE since < decided
GROUP BY line ORDER BY line LIMIT ?`

// afterEnd adds a warning for every row of a batch that decides about a subject after
// its end.
func (c *store) afterEnd(ctx context.Context, s *Settled, head *feed.Batch, limit int) error {
	if !slices.ContainsFunc(head.Positions, decides) {
		return nil
	}
	rows := 0
	err := c.each(ctx, func(r driver.Rows) error {
		var line uint32
		var recordID, since string
		if err := r.Scan(&line, &recordID, &since); err != nil {
			return err
		}
		if rows++; rows > limit {
			s.Truncated = true
			return nil
		}
		s.Warnings = append(s.Warnings, finding(line, recordID, fault.Fault{Code: fault.W03Deregistered, Field: "decidedOn",
			Message: "the subject was deregistered on " + since + ", before the decision"}))
		return nil
	}, endedQuery, head.ID, names(deciding), limit+1)
	slices.SortStableFunc(s.Warnings, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return err
}

// names are the wire names of domains.
func names(ds []record.Domain) (out []string) {
	for _, d := range ds {
		out = append(out, d.String())
	}
	return out
}
