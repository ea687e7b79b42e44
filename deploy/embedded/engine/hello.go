package engine

import (
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// helloSQL is the first statement of clickhouse-go: it decodes this answer at
// its own revision of the Native format and every later one at the revision
// told here. The library writes Native at revision 0, so that is what it is
// told.
const helloSQL = "SELECT displayName(), version(), revision(), timezone()"

func isHello(req *request) bool {
	return req.hello && req.format == "Native" && strings.TrimSuffix(strings.TrimSpace(req.sql), ";") == helloSQL
}

// hello encodes one block of one row at a revision that has block information
// and the mark of custom serialisation.
func hello(version string) []byte {
	var b proto.Buffer
	b.PutUVarInt(1) // is_overflows
	b.PutBool(false)
	b.PutUVarInt(2) // bucket_num
	b.PutInt32(-1)
	b.PutUVarInt(0)
	b.PutUVarInt(4) // columns
	b.PutUVarInt(1) // rows
	text := func(name, v string) {
		b.PutString(name)
		b.PutString("String")
		b.PutBool(false)
		b.PutString(v)
	}
	text("displayName()", "credithub")
	text("version()", version)
	b.PutString("revision()")
	b.PutString("UInt32")
	b.PutBool(false)
	b.PutUInt32(0)
	text("timezone()", "UTC")
	return b.Buf
}
