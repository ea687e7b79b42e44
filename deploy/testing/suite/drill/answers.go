//go:build suite

package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"credithub/deploy/gen"
	"credithub/deploy/platform/client"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// AllRejections pages through the rejected rows of the unit of a token.
func AllRejections(ctx context.Context, gateway, token string) ([]client.Finding, error) {
	var all []client.Finding
	for after := ""; ; {
		r, err := client.At(gateway, token).Do(ctx, http.MethodGet, "/v1/rejections?after="+url.QueryEscape(after), "", nil)
		if err != nil {
			return nil, err
		}
		var page struct {
			Rejections []client.Finding
			Next       string
		}
		if err := json.Unmarshal(r.Body, &page); err != nil || r.Status != http.StatusOK {
			return nil, fmt.Errorf("rejections: status %d: %.300s", r.Status, r.Body)
		}
		all = append(all, page.Rejections...)
		if after = page.Next; after == "" {
			return all, nil
		}
	}
}

// nodes are the URLs of the query nodes.
func (w *World) nodes() []string {
	var all []string
	for _, q := range w.Hub.Query {
		all = append(all, "http://"+q.Addr)
	}
	return all
}

// onNodes asks every node and joins what is wrong.
func (w *World) onNodes(role string, f func(node, token string) error) error {
	token, err := w.Hub.Token(role, "SAMR")
	if err != nil {
		return err
	}
	var errs []error
	for i, node := range w.nodes() {
		if err := f(node, token); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", w.Hub.Query[i].Name, err))
		}
	}
	return errors.Join(errs...)
}

// sources: accepted rows of each unit and domain.
func (w *World) sources(ctx context.Context) error {
	return w.onNodes("admin", func(node, token string) error {
		var a struct {
			Sources []struct {
				Unit     struct{ Code string }
				Domain   string
				Accepted int
				Fresh    bool
			}
		}
		if err := client.At(node, token).Query(ctx, `{sources{unit{code} domain accepted fresh}}`, nil, &a); err != nil {
			return err
		}
		var errs []error
		seen := map[string]int{}
		for _, s := range a.Sources {
			seen[s.Unit.Code+"/"+s.Domain] = s.Accepted
			want := w.Load.Truth.Accepted[s.Unit.Code][s.Domain]
			if s.Accepted != want || want > 0 && !s.Fresh {
				errs = append(errs, fmt.Errorf("%s/%s: accepted %d, want %d, fresh %t", s.Unit.Code, s.Domain, s.Accepted, want, s.Fresh))
			}
		}
		for unit, domains := range w.Load.Truth.Accepted {
			for domain, want := range domains {
				if seen[unit+"/"+domain] != want {
					errs = append(errs, fmt.Errorf("%s/%s: accepted %d, want %d", unit, domain, seen[unit+"/"+domain], want))
				}
			}
		}
		return errors.Join(errs...)
	})
}

// entries: how many stand in each state.
func (w *World) entries(ctx context.Context) error {
	return w.onNodes("admin", func(node, token string) error {
		var errs []error
		for _, state := range []string{"PRE_NOTICE", "DECIDED", "SERVED", "IN_FORCE", "SUSPENDED", "EXITED"} {
			var a struct{ ListEntries struct{ TotalCount int } }
			err := client.At(node, token).Query(ctx, `query($s:EntryState){listEntries(state:$s,first:1){totalCount}}`, map[string]any{"s": state}, &a)
			errs = append(errs, err, same("entries "+state, w.Load.Truth.EntriesIn[state], a.ListEntries.TotalCount))
		}
		return errors.Join(errs...)
	})
}

// without picks codes of entities that have no entries.
func (w *World) without(n int) []string {
	rng := rand.New(rand.NewPCG(w.Load.Truth.Seed, 0x77))
	var out []string
	for _, i := range rng.Perm(len(w.Load.Truth.Codes)) {
		if c := w.Load.Truth.Codes[i]; w.Load.Truth.Subjects[c] == nil && len(out) < n {
			out = append(out, c)
		}
	}
	return out
}

// heartbeats lets every unit say that it has nothing new, so that all sources are
// fresh, and waits until every node has heard them.
func (w *World) heartbeats(ctx context.Context) error {
	law, err := policy.Load()
	if err != nil {
		return err
	}
	var receipts []string
	for _, u := range law.Units {
		if len(u.Domains) == 0 {
			continue
		}
		token, err := w.Hub.Token("agency", u.Code)
		if err != nil {
			return err
		}
		for _, d := range record.Domains() {
			if !law.MayPush(u.Code, d) {
				continue
			}
			p, err := client.At("http://"+w.Hub.Ingest.Addr, token).Push(ctx, "?domain="+d.String(), "application/x-ndjson", nil)
			if err != nil {
				return fmt.Errorf("heartbeat of %s in %s: %w", u.Code, d, err)
			}
			receipts = append(receipts, p.Receipt)
		}
	}
	return w.onNodes("officer", func(node, token string) error {
		for _, after := range receipts {
			var a struct{ Check struct{ Outcome string } }
			err := client.At(node, token).Query(ctx, `query($u:ID!,$a:String){check(uscc:$u,matter:"TENDER",after:$a){outcome}}`, map[string]any{"u": w.Load.Truth.Codes[0], "a": after}, &a)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// obligations: every subject with entries, and 500 without, at every matter. All
// are registered and all sources fresh, so that what is no hit is clear.
func (w *World) obligations(ctx context.Context) error {
	if err := w.heartbeats(ctx); err != nil {
		return err
	}
	codes := append(slices.Sorted(maps.Keys(w.Load.Truth.Subjects)), w.without(500)...)
	return w.onNodes("officer", func(node, token string) error {
		var wrong []string
		for _, matter := range gen.Matters() {
			for part := range slices.Chunk(codes, 500) {
				var a struct {
					Checks []struct{ Outcome, Obligation, USCC string }
				}
				err := client.At(node, token).Query(ctx, `query($u:[ID!]!,$m:ID!){checks(usccs:$u,matter:$m){outcome obligation uscc}}`, map[string]any{"u": part, "m": matter}, &a)
				if err != nil {
					return fmt.Errorf("%s: %w", matter, err)
				}
				if len(a.Checks) != len(part) {
					return fmt.Errorf("%s: %d answers to %d codes", matter, len(a.Checks), len(part))
				}
				for i, c := range a.Checks {
					want, outcome := w.obligation(part[i], matter), "CLEAR"
					if want != "NONE" {
						outcome = "HIT"
					}
					if c.USCC != part[i] || c.Obligation != want || c.Outcome != outcome {
						wrong = append(wrong, fmt.Sprintf("%s at %s: %s %s, want %s %s", part[i], matter, c.Outcome, c.Obligation, outcome, want))
					}
				}
			}
		}
		return some("wrong obligations", wrong)
	})
}

// shown is what a query shows of one entity.
type shown struct {
	Name, Domicile        string
	Blacklisted, Abnormal bool
	Entries               []struct{ ID, State, DocumentNo string }
}

// shownAt asks a node about entities, many in one query.
func shownAt(ctx context.Context, node, token string, codes []string) (map[string]*shown, error) {
	const together = 20
	var mu sync.Mutex
	all := map[string]*shown{}
	var parts []string
	for part := range slices.Chunk(codes, together) {
		parts = append(parts, strings.Join(part, ","))
	}
	err := parallel(parts, 4, func(part string) error {
		var q strings.Builder
		asked := strings.Split(part, ",")
		for i, c := range asked {
			fmt.Fprintf(&q, "e%d:entity(uscc:%q){name domicile blacklisted abnormal entries{id state documentNo}}", i, c)
		}
		a := map[string]*shown{}
		if err := client.At(node, token).Query(ctx, "{"+q.String()+"}", nil, &a); err != nil {
			return fmt.Errorf("entities %s: %w", part, err)
		}
		mu.Lock()
		defer mu.Unlock()
		for i, c := range asked {
			all[c] = a[fmt.Sprintf("e%d", i)]
		}
		return nil
	})
	return all, err
}

// subjects: blacklisted and abnormal, derived when asked, and the entries.
func (w *World) subjects(ctx context.Context) error {
	codes := append(slices.Sorted(maps.Keys(w.Load.Truth.Subjects)), w.without(100)...)
	return w.onNodes("admin", func(node, token string) error {
		all, err := shownAt(ctx, node, token, codes)
		if err != nil {
			return err
		}
		var wrong []string
		blacklisted, abnormal := 0, 0
		for _, c := range codes {
			e, want := all[c], w.Load.Truth.Subjects[c]
			if e == nil {
				wrong = append(wrong, c+" is unknown")
				continue
			}
			if want == nil {
				want = &gen.SubjectTruth{}
			}
			if e.Blacklisted {
				blacklisted++
			}
			if e.Abnormal {
				abnormal++
			}
			states := map[string]string{}
			for _, x := range e.Entries {
				states[x.ID] = x.State + " " + x.DocumentNo
			}
			for _, x := range want.Entries {
				if states[x.ID] != x.State+" "+x.DocumentNo {
					wrong = append(wrong, fmt.Sprintf("%s: %q, want %s %s", x.ID, states[x.ID], x.State, x.DocumentNo))
				}
			}
			if len(states) != len(want.Entries) || e.Blacklisted != want.Blacklisted || e.Abnormal != want.Abnormal {
				wrong = append(wrong, fmt.Sprintf("%s: %+v, want %+v", c, *e, *want))
			}
		}
		return errors.Join(some("wrong subjects", wrong), same("blacklisted", w.Load.Truth.Blacklisted, blacklisted), same("abnormal", w.Load.Truth.Abnormal, abnormal))
	})
}

// contents: the version that was pushed last is the one that is shown.
func (w *World) contents(ctx context.Context) error {
	last := map[string][]byte{}
	for i := range w.Load.Units["SAMR"] {
		if it := &w.Load.Units["SAMR"][i]; it.Want == "" && it.Entry == "" {
			last[it.RecordID] = it.Line
		}
	}
	codes := w.without(500)
	return w.onNodes("officer", func(node, token string) error {
		all, err := shownAt(ctx, node, token, codes)
		if err != nil {
			return err
		}
		var wrong []string
		for _, c := range codes {
			name, domicile := field(last["R-"+c], "name"), field(last["R-"+c], "domicile")
			if e := all[c]; e == nil || e.Name != name || e.Domicile != domicile {
				wrong = append(wrong, fmt.Sprintf("%s: %+v, want %s %s", c, e, name, domicile))
			}
		}
		return some("wrong contents", wrong)
	})
}

// parallel runs f on all values, some at once, and gives the first error.
func parallel(all []string, workers int, f func(string) error) error {
	var mu sync.Mutex
	var first error
	var wg sync.WaitGroup
	next := make(chan string)
	for range workers {
		wg.Go(func() {
			for c := range next {
				if err := f(c); err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
				}
			}
		})
	}
	for _, c := range all {
		next <- c
	}
	close(next)
	wg.Wait()
	return first
}

// obligation is the truth about a code at a matter.
func (w *World) obligation(code, matter string) string {
	return w.Load.Truth.Obligation(code, matter)
}
