package clickhouse_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/deploy/platform/clickhouse"
)

func TestStreamedColumnsAreRead(t *testing.T) {
	d := open(t)
	body, err := d.Stream(t.Context(), "SELECT toUInt64(number) AS n FROM numbers(100000)")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	var sum, rows uint64
	r := proto.NewReader(body)
	for {
		var n proto.ColUInt64
		var b proto.Block
		err := b.DecodeRawBlock(r, 0, proto.Results{{Name: "n", Data: &n}})
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range n {
			sum += v
		}
		rows += uint64(len(n))
	}
	if rows != 100_000 || sum != 100_000*99_999/2 {
		t.Errorf("%d rows, sum %d", rows, sum)
	}
}

func TestRefusedStreamNamesTheCodeAndNoPassword(t *testing.T) {
	d := open(t)
	_, err := d.Stream(t.Context(), "SELECT no_such_column")
	if code, ok := clickhouse.Code(err); !ok || code != 47 {
		t.Errorf("code %d of %v", code, err)
	}
	if err != nil && strings.Contains(err.Error(), "embedtest") {
		t.Errorf("the error names the password: %v", err)
	}
}
