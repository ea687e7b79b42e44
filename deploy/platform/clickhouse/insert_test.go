package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"pgregory.net/rapid"
)

// columns makes n rows of every kind of column that the hub has.
func columns(n int) proto.Input {
	var (
		text  proto.ColStr
		str   proto.ColStr
		u64   proto.ColUInt64
		date  proto.ColDate32
		at    = new(proto.ColDateTime64).WithPrecision(proto.PrecisionMilli).WithLocation(time.UTC)
		flag  proto.ColBool
		lowc  = new(proto.ColStr).LowCardinality()
		enum8 = &proto.ColEnum{}
	)
	_ = enum8.Infer("Enum8('upsert'=1, 'retract'=2)")
	for i := range n {
		text.Append(strings.Repeat("企", i%70))
		str.Append(fmt.Sprint("v", i))
		u64.Append(uint64(i) << 40)
		date.Append(time.Date(1900, 1, 1+i%40, 0, 0, 0, 0, time.UTC))
		at.Append(time.UnixMilli(1772400000000 + int64(i)).UTC())
		flag.Append(i%3 == 0)
		lowc.Append(fmt.Sprint("unit", i%5))
		enum8.Append([]string{"upsert", "retract"}[i%2])
	}
	return proto.Input{{Name: "text", Data: &text}, {Name: "str", Data: &str}, {Name: "u64", Data: &u64}, {Name: "d", Data: &date},
		{Name: "at", Data: at}, {Name: "flag", Data: &flag}, {Name: "low", Data: lowc}, {Name: "op", Data: enum8}}
}

func db(t testing.TB, base string, mend ...func(*Config)) *DB {
	t.Helper()
	cfg := Config{URL: base}
	for _, f := range mend {
		f(&cfg)
	}
	d, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func server(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u, _ := url.Parse(s.URL)
	u.User = url.UserPassword("hub", "secret/word")
	u.Path = "/credithub"
	return u.String()
}

func TestTheBlockIsWhatChGoWouldEncode(t *testing.T) {
	var got []byte
	var req *http.Request
	at := server(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		req = r
	})
	d := db(t, at)
	rapid.Check(t, func(t *rapid.T) {
		in := columns(rapid.IntRange(1, 300).Draw(t, "rows"))
		if err := d.Insert(context.Background(), "records", in, InsertOptions{Token: "batch-1.0", QueryID: "q1"}); err != nil {
			t.Fatal(err)
		}
		var want proto.Buffer
		if err := (proto.Block{Columns: len(in), Rows: in[0].Data.Rows()}).EncodeRawBlock(&want, nativeRevision, in); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Buf) {
			t.Fatalf("%d bytes differ from %d", len(got), len(want.Buf))
		}
	})
	q := req.URL.Query()
	if q.Get("query") != "INSERT INTO records (text,str,u64,d,at,flag,low,op) FORMAT Native" || q.Get("database") != "credithub" ||
		q.Get("insert_deduplication_token") != "batch-1.0" || q.Get("query_id") != "q1" || q.Get("async_insert") != "0" {
		t.Errorf("asked %v", q)
	}
	if req.Header.Get("X-ClickHouse-User") != "hub" || req.Header.Get("X-ClickHouse-Key") != "secret/word" {
		t.Error("not signed in")
	}
}

func TestTheBlockDecodes(t *testing.T) {
	in := columns(100)
	b := &block{in: in, rows: 100, buf: &proto.Buffer{}}
	if _, err := prepare(in); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(b) // the way of readers that don't know WriteTo
	if err != nil {
		t.Fatal(err)
	}
	var text, str proto.ColStr
	var u64 proto.ColUInt64
	low := new(proto.ColStr).LowCardinality()
	res := proto.Results{{Name: "text", Data: &text}, {Name: "str", Data: &str}, {Name: "u64", Data: &u64}, {Name: "d", Data: &proto.ColDate32{}},
		{Name: "at", Data: new(proto.ColDateTime64).WithPrecision(proto.PrecisionMilli).WithLocation(time.UTC)},
		{Name: "flag", Data: &proto.ColBool{}}, {Name: "low", Data: low}, {Name: "op", Data: new(proto.ColEnum)}}
	var got proto.Block
	if err := got.DecodeRawBlock(proto.NewReader(bytes.NewReader(all)), nativeRevision, res); err != nil {
		t.Fatal(err)
	}
	if text.Row(69) != strings.Repeat("企", 69) || str.Row(99) != "v99" || u64.Row(5) != 5<<40 || low.Row(7) != "unit2" {
		t.Error("values changed")
	}
}

func TestAnErrorSaysWhetherTheRowsMayBeThere(t *testing.T) {
	exception := func(status, code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("X-ClickHouse-Exception-Code", fmt.Sprint(code))
			w.WriteHeader(status)
			fmt.Fprintf(w, "Code: %d. DB::Exception: because of that", code)
		}
	}
	f := func(name string, h http.HandlerFunc, doubt bool, code int) {
		t.Helper()
		d := db(t, server(t, h), func(c *Config) { c.InsertTimeout = 500 * time.Millisecond })
		err := d.Insert(context.Background(), "records", columns(3), InsertOptions{})
		if err == nil || errors.Is(err, ErrDoubt) != doubt {
			t.Errorf("%s: %v", name, err)
			return
		}
		if got, _ := Code(err); got != code {
			t.Errorf("%s: code %d, want %d", name, got, code)
		}
		for _, secret := range []string{"secret", "INSERT", "127.0.0.1"} {
			if strings.Contains(err.Error(), secret) && name != "broken off" {
				t.Errorf("%s: %v tells %s", name, err, secret)
			}
		}
	}
	f("unknown table", exception(404, CodeUnknownTable), false, 60)
	f("too many parts", exception(500, CodeTooManyParts), false, 252)
	f("memory", exception(500, CodeMemory), true, 241)
	f("time", exception(500, CodeTimeout), true, 159)
	f("exception after 200", exception(200, 1001), true, 1001)
	f("proxy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, true, 0)
	f("exception without its header", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		_, _ = w.Write([]byte("Code: 60. DB::Exception: no table"))
	}, false, 60)
	f("no answer", func(w http.ResponseWriter, r *http.Request) { time.Sleep(time.Second) }, true, 0)
	f("broken off", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, true, 0)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + l.Addr().String()
	l.Close()
	if err := db(t, gone).Insert(context.Background(), "records", columns(1), InsertOptions{}); err == nil || errors.Is(err, ErrDoubt) {
		t.Errorf("nobody listens, so nothing was sent: %v", err)
	}
}

// TestColumnsAreFreeAfterAnInsert would be seen by the race detector: the
// server answers, or goes away, before it took the block.
func TestColumnsAreFreeAfterAnInsert(t *testing.T) {
	var calls atomic.Int64
	d := db(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		_, _ = io.CopyN(io.Discard, r.Body, 1000*(n%5))
		if n%2 == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(500)
	}))
	in := columns(20_000)
	for range 20 {
		_ = d.Insert(context.Background(), "records", in, InsertOptions{})
		in.Reset()
		for i := range 20_000 {
			in[0].Data.(*proto.ColStr).Append("again")
			in[1].Data.(*proto.ColStr).Append("again")
			in[2].Data.(*proto.ColUInt64).Append(uint64(i))
			in[3].Data.(*proto.ColDate32).Append(time.Unix(0, 0))
			in[4].Data.(*proto.ColDateTime64).Append(time.Unix(0, 0))
			in[5].Data.(*proto.ColBool).Append(true)
			in[6].Data.(*proto.ColLowCardinality[string]).Append("u")
			in[7].Data.(*proto.ColEnum).Append("upsert")
		}
	}
}

func TestInsertRefusesWhatItCannotSend(t *testing.T) {
	d := db(t, server(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	ctx := context.Background()
	var one, two proto.ColStr
	one.Append("x")
	for name, err := range map[string]error{
		"no columns":   d.Insert(ctx, "records", nil, InsertOptions{}),
		"uneven":       d.Insert(ctx, "records", proto.Input{{Name: "a", Data: &one}, {Name: "b", Data: &two}}, InsertOptions{}),
		"table name":   d.Insert(ctx, "records; DROP", proto.Input{{Name: "a", Data: &one}}, InsertOptions{}),
		"column name":  d.Insert(ctx, "records", proto.Input{{Name: "a)", Data: &one}}, InsertOptions{}),
		"context over": d.Insert(ended(), "records", proto.Input{{Name: "a", Data: &one}}, InsertOptions{}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := d.Insert(ctx, "records", proto.Input{{Name: "a", Data: &two}}, InsertOptions{}); err != nil {
		t.Errorf("no rows: %v", err)
	}
}

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestConfig(t *testing.T) {
	f := func(in, addr, base, user, password string, loopback bool) {
		t.Helper()
		p, err := Config{URL: in}.parse()
		if err != nil || p.addr != addr || p.base != base || p.user != user || p.password != password || p.loopback != loopback {
			t.Errorf("%s: %+v, %v", in, p, err)
		}
	}
	f("http://127.0.0.1:1234", "127.0.0.1:1234", "credithub", "default", "", true)
	f("http://u:p%2Fw@ch.example/hub", "ch.example:8123", "hub", "u", "p/w", false)
	f("https://[::1]", "[::1]:8443", "credithub", "default", "", true)
	for _, bad := range []string{"", "ch:9000", "tcp://a:1", "http://", "http://a/b;c", "http://u:secret@ho st"} {
		err := Config{URL: bad}.Validate()
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestReadRepeatsOnlyWhatPasses(t *testing.T) {
	d := db(t, "http://127.0.0.1:1")
	f := func(err error, want int) {
		t.Helper()
		n := 0
		if got := d.Read(context.Background(), 3, func(context.Context) error { n++; return err }); !errors.Is(got, err) || n != want {
			t.Errorf("%v: asked %d times, %v", err, n, got)
		}
	}
	f(nil, 1)
	f(&Error{Code: CodeTooManyQueries}, 3)
	f(&Error{Code: CodeUnknownTable}, 1)
	f(errors.New("clickhouse: Code: 202. DB::Exception: busy"), 3)
	f(io.ErrUnexpectedEOF, 3)
	f(&net.OpError{Op: "dial", Err: errors.New("refused")}, 3)
	f(errors.New("scan: wrong type"), 1)
}
