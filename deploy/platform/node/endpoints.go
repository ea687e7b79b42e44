package node

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Endpoints tells where the parts of a running hub listen.
type Endpoints struct {
	HTTP       string `json:"http"`
	Kafka      string `json:"kafka"`
	ClickHouse string `json:"clickhouse"`

	KafkaAccess *KafkaAccess `json:"kafkaAccess,omitempty"` // of the embedded broker
}

// KafkaAccess is how the owner of the data directory enters the embedded broker.
type KafkaAccess struct {
	Mechanism    string `json:"mechanism"`
	User         string `json:"user"`
	PasswordFile string `json:"passwordFile"` // readable by the owner only
	KcatConfig   string `json:"kcatConfig"`   // for kcat -F, with address and password
}

const endpointsFile = "endpoints.json"

// WriteEndpoints replaces endpoints.json in one step.
func WriteEndpoints(dir string, e Endpoints) error {
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	if err := ReplaceFile(filepath.Join(dir, endpointsFile), append(b, '\n')); err != nil {
		return fmt.Errorf("endpoints: %w", err)
	}
	return nil
}

// ReadEndpoints reads what a running hub wrote.
func ReadEndpoints(dir string) (Endpoints, error) {
	var e Endpoints
	b, err := os.ReadFile(filepath.Join(dir, endpointsFile))
	if err != nil {
		return e, fmt.Errorf("endpoints: %w", err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("endpoints: %w", err)
	}
	return e, nil
}

// RemoveEndpoints is called when the hub stops.
func RemoveEndpoints(dir string) { _ = os.Remove(filepath.Join(dir, endpointsFile)) }
