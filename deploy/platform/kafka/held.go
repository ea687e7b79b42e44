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
	err = c.retry(ctx, opMetadata, func(ctx context.Context) error {
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
	return c.retry(ctx, opSettings, func(ctx context.Context) error {
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
