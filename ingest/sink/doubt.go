package sink

// Positions is the last stored offset of each partition.
type Positions map[Partition]int64

// After is the offset to go on from.
func (p Positions) After(x Partition) int64 {
	if o, ok := p[x]; ok {
		return o + 1
	}
	return 0
}

// step is what to do next about one block.
type step uint8

const (
	send    step = iota // send the rows that are absent, under the token of the generation
	quiet               // pass the server's queue and wait until nothing is under way
	ask                 // ask how far the partitions are stored
	settled             // the block is stored
)

// doubt decides about one block. It starts with send; after each step it is told
// how that ended and names the next one.
//
// Once in doubt a block is never stored by acknowledgement alone. It is sent
// again under its own token as long as that was never acknowledged, so that a
// request which was given up and is carried out late finds its token taken, or
// takes it from the later one; either way the rows are there once. A block that
// was acknowledged but is absent has a burnt token, which no late request can
// pass either, and gets the next generation.
type doubt struct {
	generation int
	doubtful   bool
	acked      bool // the last send was acknowledged
}

// sent tells how a send ended.
func (d *doubt) sent(err error) step {
	d.acked = err == nil
	if d.acked && !d.doubtful {
		return settled
	}
	d.doubtful = true
	return quiet
}

// quieted tells how waiting ended.
func (d *doubt) quieted(err error) step {
	if err != nil {
		return quiet
	}
	return ask
}

// asked tells how asking ended and how many rows are absent. A failed question
// leaves everything open, the quiet included: the server may have been away.
func (d *doubt) asked(err error, absent int) step {
	switch {
	case err != nil:
		return quiet
	case absent == 0:
		return settled
	}
	if d.acked {
		d.generation++
	}
	return send
}
