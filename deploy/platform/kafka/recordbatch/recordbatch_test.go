package recordbatch

import (
	"encoding/binary"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The parts stand where kmsg.RecordBatch writes them.
func TestLayout(t *testing.T) {
	const records = "records"
	head := kmsg.RecordBatch{Length: HeadBytes + int32(len(records)) - AtLength - 4, Magic: Version, Attributes: AppendTime | Control | 3,
		FirstTimestamp: 1 << 40, MaxTimestamp: 1 << 41, NumRecords: 7, Records: []byte(records)}
	b := head.AppendTo(nil)
	be := binary.BigEndian
	if len(b) != HeadBytes+len(records) || Size(b) != int64(len(b)) || b[AtVersion] != Version || be.Uint16(b[AtAttributes:]) != AppendTime|Control|3 ||
		be.Uint64(b[AtFirstTime:]) != 1<<40 || be.Uint64(b[AtMaxTime:]) != 1<<41 {
		t.Errorf("%x", b)
	}
	if Whole(b) {
		t.Error("a batch without its sum is whole")
	}
	Seal(b)
	var again kmsg.RecordBatch
	if err := again.ReadFrom(b); err != nil || uint32(again.CRC) != be.Uint32(b[AtSum:]) || !Whole(b) {
		t.Errorf("%v, sum %x", err, again.CRC)
	}
	for i := AtAttributes; i < len(b); i++ {
		b[i]++
		if Whole(b) {
			t.Errorf("a change at %d is not seen", i)
		}
		b[i]--
	}
}
