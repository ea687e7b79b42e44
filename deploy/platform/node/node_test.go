package node

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestSecretIsMadeOnceAndPrivate(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	var all [][]byte
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			b, err := Secret(dir, "stamp")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			all = append(all, b)
			mu.Unlock()
		})
	}
	wg.Wait()
	for _, b := range all {
		if len(b) != SecretBytes || !bytes.Equal(b, all[0]) {
			t.Fatal("makers that start together got different secrets")
		}
	}
	other, err := Secret(dir, "issuer")
	if err != nil || bytes.Equal(other, all[0]) {
		t.Fatal("two names share a secret")
	}
	path := filepath.Join(dir, "secrets", "stamp")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Secret(dir, "stamp"); !errors.Is(err, ErrExposed) {
		t.Fatalf("a secret that others can read was taken: %v", err)
	}
}

func TestEndpointsRoundTrip(t *testing.T) {
	dir := t.TempDir()
	want := Endpoints{HTTP: "http://127.0.0.1:8080", Kafka: "127.0.0.1:9092", ClickHouse: "http://127.0.0.1:8123"}
	if err := WriteEndpoints(dir, want); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadEndpoints(dir); err != nil || got != want {
		t.Fatalf("%+v %v", got, err)
	}
	RemoveEndpoints(dir)
	if _, err := ReadEndpoints(dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("after removal: %v", err)
	}
}
