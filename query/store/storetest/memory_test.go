package storetest_test

import (
	"testing"

	"credithub/query/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, rows storetest.Rows) storetest.Store { return &storetest.Memory{Rows: rows} })
}
