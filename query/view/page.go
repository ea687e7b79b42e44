package view

import (
	"context"
	"encoding/base64"
	"strings"

	"credithub/schema/fault"
)

// Page is one page of a list, in the shape of a Relay connection.
type Page[T any] struct {
	Items       []T
	Cursors     []string
	HasNext     bool
	HasPrevious bool
	Total       func(context.Context) (int, error) // counted only when asked
}

// Limits of a page.
const (
	MinFirst = 1
	MaxFirst = 100
)

// CheckFirst refuses page sizes outside 1 to 100.
func CheckFirst(first int) error {
	if first < MinFirst || first > MaxFirst {
		return fault.New(fault.BadInput, "first: %d is not between %d and %d", first, MinFirst, MaxFirst)
	}
	return nil
}

// cursor names a place behind which a page goes on: a kind of list and the keys
// of its order.
func cursor(kind string, keys ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + "\x00" + strings.Join(keys, "\x00")))
}

const maxCursor = 4096

// parseCursor reads what cursor wrote for that kind with n keys; an empty cursor
// gives nil.
func parseCursor(s, kind string, n int) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	bad := fault.New(fault.BadInput, "after: not a cursor of this list")
	if len(s) > maxCursor {
		return nil, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, bad
	}
	parts := strings.Split(string(b), "\x00")
	if len(parts) != n+1 || parts[0] != kind {
		return nil, bad
	}
	return parts[1:], nil
}
