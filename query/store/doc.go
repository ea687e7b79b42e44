// Package store reads what the hub has kept in ClickHouse: records, list
// entries, names and the progress of sources, as they are now or as they were
// known at an earlier instant.
//
// Each read is a small struct with SQL(), so that what is asked of the server
// can be read and tested as text. It promises that every read is bounded: by
// key or by a limit of rows, by the caller's deadline (max_execution_time) and
// by MaxRowsToRead; that a bound never makes an answer shorter, but is an error
// with its number, of the one subject that has too much; and that what is read at
// an Age is neither older nor younger than it. It never writes, never decides who
// may see a row (that is query/view) and never puts a server's text into an
// error's message.
package store
