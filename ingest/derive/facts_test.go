package derive

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"credithub/schema/civil"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// stated is a version of a record in series or of one that stands alone.
type stated struct {
	id, version, subject, group, place int
	fact, retract                      bool
}

func (s *stated) reading(p *policy.Policy) (r policy.Reading) {
	if s.retract {
		return r
	}
	if s.group > 0 {
		r.Series, r.Group, r.Place = true, uint32(s.group), int32(s.place)
	}
	if s.fact {
		r.Found = []policy.Found{{Fact: p.Facts[0], Since: civil.NoDate, Until: civil.NoDate}}
	}
	return r
}

// factsTold folds news as readers do.
type factsTold map[string]string

func (t factsTold) take(n *FactNews) {
	for _, s := range n.All() {
		for _, r := range s.Records {
			key := fmt.Sprintf("%s %s/%s", s.USCC, r.Unit, r.RecordID)
			if delete(t, key); len(r.Facts) > 0 {
				t[key] = fmt.Sprintf("@%d %d %d", r.Version, r.Group, r.Place)
			}
		}
		for _, l := range s.Latest {
			key := fmt.Sprintf("%s group %d", s.USCC, l.Group)
			if delete(t, key); !l.Gone {
				t[key] = fmt.Sprint(l.Place)
			}
		}
	}
}

// Whatever the order of versions, the subjects that they move between and how they
// are joined, what was told in the end is what the current versions say; and a
// restart on the way changes nothing.
func TestFactsAreThoseOfTheCurrentVersions(t *testing.T) {
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	codes := []string{"", "91420100MA4N0A2B5Y", "91420100MA0000007L", "91350211M0000XUF46"} // none, two that pack and one that doesn't
	rapid.Check(t, func(t *rapid.T) {
		draw := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, what) }
		seen := map[[2]int]stated{}
		var all []stated
		for range 1 + draw(40, "versions") {
			s := stated{id: draw(6, "id"), version: 1 + draw(4, "version"), subject: draw(len(codes), "subject"), group: draw(3, "group"),
				place: draw(4, "place"), fact: draw(2, "fact") == 1, retract: draw(6, "retract") == 0}
			if old, known := seen[[2]int{s.id, s.version}]; known {
				s = old // again
			}
			seen[[2]int{s.id, s.version}] = s
			all = append(all, s)
		}
		reader := factsTold{}
		var x *Facts
		var index *Index
		var ids Identifier
		var c *Codes
		start := func() { c, index = NewCodes(), &Index{}; x = NewFacts(record.Tax, c) }
		apply := func(s *stated, news *FactNews) {
			op := record.Upsert
			if s.retract {
				op = record.Retract
			}
			name := fmt.Sprint("r", s.id)
			id := ids.ID("TAX", []byte(name))
			h := Held{Version: uint32(s.version), Hash: uint32(s.version), Subject: c.Subject([]byte(codes[s.subject]))}
			v := index.Judge(id, h)
			if v.Status == stored.Accepted {
				index.Accept(id, h)
			}
			r := s.reading(p)
			x.Apply(v, id, h, op, "TAX", []byte(name), &r, news)
		}
		start()
		joined := &FactNews{}
		for i := range all {
			var own FactNews
			apply(&all[i], &own)
			joined.Merge(&own)
			if draw(3, "tell") == 0 || i+1 == len(all) {
				reader.take(joined)
				joined = &FactNews{}
			} else if draw(12, "restart") == 0 {
				reader.take(joined)
				joined = &FactNews{}
				start()
				before := slices.Clone(all[:i+1])
				for _, n := range rapid.Permutation(before).Draw(t, "stored") {
					apply(&n, nil)
				}
			}
		}
		want := factsTold{}
		latest, facts := map[string]int{}, map[string]bool{}
		current := map[int]stated{}
		for _, s := range seen {
			if s.version > current[s.id].version {
				current[s.id] = s
			}
		}
		for _, s := range current {
			code := codes[s.subject]
			if s.retract || code == "" {
				continue
			}
			place := 0
			if s.group > 0 {
				place = s.place
				key := fmt.Sprintf("%s group %d", code, s.group)
				if at, ok := latest[key]; !ok || place > at {
					latest[key] = place
				}
				facts[key] = facts[key] || s.fact
			}
			if s.fact {
				want[fmt.Sprintf("%s TAX/r%d", code, s.id)] = fmt.Sprintf("@%d %d %d", s.version, s.group, place)
			}
		}
		for key, place := range latest {
			if facts[key] {
				want[key] = fmt.Sprint(place)
			}
		}
		if !maps.Equal(reader, want) {
			t.Fatalf("told %v, want %v", reader, want)
		}
	})
}
