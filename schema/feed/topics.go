package feed

import (
	"strconv"
	"time"

	"credithub/schema/record"
)

// Topic is a topic that the hub needs, with its Kafka settings.
type Topic struct {
	Name       string
	Partitions int
	Configs    map[string]string
}

// How long messages stay. ClickHouse is where records are kept; the log must
// outlast any outage of ingest.
const (
	keepRecords = 30 * 24 * time.Hour
	keepFeeds   = 7 * 24 * time.Hour
	// keepFollowed outlasts the longest holidays, when nobody works anything off.
	keepFollowed = 30 * 24 * time.Hour
)

// TimestampType with LogAppendTime makes the time of a message the log's own: when
// the hub learned of it is nobody else's to say.
const (
	TimestampType = "message.timestamp.type"
	LogAppendTime = "LogAppendTime"
)

// Single tells whether a topic has one partition by its meaning, however many a
// cluster shows: whoever writes or reads keeps to partition 0.
func Single(topic string) bool { return single[topic] }

var single = func() map[string]bool {
	m := map[string]bool{record.Decision.Topic(): true}
	for _, name := range []string{EntriesTopic, SubjectsTopic, RejectsTopic, BatchesTopic, AuditTopic, NoticesTopic, ChangesTopic, OutcomesTopic} {
		m[name] = true
	}
	return m
}()

// Topics lists every topic of the hub. bulk is the number of partitions of the
// domains that arrive in bulk. List decisions have one partition: their order in
// it is the order of the truth. The hub's own feeds have one each, so that a
// reader needs one position.
func Topics(bulk int) []Topic {
	keep := func(d time.Duration) map[string]string {
		return map[string]string{"retention.ms": strconv.FormatInt(d.Milliseconds(), 10), TimestampType: LogAppendTime}
	}
	var all []Topic
	for _, d := range record.Domains() {
		n := bulk
		if d == record.Decision {
			n = 1
		}
		all = append(all, Topic{d.Topic(), n, keep(keepRecords)})
	}
	all = append(all, Topic{EntriesTopic, 1, map[string]string{"cleanup.policy": "compact", TimestampType: LogAppendTime}})
	for _, name := range []string{SubjectsTopic, RejectsTopic, BatchesTopic, AuditTopic, NoticesTopic, ChangesTopic, OutcomesTopic} {
		d := keepFeeds
		if followed(name) {
			d = keepFollowed
		}
		all = append(all, Topic{name, 1, keep(d)})
	}
	return all
}

// followed tells whether a topic is there for others: no answer of the hub rests on it.
func followed(topic string) bool { return topic == NoticesTopic || topic == ChangesTopic }
