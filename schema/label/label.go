// Package label names coded values in Chinese and English: what "2" means as a
// status of registration, or REPAIRED as an exit. It promises that every code the
// hub knows has both names. It decides nothing and does no I/O.
package label

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"
)

// Name is a value's name in Chinese and English.
type Name struct{ Zh, En string }

// Group is the values of one code list.
type Group struct{ names map[string]Name }

// Of is the name of a code; ok is false for one that the group doesn't know.
func (g *Group) Of(code string) (n Name, ok bool) {
	n, ok = g.names[code]
	return n, ok
}

// Groups of codes.
var (
	Status      = group("status")      // 登记状态
	Event       = group("event")       // 名单事件
	State       = group("state")       // 名单记录状态
	ExitType    = group("exitType")    // 移出方式
	MeasureKind = group("measureKind") // 措施类别
	RecordKind  = group("recordKind")  // 记录种类, by domain/kind
)

//go:embed labels.yaml
var labelsYAML []byte

var groups = func() map[string]map[string][]string {
	var all map[string]map[string][]string
	if err := yaml.UnmarshalWithOptions(labelsYAML, &all, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("label: built-in table: %v", err)) // a test reads it
	}
	return all
}()

func group(name string) *Group {
	g := &Group{names: map[string]Name{}}
	for code, n := range groups[name] {
		if len(n) != 2 || n[0] == "" || n[1] == "" {
			panic(fmt.Sprintf("label: %s %s wants two names", name, code))
		}
		g.names[code] = Name{Zh: n[0], En: n[1]}
	}
	return g
}
