package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rooms are the layers of the house; each may import those named behind it,
// itself, and nothing else of the module.
var rooms = map[string][]string{
	"schema":          {},
	"deploy/platform": {"schema"},
	"ingest":          {"schema", "deploy/platform"},
	"query":           {"schema", "deploy/platform"},
	"deploy/embedded": {"schema", "deploy/platform"},
	"deploy/gen":      {"schema"},
	"cmd":             {"schema", "deploy/platform", "deploy/embedded", "deploy/gen", "deploy/testing/bench", "ingest", "query"},

	"deploy/testing/golden":    {},
	"deploy/testing/embedtest": {"schema", "deploy/platform", "deploy/embedded"},
	"deploy/testing/probe":     {"schema", "deploy/platform"},
	"deploy/testing/suite":     {"schema", "deploy/platform", "deploy/embedded", "deploy/gen", "deploy/testing/probe"},
	"deploy/testing/bench":     {"schema", "deploy/platform", "deploy/embedded", "deploy/gen", "deploy/testing/probe", "ingest"},
}

const module = "credithub"

func roomOf(importPath string) string {
	rel := strings.TrimPrefix(importPath, module+"/")
	for p := rel; p != "."; p = path.Dir(p) {
		if _, ok := rooms[p]; ok {
			return p
		}
	}
	return ""
}

// lent are packages that every room's tests may import, and no program.
var lent = []string{
	module + "/deploy/testing/embedtest", // a broker and an engine
	module + "/deploy/testing/golden",
}

type pkg struct {
	ImportPath                string
	Imports                   []string
	TestImports, XTestImports []string
}

// all are the imports of its tests too.
func (p *pkg) all() []string { return slices.Concat(p.Imports, p.TestImports, p.XTestImports) }

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", "suite", "-json=ImportPath,Imports,TestImports,XTestImports", module+"/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsPointOneWay(t *testing.T) {
	all := packages(t)
	if len(all) < 20 {
		t.Fatalf("only %d packages listed", len(all))
	}
	for _, p := range all {
		from := roomOf(p.ImportPath)
		if from == "" {
			t.Errorf("%s stands in no room", p.ImportPath)
			continue
		}
		for _, imp := range p.all() {
			if !strings.HasPrefix(imp, module+"/") {
				continue
			}
			to := roomOf(imp)
			if to == from {
				continue
			}
			ok := slices.Contains(lent, imp) && !slices.Contains(p.Imports, imp)
			for _, r := range rooms[from] {
				ok = ok || r == to
			}
			if !ok {
				t.Errorf("%s imports %s: %s may not lean on %s", p.ImportPath, imp, from, to)
			}
		}
	}
}

// floors are the rooms within a room that has many: each may import those named
// behind it, of that room, and whoever stands outside only the room itself.
var floors = map[string]map[string][]string{
	"query/graph": {
		"":         {"response", "check", "document", "fields", "front", "auditlog", "metrics", "plan", "refusal", "request"},
		"front":    {"response", "document", "fields", "auditlog", "metrics", "plan", "refusal", "request"},
		"document": {"response", "metrics", "plan", "refusal"},
		"plan":     {"response", "check", "fields", "metrics", "refusal", "request"},
		"fields":   {"response", "check", "refusal"},
		"check":    {"auditlog", "metrics", "refusal"},
		"refusal":  {"metrics"},
		"auditlog": {"metrics"},
		"request":  {},
		"response": {},
		"metrics":  {},
	},
}

// floorOf gives the floor of a package that stands in a room; ok is false elsewhere.
func floorOf(room, importPath string) (floor string, ok bool) {
	rest, ok := strings.CutPrefix(importPath, module+"/"+room)
	return strings.TrimPrefix(rest, "/"), ok && (rest == "" || rest[0] == '/')
}

func TestFloorsPointOneWay(t *testing.T) {
	all := packages(t)
	for room, may := range floors {
		seen := 0
		for _, p := range all {
			from, inside := floorOf(room, p.ImportPath)
			if inside {
				seen++
				if _, ok := may[from]; !ok {
					t.Errorf("%s: %q is no floor of it", room, from)
				}
			}
			for _, imp := range p.all() {
				switch to, ok := floorOf(room, imp); {
				case !ok || inside && to == from, !inside && to == "":
				case !inside:
					t.Errorf("%s imports %s: from outside only %s is seen", p.ImportPath, imp, room)
				case !slices.Contains(may[from], to):
					t.Errorf("%s imports %s: %q may not lean on %q", p.ImportPath, imp, from, to)
				}
			}
		}
		if seen != len(may) {
			t.Errorf("%s has %d floors, %d are named", room, seen, len(may))
		}
	}
}

// A package whose name ends in "test" helps tests: nothing but tests leans on it.
func TestNoProgramLeansOnWhatIsForTests(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, module+"/") && strings.HasSuffix(imp, "test") && !strings.HasPrefix(p.ImportPath, module+"/deploy/testing/") {
				t.Errorf("%s imports %s, which is for tests", p.ImportPath, imp)
			}
		}
	}
}

func TestSchemaDoesNoIO(t *testing.T) {
	forbidden := map[string]bool{"net": true, "net/http": true, "os": true, "os/exec": true, "database/sql": true, "log/slog": true}
	for _, p := range packages(t) {
		if roomOf(p.ImportPath) != "schema" {
			continue
		}
		for _, imp := range p.Imports {
			if forbidden[imp] {
				t.Errorf("%s imports %s: schema does no I/O", p.ImportPath, imp)
			}
		}
	}
}

// Each package of the contract stands on those that its package comment names before it.
func TestSchemaStandsInTheOrderOfItsComment(t *testing.T) {
	doc, err := os.ReadFile("../../schema/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	const room = module + "/schema/"
	rank := map[string]int{}
	order, _, _ := strings.Cut(string(doc), glossary)
	for line := range strings.Lines(order) {
		if name, ok := strings.CutPrefix(line, "//\t"); ok {
			name, _, _ = strings.Cut(name, " ")
			rank[room+name] = len(rank) + 1
		}
	}
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, room) {
			continue
		}
		if rank[p.ImportPath] == 0 {
			t.Errorf("%s is not named in schema/doc.go", p.ImportPath)
		}
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, room) && rank[imp] >= rank[p.ImportPath] {
				t.Errorf("%s imports %s, which schema/doc.go names behind it", p.ImportPath, imp)
			}
		}
	}
}

// glossary is the heading of the words in schema/doc.go.
const glossary = "// # Words\n"

// Every type that the glossary names stands in a package of that name.
func TestTheGlossaryNamesWhatThereIs(t *testing.T) {
	doc, err := os.ReadFile("../../schema/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, words, ok := strings.Cut(string(doc), glossary)
	named := regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)`).FindAllStringSubmatch(words, -1)
	if !ok || len(named) == 0 {
		t.Fatal("schema/doc.go has no glossary")
	}
	source := map[string]string{} // of all packages of a name
	for _, p := range packages(t) {
		files, err := filepath.Glob("../../" + strings.TrimPrefix(p.ImportPath, module+"/") + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source[path.Base(p.ImportPath)] += string(raw)
		}
	}
	for _, n := range named {
		if !regexp.MustCompile(`(?m)^type ` + n[2] + `\b`).MatchString(source[n[1]]) {
			t.Errorf("the glossary names %s, which is no type", n[0])
		}
	}
}

func TestTopLevelIsFixed(t *testing.T) {
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{"cmd": true, "schema": true, "ingest": true, "query": true, "deploy": true,
		"go.mod": true, "go.sum": true, "README.md": true, "LICENSE": true,
		"credithub": true} // the built binary, ignored by git
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !allowed[e.Name()] {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}
