package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"credithub/schema/feed"
)

// Topic is one that the hub needs.
type Topic struct {
	Name       string
	Partitions int               // at least 1
	Configs    map[string]string // beside the defaults, such as cleanup.policy=compact
}

// Replication of topics where the cluster is large enough.
const replication = 3

// MaxMessageBytes is the size of a batch that topics are told to take: one row
// may have 1 MiB, and has its envelope and headers.
const MaxMessageBytes = 2 << 20

// EnsureTopics creates the topics that are absent and waits until all have a
// leader. Topics get three replicas, or as many as there are brokers, and
// min.insync.replicas 2 with three. What exists is left as it is, as the number of
// partitions decides where keys stand; only whose time messages have is set.
func (c *Client) EnsureTopics(ctx context.Context, topics []Topic) error {
	brokers, err := c.brokers(ctx)
	if err != nil {
		return fmt.Errorf("kafka: topics: %w", err)
	}
	replicas := min(replication, brokers)
	req := &kafkago.CreateTopicsRequest{}
	for _, t := range topics {
		if t.Name == "" || t.Partitions < 1 {
			return fmt.Errorf("kafka: topic %q with %d partitions", t.Name, t.Partitions)
		}
		if _, err := c.partitionsNow(ctx, t.Name); err == nil {
			continue
		}
		req.Topics = append(req.Topics, kafkago.TopicConfig{
			Topic: t.Name, NumPartitions: t.Partitions, ReplicationFactor: replicas, ConfigEntries: t.entries(replicas),
		})
	}
	if len(req.Topics) > 0 {
		if err := c.retry(ctx, opCreate, func(ctx context.Context) error { return c.create(ctx, req) }); err != nil {
			return fmt.Errorf("kafka: create topics: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, electionWait)
	defer cancel()
	for _, t := range topics {
		if err := c.led(ctx, t.Name); err != nil {
			return fmt.Errorf("kafka: topic %s: %w", t.Name, err)
		}
	}
	return c.setTimes(ctx, topics)
}

// electionWait is how long a cluster may take until all partitions of new topics
// have a leader that answers.
const electionWait = 30 * time.Second

// led waits until every partition of a topic has a leader that answers.
func (c *Client) led(ctx context.Context, topic string) error {
	for attempt := 0; ; attempt++ {
		_, err := c.EndOffsets(ctx, topic)
		passes := errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknownTopic) // a node may not have heard of it yet
		if err == nil || !passes || !pause(ctx, attempt) {
			return err
		}
	}
}

func (c *Client) create(ctx context.Context, req *kafkago.CreateTopicsRequest) error {
	res, err := c.api.CreateTopics(ctx, req)
	if err != nil {
		return err
	}
	var errs []error
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafkago.TopicAlreadyExists) {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func (t Topic) entries(replicas int) []kafkago.ConfigEntry {
	all := map[string]string{"max.message.bytes": fmt.Sprint(MaxMessageBytes)}
	if replicas >= replication {
		all["min.insync.replicas"] = "2"
	}
	maps.Copy(all, t.Configs)
	out := make([]kafkago.ConfigEntry, 0, len(all))
	for _, k := range slices.Sorted(maps.Keys(all)) {
		out = append(out, kafkago.ConfigEntry{ConfigName: k, ConfigValue: all[k]})
	}
	return out
}

// setTimes makes the time of messages the log's own, where topics that exist say
// something else.
func (c *Client) setTimes(ctx context.Context, topics []Topic) error {
	var names []string
	for _, t := range topics {
		if t.Configs[feed.TimestampType] == feed.LogAppendTime {
			names = append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	have, _, err := c.Held(ctx, names)
	if err != nil {
		return err
	}
	req := &kafkago.IncrementalAlterConfigsRequest{}
	for name, h := range have {
		if h.Configs == nil || h.Configs[feed.TimestampType] == feed.LogAppendTime {
			continue
		}
		req.Resources = append(req.Resources, kafkago.IncrementalAlterConfigsRequestResource{
			ResourceType: kafkago.ResourceTypeTopic, ResourceName: name,
			Configs: []kafkago.IncrementalAlterConfigsRequestConfig{{Name: feed.TimestampType, Value: feed.LogAppendTime}},
		})
	}
	if len(req.Resources) == 0 {
		return nil
	}
	return c.retry(ctx, opSettings, func(ctx context.Context) error {
		r, err := c.api.IncrementalAlterConfigs(ctx, req)
		if err != nil {
			return err
		}
		var errs []error
		for _, res := range r.Resources {
			if res.Error != nil {
				errs = append(errs, fmt.Errorf("kafka: set %s of %s: %w", feed.TimestampType, res.ResourceName, res.Error))
			}
		}
		return errors.Join(errs...)
	})
}
