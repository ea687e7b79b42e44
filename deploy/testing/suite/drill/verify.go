//go:build suite

package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/testing/probe"
)

// World is a hub with everything pushed, and what it must answer.
type World struct {
	Load    *Load
	Pushed  *Pushers
	Hub     *probe.Cluster
	Log     func(format string, a ...any)
	Settled time.Duration // longest wait until every batch is stored
}

// Verify compares all that can be compared and joins what differs.
func (w *World) Verify(ctx context.Context) error {
	if err := w.settle(ctx); err != nil {
		return err
	}
	var errs []error
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"rows", w.rows}, {"positions", w.positions}, {"sums", w.sums}, {"rejections", w.rejections}, {"own rejections", w.ownRejections},
		{"sources", w.sources}, {"entries", w.entries}, {"obligations", w.obligations}, {"subjects", w.subjects}, {"contents", w.contents},
	} {
		began := time.Now()
		err := step.do(ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", step.name, err))
		}
		w.Log("verified %s in %s: %v", step.name, time.Since(began).Round(time.Millisecond), err == nil)
	}
	return errors.Join(errs...)
}

// settle waits until every acknowledged batch is stored, and no row arrives any
// more.
func (w *World) settle(ctx context.Context) error {
	began := time.Now()
	if err := w.Hub.WaitReady(ctx, time.Minute); err != nil {
		return err
	}
	gateway := "http://" + w.Hub.Ingest.Addr
	batches := w.Pushed.Batches()
	accepted := 0
	for _, id := range slices.Sorted(maps.Keys(batches)) {
		token, err := w.Hub.Token("agency", batches[id])
		if err != nil {
			return err
		}
		b, err := client.At(gateway, token).WaitStored(ctx, id, max(time.Second, w.Settled-time.Since(began)))
		if err != nil {
			return err
		}
		if b.Stored != b.Accepted {
			return fmt.Errorf("batch %s is STORED with %d of %d accepted rows", id, b.Stored, b.Accepted)
		}
		accepted += b.Accepted
	}
	for last := ""; ; time.Sleep(time.Second) {
		n, err := w.one(ctx, "SELECT count() FROM records")
		if err != nil {
			return err
		}
		if n == last {
			break
		}
		last = n
	}
	w.Log("%d batches with %d accepted rows (repeated ones counted) are stored, %s after the last push", len(batches), accepted, time.Since(began).Round(time.Millisecond))
	return nil
}

func (w *World) query(ctx context.Context, sql string) ([][]string, error) {
	return probe.Select(ctx, w.Hub.Dir, w.Hub.ClickHouse, sql)
}

func (w *World) one(ctx context.Context, sql string) (string, error) {
	rows, err := w.query(ctx, sql)
	if err != nil {
		return "", err
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		return "", fmt.Errorf("%d rows, want one value: %s", len(rows), sql)
	}
	return rows[0][0], nil
}

// rows: every version of every record once, and nothing else.
func (w *World) rows(ctx context.Context) error {
	want := w.Load.accepted()
	got, err := w.query(ctx, "SELECT unit, domain, record_id, version FROM records WHERE status = 'ACCEPTED'")
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(got))
	var twice, extra []string
	for _, r := range got {
		key := identity(r[0], r[1], r[2], r[3])
		switch {
		case seen[key]:
			twice = append(twice, key)
		case !want[key]:
			extra = append(extra, key)
		}
		seen[key] = true
	}
	var missing []string
	for key := range want {
		if !seen[key] {
			missing = append(missing, key)
		}
	}
	w.Log("%d versions of records must stand, %d do", len(want), len(got))
	return errors.Join(some("missing", missing), some("counted twice", twice), some("never pushed", extra))
}

func some(what string, all []string) error {
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	return fmt.Errorf("%d %s: %s", len(all), what, strings.Join(all[:min(5, len(all))], " "))
}

// positions: no message of the log has two rows, and none is left out.
func (w *World) positions(ctx context.Context) error {
	got, err := w.query(ctx, "SELECT topic, partition, count(), uniqExact(offset), max(offset) - min(offset) + 1 FROM records"+
		" WHERE status != 'MOVED' GROUP BY topic, partition ORDER BY topic, partition")
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range got {
		if r[2] != r[3] {
			errs = append(errs, fmt.Errorf("%s/%s: %s rows at %s offsets", r[0], r[1], r[2], r[3]))
		}
		if r[3] != r[4] {
			w.Log("%s/%s: %s offsets of a range of %s", r[0], r[1], r[3], r[4]) // control records leave gaps
		}
	}
	statuses, err := w.query(ctx, "SELECT status, count() FROM records GROUP BY status ORDER BY status")
	w.Log("rows by status: %v", statuses)
	return errors.Join(append(errs, err)...)
}

// sums: amounts over current versions.
func (w *World) sums(ctx context.Context) error {
	current := func(value, domain, kind string) string {
		return "SELECT sum(v) FROM (SELECT argMax(" + value + ", version) AS v, argMax(op, version) AS o FROM records WHERE status = 'ACCEPTED' AND domain = '" +
			domain + "' AND kind = '" + kind + "' GROUP BY unit, record_id) WHERE o = 'upsert'"
	}
	cents, err := w.one(ctx, current("toInt64(round(toFloat64(replaceAll(JSONExtractRaw(data, 'amount'), '\"', '')) * 100))", "tax", "arrears"))
	if err != nil {
		return err
	}
	insured, err := w.one(ctx, current("toInt64(replaceAll(JSONExtractRaw(data, 'insuredCount'), '\"', ''))", "social_security", "insurance"))
	if err != nil {
		return err
	}
	w.Log("arrears %s fen, insured %s", cents, insured)
	return errors.Join(
		same("arrears in fen", strconv.FormatInt(w.Load.Truth.ArrearsCents, 10), cents),
		same("insured", strconv.FormatInt(w.Load.Truth.Insured, 10), insured))
}

func same[T comparable](what string, want, got T) error {
	if want != got {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

// rejections: each faulty row has its code, as often as it was pushed.
func (w *World) rejections(ctx context.Context) error {
	got, err := w.query(ctx, "SELECT unit, code, uniqExact(record_id) FROM rejects GROUP BY unit, code")
	if err != nil {
		return err
	}
	found := map[string]map[string]int{}
	for _, r := range got {
		if found[r[0]] == nil {
			found[r[0]] = map[string]int{}
		}
		found[r[0]][r[1]], _ = strconv.Atoi(r[2])
	}
	var errs []error
	for unit, want := range w.Load.rejected() {
		if !maps.Equal(want, found[unit]) && len(want)+len(found[unit]) > 0 {
			errs = append(errs, fmt.Errorf("%s: got %v, want %v", unit, found[unit], want))
		}
	}
	return errors.Join(errs...)
}

// ownRejections: a unit lists its own rejected rows, all of them.
func (w *World) ownRejections(ctx context.Context) error {
	const unit = "TAX"
	token, err := w.Hub.Token("agency", unit)
	if err != nil {
		return err
	}
	got, err := AllRejections(ctx, "http://"+w.Hub.Ingest.Addr, token)
	if err != nil {
		return err
	}
	seen, found := map[string]bool{}, map[string]int{}
	for _, r := range got {
		if key := r.RecordID + "/" + string(r.Code); !seen[key] {
			seen[key] = true
			found[string(r.Code)]++
		}
	}
	if want := w.Load.rejected()[unit]; !maps.Equal(want, found) {
		return fmt.Errorf("%s lists %v, want %v", unit, found, want)
	}
	return nil
}
