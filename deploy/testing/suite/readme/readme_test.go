//go:build suite

// Package readme runs the examples of README.md as a reader would paste them, in
// one shell and in order, against a hub that has just been started.
package readme

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
)

// example is a shell block behind a mark <!-- example --> or <!-- example exit N -->.
type example struct {
	line int
	exit string
	code string
}

var mark = regexp.MustCompile(`^<!-- example(?: exit (\d+))? -->$`)

// examples finds the marked blocks.
func examples(readme string) ([]example, error) {
	var all []example
	lines := strings.Split(readme, "\n")
	for i := 0; i < len(lines); i++ {
		m := mark.FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		e := example{line: i + 1, exit: m[1]}
		if e.exit == "" {
			e.exit = "0"
		}
		if i++; i >= len(lines) || lines[i] != "```sh" {
			return nil, fmt.Errorf("line %d: no shell block behind the mark", e.line)
		}
		for i++; i < len(lines) && lines[i] != "```"; i++ {
			e.code += lines[i] + "\n"
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: the block has no end", e.line)
		}
		all = append(all, e)
	}
	return all, nil
}

// said are words that the outputs of the examples must hold, in this order.
var said = []string{
	`"accepted":1`, `"rejected":1`, `"code":"E02"`, `"field":"uscc"`, // the registration and its faulty neighbour
	`"accepted":1`, `"rejected":0`, // the decision
	"PRO-01",                                                                   // check: measure
	`"outcome":"HIT"`, `"obligation":"REJECT"`, `"documentNo":"示例财采决〔2026〕1号"`, // GraphQL
	"武汉示例科技有限公司", // the public's view
}

func TestExamplesRunAsTheyStand(t *testing.T) {
	root := hub.Root(t)
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := string(b)
	for _, command := range []string{"go run ./cmd/credithub up --demo", "go test ./..."} {
		if !strings.Contains(readme, "```sh\n"+command+"\n```") {
			t.Errorf("README.md does not name the command %q in a block of its own", command)
		}
	}
	all, err := examples(readme)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 6 {
		t.Fatalf("%d examples, want those of push, check, the public and files at least", len(all))
	}
	listen := "127.0.0.1:8080" // the address that README.md names
	if l, err := net.Listen("tcp", listen); err == nil {
		l.Close()
	} else if listen, err = probe.FreeAddr(); err != nil {
		t.Fatal(err)
	}
	h := hub.StartAt(t, listen)
	script := "set -u\n"
	for _, e := range all {
		code := strings.ReplaceAll(e.code, "127.0.0.1:8080", listen)
		script += fmt.Sprintf("echo '### README.md line %d'\n%s__s=$?\nif [ $__s -ne %s ]; then echo \"line %d: exit $__s, want %s\"; exit 99; fi\n", e.line, code, e.exit, e.line, e.exit)
	}
	cmd := exec.Command("bash", "-s")
	cmd.Dir = checkout(t, root)
	cmd.Stdin = strings.NewReader(script)
	cmd.Env = append(os.Environ(), "CREDITHUB_DATA="+h.Dir)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	t.Logf("%d examples in %s:\n%s", len(all), time.Since(began).Round(time.Millisecond), out)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(out)
	for _, words := range said {
		i := strings.Index(rest, words)
		if i < 0 {
			t.Fatalf("the outputs lack %s, or it stands too early", words)
		}
		rest = rest[i:]
	}
	if public := string(out)[strings.LastIndex(string(out), `{"data":{"entity"`):]; strings.Contains(strings.SplitN(public, "\n", 2)[0], "errors") {
		t.Errorf("the public's example answers an error: %s", public)
	}
}

// checkout is a directory that looks like the project's, so that the program
// which the examples build does not stay in it.
func checkout(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "credithub" || e.Name() == ".git" {
			continue
		}
		if err := os.Symlink(filepath.Join(root, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMarksAreRead(t *testing.T) {
	f := func(text string, want ...example) {
		t.Helper()
		got, err := examples(text)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v %v, want %v", got, err, want)
		}
	}
	f("text\n```sh\nnot marked\n```")
	f("<!-- example -->\n```sh\na\nb\n```", example{1, "0", "a\nb\n"})
	f("x\n<!-- example exit 3 -->\n```sh\na\n```\n", example{2, "3", "a\n"})
	for _, bad := range []string{"<!-- example -->\ntext", "<!-- example -->", "<!-- example -->\n```sh\na"} {
		if _, err := examples(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
