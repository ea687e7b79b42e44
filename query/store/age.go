package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"credithub/schema/receipt"
	"credithub/schema/record"
)

// Age bounds what is read to what the log said up to some positions, whatever has
// been stored since: so that what is read here and what the restriction index
// answered are of one age.
type Age struct {
	Through      []receipt.Position // records: these and those before them on their partitions
	EntriesBelow uint64             // states of entries: those with a lower seq

	mu      sync.Mutex
	reached map[record.Domain]bool // that were waited for
	behind  error                  // what came of waiting in vain
}

// Reach returns when everything of some domains up to the age can be read; of all when
// there are none. Each domain is waited for once, so that a load of another one delays
// nothing; and nothing is when one was waited for in vain.
func (a *Age) Reach(ctx context.Context, wait func(context.Context, []receipt.Position) error, domains ...string) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var want []receipt.Position
	for _, p := range a.Through {
		if !a.reached[p.Domain] && (len(domains) == 0 || slices.Contains(domains, p.Domain.String())) {
			want = append(want, p)
		}
	}
	if a.behind != nil || len(want) == 0 {
		return a.behind
	}
	if a.behind = wait(ctx, want); a.behind != nil {
		return a.behind
	}
	if a.reached == nil {
		a.reached = map[record.Domain]bool{}
	}
	for _, p := range want {
		a.reached[p.Domain] = true
	}
	return nil
}

// records adds the condition on rows of records in some domains; of all when there
// are none.
func (a *Age) records(t *sqlBuilder, domains []string) {
	if a == nil {
		return
	}
	var places, offsets []string
	for _, p := range a.Through {
		if len(domains) == 0 || slices.Contains(domains, p.Domain.String()) {
			places = append(places, "'"+p.Domain.Topic()+"/"+strconv.Itoa(int(p.Partition))+"'")
			offsets = append(offsets, strconv.FormatInt(p.Offset, 10))
		}
	}
	if len(places) == 0 {
		t.add(" AND 0")
		return
	}
	t.add(" AND offset <= transform(concat(topic, '/', toString(partition)), [" + strings.Join(places, ", ") +
		"], CAST([" + strings.Join(offsets, ", ") + "], 'Array(Int64)'), toInt64(-1))")
}

// entries adds the condition on rows of entries.
func (a *Age) entries(t *sqlBuilder) {
	if a != nil {
		t.add(" AND seq < ?", a.EntriesBelow)
	}
}
