package view

import (
	"context"

	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/record"
)

// WantEvidence notes that Evidence will be asked.
func (w *Viewer) WantEvidence(k store.RecordKey) { w.versions.want(k) }

// Evidence gives one version of a record that a check rests on. What the record
// says is for Content to show, as far as the caller may see it; that there is such a
// record has been said by the check.
func (w *Viewer) Evidence(ctx context.Context, k store.RecordKey, kind string, o *Occasion) (*Record, error) {
	r, err := w.versions.get(ctx, k)
	if err != nil {
		return nil, err
	}
	if r.USCC == "" { // what the index knows of it
		r = store.Record{USCC: k.USCC, Domain: k.Domain, Kind: kind, Unit: k.Unit, RecordID: k.RecordID, Version: k.Version, Op: record.Upsert, OccurredOn: civil.NoDate}
	}
	out := &Record{Record: r, w: w, raw: r.Data, day: civil.DateOf(w.now), occasion: o}
	if out.raw == nil {
		out.raw = []byte{}
	}
	out.Data = nil
	return out, nil
}

func (w *Viewer) loadVersions(ctx context.Context, keys []store.RecordKey) (map[store.RecordKey]store.Record, error) {
	return w.views.Store.RecordVersions(ctx, &store.RecordVersions{Keys: keys})
}
