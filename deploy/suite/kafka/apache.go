//go:build suite

// Package kafka runs the hub against a real Apache Kafka in KRaft mode, from the
// jars of Maven Central: one node, and three of which one is killed while
// records arrive.
package kafka

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credithub/deploy/probe"
	"credithub/deploy/suite/hub"
)

// clusterID is any UUID in base64; the nodes of a cluster share it.
const clusterID = "MkU3OEVBNTcwNTJENDM2Qg"

// jars gives the class path, fetched by Maven when it is absent.
func jars(t *testing.T) string {
	t.Helper()
	root := hub.Root(t)
	dir := filepath.Join(root, ".cache", "kafka")
	if found, _ := filepath.Glob(filepath.Join(dir, "kafka_2.13-*.jar")); len(found) == 0 {
		out, err := exec.Command("mvn", "-q", "-B", "-f", filepath.Join(root, "deploy/suite/kafka/pom.xml"),
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
	ports := freePorts(t, 2*n)
	var voters, addrs []string
	for i := range n {
		voters = append(voters, fmt.Sprintf("%d@127.0.0.1:%d", i+1, ports[n+i]))
		addrs = append(addrs, fmt.Sprintf("127.0.0.1:%d", ports[i]))
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
		if err := os.WriteFile(conf, []byte(properties(dir, i+1, n, addrs[i], ports[n+i], voters)), 0o600); err != nil {
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
	for _, addr := range addrs {
		for err := error(nil); ; {
			if err = probe.WaitTCP(t.Context(), addr); err == nil {
				break
			}
			if time.Since(began) > time.Minute {
				t.Fatalf("%v\n%s", err, a.nodes[0].Tail(20))
			}
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

func properties(dir string, id, n int, addr string, controller int, voters []string) string {
	replicas := min(n, 3)
	lines := []string{
		"process.roles=broker,controller", fmt.Sprintf("node.id=%d", id),
		"controller.quorum.voters=" + strings.Join(voters, ","),
		fmt.Sprintf("listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:%d", addr, controller),
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

// freePorts gives ports that nothing listens on, all different and outside the
// range of outgoing connections.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for p := 30_100 + os.Getpid()%1000; len(ports) < n && p < 32_700; p++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			continue
		}
		l.Close()
		ports = append(ports, p)
	}
	if len(ports) < n {
		t.Fatal("not enough free ports")
	}
	return ports
}
