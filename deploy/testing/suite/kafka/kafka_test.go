//go:build suite

package kafka

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credithub/deploy/gen"
	"credithub/deploy/platform/client"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/drill"
	"credithub/deploy/testing/suite/hub"
	"credithub/schema/civil"
	"credithub/schema/uscc"
)

func load(t *testing.T, entities int, seed uint64) *drill.Load {
	t.Helper()
	l, err := drill.Make(gen.Config{
		Entities: entities, Seed: seed, Today: civil.DateOf(time.Now()), Faults: 0.03, Duplicates: 0.03, Corrections: 0.05,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// receiptsOn starts checks by receipt on every query node.
func receiptsOn(t *testing.T, ctx context.Context, h *probe.Cluster) *drill.Receipts {
	r := &drill.Receipts{Token: must(h.Token("officer", "SAMR"))(t)}
	for _, q := range h.Query {
		r.Nodes = append(r.Nodes, "http://"+q.Addr)
	}
	r.Start(ctx, 2)
	return r
}

func TestOneNode(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	a := startApache(t, 1)
	h := hub.StartCluster(t, probe.ClusterConfig{Kafka: a.addrs})
	l := load(t, 2000, 31)
	receipts := receiptsOn(t, ctx, h)
	seed := uint64(time.Now().UnixNano())
	// The consumer is killed again and again while records arrive.
	killer := &drill.Killer{Parts: []*probe.Part{h.Ingest}, Kills: 5, Seed: seed, Pause: 3 * time.Second, Log: t.Logf}
	pushers := &drill.Pushers{Load: l, URL: "http://" + h.Ingest.Addr, Token: h.Token, Seed: seed, Batch: 400, Again: 0.05, Acked: receipts.Add,
		Pace: func(share float64) bool { return share <= killer.Share()+0.05 }}
	killed := make(chan error, 1)
	go func() { killed <- killer.Run(ctx) }()
	if err := pushers.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	for _, err := range receipts.Finish() {
		t.Error(err)
	}
	t.Logf("%d pushes, %d tries more; %d checks by receipt", pushers.Pushes.Load(), pushers.Retries.Load(), receipts.Answered.Load())
	w := &drill.World{Load: l, Pushed: pushers, Hub: h, Log: t.Logf, Settled: time.Minute}
	if err := w.Verify(ctx); err != nil {
		t.Fatal(err)
	}
	signed(t, ctx, h)
	if err := drill.Panics(h.Parts()); err != nil {
		t.Error(err)
	}
}

// signed: kcat is a client that knows nothing of the hub. A message signed by a
// registered key counts, any other is rejected with E12 and restricts nobody; a
// faulty one is rejected with its code, and those around it go through.
func signed(t *testing.T, ctx context.Context, h *probe.Cluster) {
	if _, err := exec.LookPath("kcat"); err != nil {
		t.Fatal("kcat is not installed: ", err)
	}
	exe := hub.Exe(t)
	file := filepath.Join(t.TempDir(), "mof.key")
	run(t, exec.Command(exe, "key", "new", "--out", file))
	run(t, exec.Command(exe, "key", "add", "--data", h.Dir, "--unit", "MOF", file+".pub"))
	key := privateKey(t, file)
	id := sha256.Sum256(key.Public().(ed25519.PublicKey))
	keyID := hex.EncodeToString(id[:])[:16]

	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 9))
	good, unsigned, forged, foreign := uscc.Random(rng, "420100", "91"), uscc.Random(rng, "420100", "91"), uscc.Random(rng, "420100", "91"), uscc.Random(rng, "420100", "91")
	const topic = "credit.decision"
	sign := func(code, value string) string {
		return base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(topic+"\n"+code+"\n"+value)))
	}
	value := decision("MOF", good, "L09")
	kcat(t, h, topic, good, value, "unit=MOF", "key="+keyID, "signature="+sign(good, value))
	value = decision("MOF", unsigned, "L09")
	kcat(t, h, topic, unsigned, value)
	value = decision("MOF", forged, "L09")
	kcat(t, h, topic, forged, value, "unit=MOF", "key="+keyID, "signature="+sign(good, value))
	value = decision("MOF", foreign, "L03") // rightly signed, but not MOF's list
	kcat(t, h, topic, foreign, value, "unit=MOF", "key="+keyID, "signature="+sign(foreign, value))

	want := map[string]string{"E12": "4", "E13": "3", "E02": "1", "E06": "1", "E08": "1"}
	for _, bad := range badMessages(uscc.Random(rng, "420100", "91")) {
		kcat(t, h, topic, "bad", bad, "unit=MOF", "key="+keyID, "signature="+sign("bad", bad))
	}
	behind := uscc.Random(rng, "420100", "91")
	value = decision("MOF", behind, "L09")
	kcat(t, h, topic, behind, value, "unit=MOF", "key="+keyID, "signature="+sign(behind, value))

	for _, c := range []struct{ code, want string }{{good, "REJECT"}, {behind, "REJECT"}, {unsigned, "NONE"}, {forged, "NONE"}, {foreign, "NONE"}} {
		obligation(t, ctx, h, c.code, c.want)
	}
	var got map[string]string
	for end := time.Now().Add(20 * time.Second); !maps.Equal(got, want) && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		got = map[string]string{}
		for _, r := range must(probe.Select(ctx, h.Dir, h.ClickHouse, "SELECT code, uniqExact(topic, partition, offset) FROM rejects WHERE batch_id = '' GROUP BY code"))(t) {
			got[r[0]] = r[1]
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("messages of a client of its own rejected with %v, want %v", got, want)
	}
	rows := must(probe.Select(ctx, h.Dir, h.ClickHouse, "SELECT record_id, status FROM records WHERE batch_id = '' AND status = 'ACCEPTED' AND topic = 'credit.decision' ORDER BY record_id"))(t)
	if len(rows) != 2 {
		t.Errorf("accepted from kcat: %v, want two", rows)
	}
	mine := must(drill.AllRejections(ctx, "http://"+h.Ingest.Addr, must(h.Token("agency", "MOF"))(t)))(t)
	if n := len(mine); n < 7 {
		t.Errorf("MOF lists %d rejections of its own, want those of its signed messages", n)
	}
	t.Logf("kcat: two decisions count, %v rejected", got)
}

// badMessages are rightly signed and have one fault each.
func badMessages(code string) []string {
	good := decision("MOF", code, "L09")
	other := "1"
	if code[17] == '1' {
		other = "2"
	}
	return []string{
		good[:40],
		strings.Replace(good, "财采", "\xff\xfe", 1),
		strings.Replace(good, `"kind":"entry"`, `"kind":"rumour"`, 1),
		strings.Replace(good, `"uscc":"`+code, `"uscc":"`+code[:17]+other, 1),
		strings.Replace(good, "L09", "L99", 1),
		strings.Replace(good, `"occurredOn":"2026-03-02"`, `"occurredOn":"2098-03-02"`, 1),
		decision("SAMR", code, "L09"),
	}
}

func decision(unit, code, list string) string {
	return fmt.Sprintf(`{"unit":%q,"domain":"decision","kind":"entry","recordId":"KCAT-%s","version":1,"op":"upsert","uscc":%q,"occurredOn":"2026-03-02",`+
		`"data":{"entryId":"KCAT-%s","list":%q,"event":"IN_FORCE","cause":"1","documentNo":"财采决〔2026〕7号","decidedOn":"2026-03-02","servedOn":"2026-03-04","effectiveFrom":"2026-03-04"}}`,
		unit, code, code, code, list)
}

func kcat(t *testing.T, h *probe.Cluster, topic, key, value string, headers ...string) {
	t.Helper()
	args := []string{"-P", "-b", h.Kafka, "-t", topic, "-k", key, "-X", "acks=all"}
	for _, header := range headers {
		args = append(args, "-H", header)
	}
	cmd := exec.Command("kcat", args...)
	cmd.Stdin = strings.NewReader(value)
	run(t, cmd)
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", cmd.Args, err, out)
	}
}

func privateKey(t *testing.T, file string) ed25519.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(must(os.ReadFile(file))(t))
	if block == nil {
		t.Fatal("the private key is no PEM")
	}
	return must(x509.ParsePKCS8PrivateKey(block.Bytes))(t).(ed25519.PrivateKey)
}

// obligation waits until every node answers it.
func obligation(t *testing.T, ctx context.Context, h *probe.Cluster, code, want string) {
	t.Helper()
	token := must(h.Token("officer", "SAMR"))(t)
	for _, q := range h.Query {
		last := ""
		for end := time.Now().Add(15 * time.Second); last != want; time.Sleep(50 * time.Millisecond) {
			var a struct{ Check struct{ Obligation string } }
			if err := client.At("http://"+q.Addr, token).Query(ctx, `query($u:ID!){check(uscc:$u,matter:"GOVERNMENT_PROCUREMENT"){obligation}}`, map[string]any{"u": code}, &a); err != nil {
				t.Fatal(err)
			}
			if last = a.Check.Obligation; time.Now().After(end) {
				t.Fatalf("%s: %s, want %s", code, last, want)
			}
		}
	}
}
