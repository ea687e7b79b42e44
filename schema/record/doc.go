// Package record is the pushed record (归集记录): its domains, kinds and fields,
// how an envelope is decoded and validated, its canonical form and hash, and how
// the words of a file become one.
//
// It promises that Decode never fails and never stops at the first fault: it
// names every fault of a row with code and field; that a row it accepts encodes
// again (AppendEnvelope) to a row with equal hash; and that a clean row costs no
// allocation. It never keeps a citizen's identity number, never puts a value
// into a message, reads no clock and asks nobody: what needs rights, versions or
// other records is the business of ingest.
package record
