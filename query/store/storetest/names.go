package storetest

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"credithub/query/store"
)

// Names reads the codes whose names match, each under the first of them.
func (m *Memory) Names(ctx context.Context, q *store.Names) ([]store.Candidate, error) {
	if err := m.reading(ctx, "names"); err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(m.matching(q.Text, q.Match), func(c store.Candidate) bool {
		return cmp.Or(strings.Compare(c.Name, q.AfterName), strings.Compare(c.USCC, q.AfterUSCC)) <= 0
	})
	return out[:min(len(out), q.Limit)], nil
}

// CountNames reads how many codes match.
func (m *Memory) CountNames(ctx context.Context, q *store.CountNames) (int, error) {
	if err := m.reading(ctx, "count names"); err != nil {
		return 0, err
	}
	return len(m.matching(q.Text, q.Match)), nil
}

// matching are the codes with a name that matches, in the order of pages.
func (m *Memory) matching(text string, match store.NameMatch) []store.Candidate {
	matches := strings.HasPrefix
	if match == store.Contains {
		matches = strings.Contains
	}
	first := map[string]string{}
	for _, n := range m.Rows.Names {
		if best, met := first[n.USCC]; matches(n.Name, text) && (!met || n.Name < best) {
			first[n.USCC] = n.Name
		}
	}
	var out []store.Candidate
	for code, name := range first {
		out = append(out, store.Candidate{Name: name, USCC: code})
	}
	slices.SortFunc(out, func(a, b store.Candidate) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.USCC, b.USCC))
	})
	return out
}
