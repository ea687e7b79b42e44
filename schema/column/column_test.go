package column

import (
	"testing"
	"time"

	"credithub/schema/civil"
)

type colour uint8

func (c colour) String() string { return [...]string{"", "red", "green"}[c] }

type label string

type inner struct {
	Text  string
	Label label
	Raw   []byte
	Small uint16
	Mid   uint32
	Large uint64
	Off   int64
	Yes   bool
	On    civil.Date
	At    time.Time
	Hue   colour
}

func inners() []Column[inner] {
	return []Column[inner]{
		Text("text", func(r *inner) *string { return &r.Text }),
		Text("label", func(r *inner) *label { return &r.Label }),
		Bytes("raw", func(r *inner) *[]byte { return &r.Raw }),
		U16("small", func(r *inner) *uint16 { return &r.Small }),
		U32("mid", func(r *inner) *uint32 { return &r.Mid }),
		U64("large", func(r *inner) *uint64 { return &r.Large }),
		I64("off", func(r *inner) *int64 { return &r.Off }),
		Bool("yes", func(r *inner) *bool { return &r.Yes }),
		Day("on", func(r *inner) *civil.Date { return &r.On }),
		Millis("at", func(r *inner) *time.Time { return &r.At }),
		Enum("hue", colour(2), colour.String, func(r *inner) *colour { return &r.Hue }),
		Named("shade", colour(2), colour.String, func(r *inner) *colour { return &r.Hue }),
	}
}

type outer struct {
	Number int
	Inner  inner
}

func set[R, V any](t *testing.T, c *Column[R], r *R, v V) {
	t.Helper()
	f, ok := c.Field().(Field[R, V])
	if !ok {
		t.Fatalf("column %s gives no way to a %T", c.Name, v)
	}
	*f.At(r) = v
}

func TestALiftedColumnReadsAndWritesTheFieldWithin(t *testing.T) {
	all := Lift(inners(), func(o *outer) *inner { return &o.Inner })
	at := time.UnixMilli(1_700_000_000_000)
	var o outer
	for i := range all {
		switch c := &all[i]; c.Kind {
		case KindText, KindWord:
			set(t, c, &o, "x")
		case KindBytes:
			set(t, c, &o, []byte("b"))
		case KindNamed, KindEnum:
			set(t, c, &o, uint8(2))
		case KindBool:
			set(t, c, &o, true)
		case KindDay:
			set(t, c, &o, civil.Date(7))
		case KindMillis, KindMicros:
			set(t, c, &o, at)
		case KindNumber:
			switch c.Type {
			case "UInt16":
				set(t, c, &o, uint16(1))
			case "UInt32":
				set(t, c, &o, uint32(2))
			case "UInt64":
				set(t, c, &o, uint64(3))
			default:
				set(t, c, &o, int64(-4))
			}
		}
	}
	x := o.Inner
	if x.Text != "x" || x.Label != "x" || string(x.Raw) != "b" || x.Small != 1 || x.Mid != 2 || x.Large != 3 || x.Off != -4 ||
		!x.Yes || x.On != 7 || !x.At.Equal(at) || x.Hue != 2 {
		t.Errorf("got %+v", x)
	}
	Undated(all, &o)
	if o.Inner.On != civil.NoDate {
		t.Errorf("a day is left: %v", o.Inner.On)
	}
}

func TestNamesStandForNumbers(t *testing.T) {
	c := Pick(inners(), "hue")[0]
	if c.Type != "Enum8('red' = 1, 'green' = 2)" {
		t.Error(c.Type)
	}
	if Value(c.Names, "green") != 2 || Value(c.Names, "blue") != 0 || Value(c.Names, "") != 0 {
		t.Error("names are read wrongly")
	}
	if Name(c.Names, 1) != "red" || Name(c.Names, 0) != "" || Name(c.Names, 9) != "" {
		t.Error("numbers are named wrongly")
	}
}

func TestTheAbsentDayIsTheFirstOfDate32(t *testing.T) {
	if NoDay.String() != "1900-01-01" {
		t.Error(NoDay)
	}
	if StoreDay(civil.NoDate) != NoDay || LoadDay(int32(NoDay)) != civil.NoDate || LoadDay(5) != 5 || StoreDay(5) != 5 {
		t.Error("days change on the way")
	}
}

func TestAFieldBehindAPointerIsRefused(t *testing.T) {
	type row struct{ inner }
	defer func() {
		if recover() == nil {
			t.Error("a field that is not the row's own was taken")
		}
	}()
	there := &inner{}
	Text("far", func(*row) *string { return &there.Text })
}

func TestWhatIsPackedIsReadBack(t *testing.T) {
	p := NewPack(inners())
	want := inner{Text: "文", Label: "", Raw: []byte("ab"), Small: 65535, Mid: 1 << 31, Large: 1 << 63, Off: -4, Yes: true,
		On: civil.NoDate, At: time.UnixMicro(1_700_000_000_000_001).UTC(), Hue: 2}
	b := p.Append(nil, &want)
	n := len(b)
	b = p.Append(b, &inner{On: -5, Label: "x"})
	if len(p.Skip(b)) != len(b)-n || len(p.Skip(p.Skip(b))) != 0 {
		t.Error("a row is not passed over whole")
	}
	var got inner
	rest := p.Read(&got, b)
	if got.Text != want.Text || got.Label != want.Label || string(got.Raw) != "ab" || got.Small != want.Small || got.Mid != want.Mid ||
		got.Large != want.Large || got.Off != want.Off || !got.Yes || got.On != want.On || !got.At.Equal(want.At) || got.Hue != 2 || len(b)-len(rest) != n {
		t.Errorf("got %+v", got)
	}
	if rest = p.Read(&got, rest); got.On != -5 || got.Label != "x" || got.Yes || got.Text != "" || len(rest) != 0 {
		t.Errorf("got %+v, %d bytes left", got, len(rest))
	}
}
