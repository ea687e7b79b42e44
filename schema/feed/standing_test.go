package feed

import (
	"maps"
	"strings"
	"testing"

	"credithub/schema/record"
)

// asWanted is a cluster that has every topic as the hub wants it.
func asWanted(bulk int) map[string]Held {
	have := map[string]Held{}
	for _, t := range Topics(bulk) {
		c := maps.Clone(t.Configs)
		c["min.insync.replicas"], c["retention.bytes"] = "2", "-1"
		have[t.Name] = Held{Partitions: t.Partitions, Replicas: 3, Configs: c}
	}
	return have
}

func TestCase_T1_WhatTheHubStandsOnIsJudged(t *testing.T) {
	f := func(mend func(map[string]Held), fault, warning string) {
		t.Helper()
		have := asWanted(6)
		mend(have)
		faults, warnings := Standing(have, 3)
		for _, c := range []struct {
			kind, want string
			got        []string
		}{{"fault", fault, faults}, {"warning", warning, warnings}} {
			if (c.want == "") != (len(c.got) == 0) || c.want != "" && !strings.Contains(strings.Join(c.got, "\n"), c.want) {
				t.Errorf("%s %q, want %q", c.kind, c.got, c.want)
			}
		}
	}
	set := func(topic, name, value string) func(map[string]Held) {
		return func(m map[string]Held) { m[topic].Configs[name] = value }
	}
	parts := func(topic string, n int) func(map[string]Held) {
		return func(m map[string]Held) {
			h := m[topic]
			h.Partitions = n
			m[topic] = h
		}
	}
	decision, penalty := record.Decision.Topic(), record.Penalty.Topic()
	f(func(map[string]Held) {}, "", "")
	f(parts(decision, 3), "credit.decision: it has 3 partitions and must have 1", "")
	f(parts(EntriesTopic, 2), "credit.entries: it has 2 partitions and must have 1", "")
	f(parts(AuditTopic, 2), "credit.audit: it has 2 partitions", "")
	f(parts(penalty, 7), "credit.penalty: it has 7 partitions, the other domains' topics 6", "")
	f(parts(penalty, 5), "credit.penalty: it has 5 partitions", "")
	f(func(m map[string]Held) { delete(m, SubjectsTopic) }, "credit.subjects: the topic is not there", "")
	f(set(EntriesTopic, "cleanup.policy", "delete"), `cleanup.policy is "delete" and must be "compact"`, "")
	f(set(EntriesTopic, "cleanup.policy", "compact,delete"), "must be \"compact\"", "")
	f(set(penalty, "cleanup.policy", "compact"), `must be "delete"`, "")
	f(set(penalty, "retention.ms", "3600000"), "retention.ms is 3600000 and must be at least 2592000000", "")
	f(set(NoticesTopic, "retention.ms", "604800000"), "", "retention.ms is 604800000 and must be at least 2592000000 for those who follow")
	f(set(penalty, "retention.ms", "-1"), "", "")
	f(set(penalty, "retention.ms", "99999999999"), "", "")
	f(set(penalty, TimestampType, "CreateTime"), `message.timestamp.type is "CreateTime"`, "")
	f(set(penalty, "retention.bytes", "1000"), "", "retention.bytes is 1000")
	f(set(penalty, "min.insync.replicas", "1"), "", "min.insync.replicas is 1")
	f(func(m map[string]Held) { h := m[penalty]; h.Replicas = 1; m[penalty] = h }, "", "1 replicas on 3 brokers")
	f(func(m map[string]Held) { h := m[penalty]; h.Configs = nil; m[penalty] = h }, "", "can't be read")
}

func TestOneBrokerWantsNoReplicas(t *testing.T) {
	have := asWanted(4)
	for name, h := range have {
		h.Replicas = 1
		h.Configs["min.insync.replicas"] = "1"
		have[name] = h
	}
	if faults, warnings := Standing(have, 1); len(faults)+len(warnings) > 0 {
		t.Error(faults, warnings)
	}
	if n := Bulk(have); n != 4 {
		t.Errorf("%d", n)
	}
	if n := Bulk(nil); n != 0 {
		t.Errorf("%d of nothing", n)
	}
}

func TestSingleAreTheTopicsOfOnePartition(t *testing.T) {
	for _, topic := range Topics(4) {
		if Single(topic.Name) != (topic.Partitions == 1) {
			t.Errorf("%s has %d", topic.Name, topic.Partitions)
		}
	}
}
