package kafka

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"credithub/schema/feed"
)

// Held tells how the cluster has some topics, and how many brokers it has. Topics
// that are not there are left out.
func (c *Client) Held(ctx context.Context, names []string) (have map[string]feed.Held, brokers int, err error) {
	err = c.retry(ctx, "metadata", func(ctx context.Context) error {
		m, err := c.api.Metadata(ctx, &kafkago.MetadataRequest{Topics: names})
		if err != nil {
			return err
		}
		have, brokers = map[string]feed.Held{}, len(m.Brokers)
		for _, t := range m.Topics {
			switch {
			case errors.Is(t.Error, kafkago.UnknownTopicOrPartition):
			case t.Error != nil:
				return t.Error
			default:
				have[t.Name] = heldOf(t.Partitions)
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("kafka: topics: %w", err)
	}
	if err := c.settings(ctx, have); err != nil {
		return nil, 0, fmt.Errorf("kafka: settings of topics: %w", err)
	}
	return have, brokers, nil
}

func heldOf(partitions []kafkago.Partition) feed.Held {
	h := feed.Held{Partitions: len(partitions)}
	for i, p := range partitions {
		if i == 0 || len(p.Replicas) < h.Replicas {
			h.Replicas = len(p.Replicas)
		}
	}
	return h
}

// settings adds the settings that matter. A cluster that shows them to others only
// leaves them out.
func (c *Client) settings(ctx context.Context, have map[string]feed.Held) error {
	req := &kafkago.DescribeConfigsRequest{}
	for name := range have {
		req.Resources = append(req.Resources, kafkago.DescribeConfigRequestResource{
			ResourceType: kafkago.ResourceTypeTopic, ResourceName: name, ConfigNames: feed.Settings,
		})
	}
	if len(req.Resources) == 0 {
		return nil
	}
	return c.retry(ctx, "settings", func(ctx context.Context) error {
		r, err := c.api.DescribeConfigs(ctx, req)
		if err != nil {
			return err
		}
		for _, res := range r.Resources {
			h, ok := have[res.ResourceName]
			if !ok || res.Error != nil {
				continue
			}
			h.Configs = map[string]string{}
			for _, e := range res.ConfigEntries {
				h.Configs[e.ConfigName] = e.ConfigValue
			}
			have[res.ResourceName] = h
		}
		return nil
	})
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
	return c.retry(ctx, "settings", func(ctx context.Context) error {
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
