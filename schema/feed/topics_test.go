package feed

import (
	"testing"

	"credithub/schema/record"
)

func TestDecisionsHaveOneOrder(t *testing.T) {
	seen := map[string]Topic{}
	for _, topic := range Topics(4) {
		if _, twice := seen[topic.Name]; twice {
			t.Errorf("%s stands twice", topic.Name)
		}
		seen[topic.Name] = topic
	}
	for _, d := range record.Domains() {
		want := 4
		if d == record.Decision {
			want = 1
		}
		if got := seen[d.Topic()].Partitions; got != want {
			t.Errorf("%s has %d partitions, want %d", d.Topic(), got, want)
		}
	}
	for _, own := range []string{EntriesTopic, SubjectsTopic, RejectsTopic, BatchesTopic, AuditTopic, NoticesTopic, ChangesTopic, OutcomesTopic} {
		if seen[own].Partitions != 1 {
			t.Errorf("%s has %d partitions", own, seen[own].Partitions)
		}
	}
	if seen[EntriesTopic].Configs["cleanup.policy"] != "compact" {
		t.Error("entries are not compacted")
	}
}
