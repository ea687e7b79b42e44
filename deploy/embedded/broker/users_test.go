package broker_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"

	"credithub/deploy/embedded/broker"
	platform "credithub/deploy/platform/kafka"
	"credithub/deploy/testing/embedtest"
)

// as is a client of a user; without a name of nobody.
func as(t testing.TB, addr, user, password string) *kafka.Client {
	t.Helper()
	c := client(t, addr)
	if user != "" {
		c.Transport.(*kafka.Transport).SASL = proof(t, broker.Mechanism, user, password)
	}
	return c
}

func proof(t testing.TB, mechanism, user, password string) sasl.Mechanism {
	t.Helper()
	m, err := platform.NewMechanism(platform.SASL{Mechanism: mechanism, User: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func short(t testing.TB) context.Context {
	c, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	t.Cleanup(cancel)
	return c
}

func TestCase_T7_NobodyButItsUsersGetsIn(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{Users: true})
	users, err := broker.OpenUsers(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	password := func(name string) string {
		t.Helper()
		s, err := users.Password(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	hub := as(t, p.Addr, broker.HubUser, password(broker.HubUser))
	topics := &kafka.CreateTopicsRequest{}
	for _, name := range []string{"credit.tax", "credit.bank", "credit.changes"} {
		topics.Topics = append(topics.Topics, kafka.TopicConfig{Topic: name, NumPartitions: 1, ReplicationFactor: 1})
	}
	r, err := hub.CreateTopics(ctx(t), topics)
	if err != nil || errors.Join(r.Errors["credit.tax"], r.Errors["credit.bank"]) != nil {
		t.Fatal(err, r)
	}
	if _, err := produce(t, hub, "credit.bank", record("k", "SUBSTANDARD")); err != nil {
		t.Fatal(err)
	}

	for who, c := range map[string]*kafka.Client{
		"nobody": as(t, p.Addr, "", ""), "a guesser": as(t, p.Addr, broker.HubUser, "guess"), "a stranger": as(t, p.Addr, "stranger", "x"),
	} {
		if _, err := c.Metadata(short(t), &kafka.MetadataRequest{}); err == nil {
			t.Errorf("%s is told of topics", who)
		}
		if r, err := c.Fetch(short(t), &kafka.FetchRequest{Topic: "credit.bank", MinBytes: 1, MaxBytes: 1 << 20}); err == nil && r.Error == nil {
			t.Errorf("%s reads", who)
		}
		if r, err := c.DeleteTopics(short(t), &kafka.DeleteTopicsRequest{Topics: []string{"credit.bank"}}); err == nil && r.Errors["credit.bank"] == nil {
			t.Errorf("%s deletes", who)
		}
	}

	// A user comes in without a start of the broker, and may do what it may.
	if err := users.Add(broker.User{Name: "tax-office", Produce: []string{"credit.tax"}}); err != nil {
		t.Fatal(err)
	}
	tax := as(t, p.Addr, "tax-office", password("tax-office"))
	eventually(t, "the new user comes in", func() bool {
		_, err := produce(t, tax, "credit.tax", record("k", "v"))
		return err == nil
	})
	refused := func(what string, err error, code error) {
		t.Helper()
		if errors.Join(err, code) == nil {
			t.Errorf("an agency %s", what)
		}
	}
	_, err = produce(t, tax, "credit.bank", record("k", "v"))
	refused("writes where it may not", err, nil)
	for _, topic := range []string{"credit.tax", "credit.bank"} {
		f, err := tax.Fetch(short(t), &kafka.FetchRequest{Topic: topic, MinBytes: 1, MaxBytes: 1 << 20})
		if err == nil {
			refused("reads "+topic, err, f.Error)
		}
		d, err := tax.DeleteTopics(short(t), &kafka.DeleteTopicsRequest{Topics: []string{topic}})
		if err == nil {
			refused("deletes "+topic, err, d.Errors[topic])
		}
		g, err := tax.CreatePartitions(short(t), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: 3}}})
		if err == nil {
			refused("grows "+topic, err, g.Errors[topic])
		}
	}
	j, err := tax.JoinGroup(short(t), &kafka.JoinGroupRequest{GroupID: "credithub-ingest", SessionTimeout: 6 * time.Second, RebalanceTimeout: 6 * time.Second,
		ProtocolType: "consumer", Protocols: []kafka.GroupProtocol{{Name: "range", Metadata: kafka.GroupProtocolSubscription{Topics: []string{"credit.bank"}}}}})
	if err == nil {
		refused("joins the hub's group", err, j.Error)
	}

	// The owner's client reads, and writes what needs a signature to count.
	owner := as(t, p.Addr, broker.KcatUser, password(broker.KcatUser))
	f, err := owner.Fetch(ctx(t), &kafka.FetchRequest{Topic: "credit.bank", MinBytes: 1, MaxBytes: 1 << 20})
	if err != nil || f.Error != nil {
		t.Errorf("the owner can't read: %v", errors.Join(err))
	}
	if d, err := owner.DeleteTopics(short(t), &kafka.DeleteTopicsRequest{Topics: []string{"credit.tax"}}); err == nil && d.Errors["credit.tax"] == nil {
		t.Error("the owner's client deletes")
	}
	sha512 := client(t, p.Addr)
	sha512.Transport.(*kafka.Transport).SASL = proof(t, "SCRAM-SHA-512", broker.HubUser, password(broker.HubUser))
	if _, err := sha512.Metadata(ctx(t), &kafka.MetadataRequest{}); err != nil {
		t.Errorf("SCRAM-SHA-512: %v", err)
	}

	// It goes within seconds, and over a restart all is as it was.
	if err := users.Remove("tax-office"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the removed user is out", func() bool {
		_, err := as(t, p.Addr, "tax-office", "x").Metadata(short(t), &kafka.MetadataRequest{})
		_, again := produce(t, tax, "credit.tax", record("k", "v"))
		return err != nil && again != nil
	})
	p.Restart()
	if _, err := produce(t, as(t, p.Addr, broker.HubUser, password(broker.HubUser)), "credit.bank", record("k", "v")); err != nil {
		t.Error(err)
	}
	if _, err := as(t, p.Addr, "", "").Metadata(short(t), &kafka.MetadataRequest{}); err == nil {
		t.Error("nobody is told of topics after a restart")
	}
}

func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestCase_T7_WhoDoesNotProveHimselfLosesHisPlace(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{Users: true})
	c, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("still there: %v", err)
	}
}

func TestUsersAreTheOwnersOnly(t *testing.T) {
	dir := t.TempDir()
	u, err := broker.OpenUsers(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Add(broker.User{Name: "tax", Produce: []string{"credit.tax"}}); err != nil {
		t.Fatal(err)
	}
	first, err := u.Password("tax")
	if err != nil || len(first) < 30 {
		t.Fatalf("%q, %v", first, err)
	}
	if err := u.Add(broker.User{Name: "tax", Read: []string{"credit.changes"}}); err != nil {
		t.Fatal(err)
	}
	if again, _ := u.Password("tax"); again != first {
		t.Error("other rights made another password")
	}
	files, err := filepath.Glob(filepath.Join(dir, "secrets", "kafka", "*"))
	if err != nil || len(files) != 6 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, f := range files {
		if st, err := os.Stat(f); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", f, st.Mode())
		}
	}
	for _, name := range []string{"", "../tax", "a/b", broker.HubUser, broker.KcatUser, strings.Repeat("a", 65)} {
		if err := u.Add(broker.User{Name: name}); err == nil {
			t.Errorf("a user %q was made", name)
		}
	}
	if err := u.Remove("nobody"); !errors.Is(err, broker.ErrNoUser) {
		t.Error(err)
	}
	if err := u.Remove(broker.HubUser); err == nil {
		t.Error("the hub shut itself out")
	}
}

func TestCase_T7_StrangersKeepOutNoUser(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{Users: true})
	users, err := broker.OpenUsers(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	password, err := users.Password(broker.HubUser)
	if err != nil {
		t.Fatal(err)
	}
	for range 600 { // more than have room
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	if _, err := as(t, p.Addr, broker.HubUser, password).Metadata(short(t), &kafka.MetadataRequest{}); err != nil {
		t.Errorf("the hub can't come in: %v", err)
	}
}
