//go:build suite

// Package kafka runs the hub against a real Apache Kafka in KRaft mode, from the
// jars of Maven Central: one node, and three of which one is killed while
// records arrive.
package kafka

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
)

// clusterID is any UUID in base64; the nodes of a cluster share it.
const clusterID = "MkU3OEVBNTcwNTJENDM2Qg"

// jars gives the class path, fetched by Maven when it is absent.
func jars(t *testing.T) string {
	t.Helper()
	root := hub.Root(t)
	dir := filepath.Join(root, ".cache", "kafka")
	if found, _ := filepath.Glob(filepath.Join(dir, "kafka_2.13-*.jar")); len(found) == 0 {
		out, err := exec.Command("mvn", "-q", "-B", "-f", filepath.Join(root, "deploy/testing/suite/kafka/pom.xml"),
			"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+dir).CombinedOutput()
		if err != nil {
			t.Fatalf("Apache Kafka cannot be had: %v: %s", err, out)
		}
	}
	return filepath.Join(dir, "*")
}

// apache is a running cluster.
type apache struct {
	nodes []*probe.Part
	addrs string // with commas between
}

// startApache formats and starts a cluster of n nodes, each broker and voter, for
// the length of the test.
func startApache(t *testing.T, n int) *apache {
	t.Helper()
	path := jars(t)
	a := &apache{}
	free := freeAddrs(t, 2*n)
	addrs, controllers := free[:n], free[n:]
	var voters []string
	for i, c := range controllers {
		voters = append(voters, fmt.Sprintf("%d@%s", i+1, c))
	}
	a.addrs = strings.Join(addrs, ",")
	dir := t.TempDir()
	t.Cleanup(func() {
		for _, p := range a.nodes {
			p.Kill()
		}
	})
	for i := range n {
		conf := filepath.Join(dir, fmt.Sprintf("server%d.properties", i+1))
		if err := os.WriteFile(conf, []byte(properties(dir, i+1, n, addrs[i], controllers[i], voters)), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("java", "-cp", path, "kafka.tools.StorageTool", "format", "-t", clusterID, "-c", conf, "--ignore-formatted").CombinedOutput()
		if err != nil {
			t.Fatalf("format node %d: %v: %s", i+1, err, out)
		}
		p := &probe.Part{
			Name: fmt.Sprintf("kafka%d", i+1), Addr: addrs[i], Bin: "java", Log: filepath.Join(dir, fmt.Sprintf("kafka%d.log", i+1)),
			Args: []string{"-Xmx384m", "-XX:+UseSerialGC", "-cp", path, "kafka.Kafka", conf},
		}
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		a.nodes = append(a.nodes, p)
	}
	began := time.Now()
	for _, p := range a.nodes {
		if err := p.Await(t.Context(), time.Minute, probe.Listens); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("Apache Kafka with %d nodes listens after %s", n, time.Since(began).Round(time.Millisecond))
	return a
}

// failover are the settings by which a cluster notices a dead node within a
// second. With the defaults (a session of 9 s) its partitions have no leader for
// almost ten seconds, which no client can shorten.
var failover = []string{
	"broker.session.timeout.ms=1000", "broker.heartbeat.interval.ms=200", "controller.quorum.fetch.timeout.ms=600",
	"controller.quorum.election.timeout.ms=300", "controller.quorum.election.backoff.max.ms=200",
}

func properties(dir string, id, n int, addr, controller string, voters []string) string {
	replicas := min(n, 3)
	lines := []string{
		"process.roles=broker,controller", fmt.Sprintf("node.id=%d", id),
		"controller.quorum.voters=" + strings.Join(voters, ","),
		fmt.Sprintf("listeners=PLAINTEXT://%s,CONTROLLER://%s", addr, controller),
		"advertised.listeners=PLAINTEXT://" + addr, "controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		"log.dirs=" + filepath.Join(dir, fmt.Sprintf("data%d", id)), "group.initial.rebalance.delay.ms=0",
		fmt.Sprintf("offsets.topic.replication.factor=%d", replicas), fmt.Sprintf("transaction.state.log.replication.factor=%d", replicas),
		fmt.Sprintf("transaction.state.log.min.isr=%d", max(1, replicas-1)), fmt.Sprintf("share.coordinator.state.topic.replication.factor=%d", replicas),
		fmt.Sprintf("share.coordinator.state.topic.min.isr=%d", max(1, replicas-1)), fmt.Sprintf("default.replication.factor=%d", replicas),
		fmt.Sprintf("min.insync.replicas=%d", max(1, replicas-1)), "auto.create.topics.enable=false",
	}
	if n > 1 {
		lines = append(lines, failover...)
	}
	return strings.Join(lines, "\n") + "\n"
}

// freeAddrs gives addresses that nothing listens on, all different.
func freeAddrs(t *testing.T, n int) []string {
	t.Helper()
	var addrs []string
	for len(addrs) < n {
		addr, err := probe.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}
