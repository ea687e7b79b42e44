package feed

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"credithub/schema/record"
)

// Held is a topic as a cluster has it.
type Held struct {
	Partitions int
	Replicas   int               // the fewest of a partition
	Configs    map[string]string // nil: the cluster doesn't tell
}

// Settings are the names of the topic settings that Standing judges.
var Settings = []string{"cleanup.policy", "retention.ms", "retention.bytes", "min.insync.replicas", TimestampType}

// Bulk is the number of partitions that the topics of the domains in bulk have:
// that of most of them, 0 when none is there.
func Bulk(have map[string]Held) int {
	count := map[int]int{}
	for _, d := range record.Domains() {
		if h, ok := have[d.Topic()]; ok && !Single(d.Topic()) {
			count[h.Partitions]++
		}
	}
	most := 0
	for _, n := range slices.Sorted(maps.Keys(count)) { // of equals the lower
		if most == 0 || count[n] > count[most] {
			most = n
		}
	}
	return most
}

// Standing judges the topics that the hub stands on, on a cluster of so many
// brokers. With a fault its answers may be wrong; a warning is about what a loss of
// machines would cost.
func Standing(have map[string]Held, brokers int) (faults, warnings []string) {
	bulk := Bulk(have)
	for _, want := range Topics(max(bulk, 1)) {
		h, ok := have[want.Name]
		if !ok {
			faults = append(faults, want.Name+": the topic is not there")
			continue
		}
		f, w := h.judge(want, brokers)
		for _, s := range f {
			faults = append(faults, want.Name+": "+s)
		}
		for _, s := range w {
			warnings = append(warnings, want.Name+": "+s)
		}
	}
	return faults, warnings
}

func (h *Held) judge(want Topic, brokers int) (faults, warnings []string) {
	switch {
	case h.Partitions == want.Partitions:
	case Single(want.Name):
		faults = append(faults, fmt.Sprintf("it has %d partitions and must have 1; what stands in the others is not read", h.Partitions))
	default:
		faults = append(faults, fmt.Sprintf("it has %d partitions, the other domains' topics %d; give all the same number", h.Partitions, want.Partitions))
	}
	if most := min(3, brokers); h.Replicas < most {
		warnings = append(warnings, fmt.Sprintf("%d replicas on %d brokers", h.Replicas, brokers))
	}
	if h.Configs == nil {
		return faults, append(warnings, "its settings can't be read")
	}
	if n, err := strconv.Atoi(h.Configs["min.insync.replicas"]); brokers >= 3 && err == nil && n < 2 {
		warnings = append(warnings, "min.insync.replicas is "+strconv.Itoa(n)+", the loss of one broker may lose what was acknowledged")
	}
	f, w := h.keeps(want)
	return append(faults, f...), append(warnings, w...)
}

// keeps judges what is thrown away and when, and whose time messages have.
func (h *Held) keeps(want Topic) (faults, warnings []string) {
	policy := cmp.Or(want.Configs["cleanup.policy"], "delete")
	if got := cmp.Or(h.Configs["cleanup.policy"], "delete"); got != policy {
		faults = append(faults, fmt.Sprintf("cleanup.policy is %q and must be %q", got, policy))
	}
	if least, err := strconv.ParseInt(want.Configs["retention.ms"], 10, 64); err == nil {
		got, err := strconv.ParseInt(h.Configs["retention.ms"], 10, 64)
		if err == nil && got >= 0 && got < least {
			s := fmt.Sprintf("retention.ms is %d and must be at least %d", got, least)
			if followed(want.Name) {
				warnings = append(warnings, s+" for those who follow")
			} else {
				faults = append(faults, s)
			}
		}
		if n, err := strconv.ParseInt(h.Configs["retention.bytes"], 10, 64); err == nil && n >= 0 {
			warnings = append(warnings, fmt.Sprintf("retention.bytes is %d: messages may go before they are stored", n))
		}
	}
	if got := h.Configs[TimestampType]; !strings.EqualFold(got, LogAppendTime) {
		faults = append(faults, fmt.Sprintf("%s is %q and must be %s", TimestampType, got, LogAppendTime))
	}
	return faults, warnings
}
