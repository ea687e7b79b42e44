package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"credithub/deploy/platform/sleep"
	"credithub/schema/fault"
)

// Stored is the state of a batch all rows of which are settled.
const Stored = "STORED"

// Batch is the answer to a push, and what is told about it later.
type Batch struct {
	BatchID    string    `json:"batchId"`
	Unit       string    `json:"unit"`
	State      string    `json:"state"`
	Accepted   int       `json:"accepted"`
	Rejected   int       `json:"rejected"`
	Stored     int       `json:"stored"`
	Receipt    string    `json:"receipt"`
	Rejections []Finding `json:"rejections"`
	Warnings   []Finding `json:"warnings"`
	Warned     int       `json:"warned"`
	Truncated  bool      `json:"truncated"` // more rows are faulty than are listed
}

// Finding is a fault of a row as the hub answers it.
type Finding struct {
	Line     int        `json:"line"`
	RecordID string     `json:"recordId"`
	Code     fault.Code `json:"code"`
	Field    string     `json:"field"`
	Message  string     `json:"message"`
	Count    int        `json:"count"` // of rows with the same warning, from Line on
	Value    string     `json:"value"`
}

const storedEvery = 30 * time.Millisecond

// WaitStored waits until all rows of a batch are settled.
func (h *Hub) WaitStored(ctx context.Context, id string, limit time.Duration) (b Batch, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	last := errors.New("no answer")
	for {
		now, err := h.Batch(ctx, id)
		switch {
		case err == nil && now.State == Stored:
			return now, nil
		case err == nil:
			b, last = now, fmt.Errorf("%+v", now)
		case ctx.Err() == nil:
			last = err
		}
		if !sleep.For(ctx, storedEvery) {
			return b, fmt.Errorf("batch %s is not stored: %w: %.400s", id, context.Cause(ctx), last.Error())
		}
	}
}
