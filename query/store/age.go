package store

import (
	"slices"
	"strconv"
	"strings"

	"credithub/schema/receipt"
)

// Age bounds what is read to what the log said up to some positions, whatever has
// been stored since: so that what is read here and what the restriction index
// answered are of one age.
type Age struct {
	Through      []receipt.Position // records: these and those before them on their partitions
	EntriesBelow uint64             // states of entries: those with a lower seq
}

// records adds the condition on rows of records in some domains; of all when there
// are none.
func (a *Age) records(t *text, domains []string) {
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
func (a *Age) entries(t *text) {
	if a != nil {
		t.add(" AND seq < ?", a.EntriesBelow)
	}
}
