package main

import (
	"fmt"
	"os"
	"strings"

	"credithub/deploy/platform/kafka"
)

// brokerAccess is how somebody else's brokers are entered.
type brokerAccess struct {
	KafkaUser         string `help:"User at the brokers, for --brokers." env:"CREDITHUB_KAFKA_USER"`
	KafkaPasswordFile string `help:"File with the user's password; else CREDITHUB_KAFKA_PASSWORD." type:"existingfile"`
	KafkaSASL         string `help:"Mechanism, with --kafka-user." default:"SCRAM-SHA-256" env:"CREDITHUB_KAFKA_SASL"`
}

// sasl is how the brokers are entered.
func (c *brokerAccess) sasl() (kafka.SASL, error) {
	if c.KafkaUser == "" {
		return kafka.SASL{}, nil
	}
	s := kafka.SASL{Mechanism: c.KafkaSASL, User: c.KafkaUser, Password: os.Getenv("CREDITHUB_KAFKA_PASSWORD")}
	if c.KafkaPasswordFile != "" {
		b, err := os.ReadFile(c.KafkaPasswordFile)
		if err != nil {
			return s, fmt.Errorf("push: %w", err)
		}
		s.Password = strings.TrimSpace(string(b))
	}
	return s, nil
}
