// Package sink stores rows in ClickHouse exactly once.
//
// Rows are gathered in columns and stored in large blocks, one after another.
// Each row carries the place of its message in the log, and all rows of one block
// and partition are stored together or not at all; so ClickHouse itself says how
// far each partition has come, and that is the only word on it. After any doubt,
// an error, a timeout, a restart, the sink first waits until nothing is under way
// any more, then asks, then sends what is absent.
//
// Two traps shape it. A deduplication token alone loses rows: the engine may know
// the token of a block that a crash took. And asking alone can double them: a
// request that was given up may still wait in the server's queue. So a block is
// sent again under its own token until the server has acknowledged it, and asked
// for afterwards; only a block that was acknowledged after a doubt and is still
// absent gets a new token.
//
// It never decides what a row means, and never drops one.
package sink
