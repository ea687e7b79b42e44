// Package bench measures the hub from outside, each figure beside the limit of
// the same run: the machine's noise then falls on both, and the ratio counts.
// It starts the real parts as child processes on empty data directories and
// talks to them as their users do.
package bench

import (
	"encoding/json"
	"io"
	"sort"
	"time"
)

// Result is one JSON line.
type Result struct {
	Bench  string         `json:"bench"`
	Figure float64        `json:"figure"`
	Unit   string         `json:"unit"`
	Limit  float64        `json:"limit"`
	Ratio  float64        `json:"ratio"`
	More   map[string]any `json:"more,omitempty"`
}

// Print writes the result as one line.
func (r Result) Print(w io.Writer) error {
	if r.Limit != 0 {
		r.Ratio = r.Figure / r.Limit
	}
	return json.NewEncoder(w).Encode(r)
}

// percentile of sorted or unsorted samples; it sorts in place.
func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sort.Slice(d, func(i, j int) bool { return d[i] < d[j] })
	return d[min(len(d)-1, int(float64(len(d))*p))]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
