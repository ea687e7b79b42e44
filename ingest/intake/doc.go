// Package intake reads the domain topics, decides what each message means, and
// has it stored and told: rows to ClickHouse, list entries to credit.entries,
// subjects to credit.subjects, faults to credit.rejects; and for those who follow,
// what units have to do to credit.notices and whose records changed to
// credit.changes.
//
// It promises that every message gives exactly one row in ClickHouse, whatever
// its status and whatever was killed when; that a message without a valid stamp
// or signature never counts; that list decisions wait neither for ClickHouse nor
// for another domain; and that memory stays bounded when ClickHouse or Kafka is
// away. It never trusts what the gateway checked: rows are validated again.
//
// A domain is read by one process, because the versions of a record may stand in
// different partitions: of the members of the consumer group, the one that is
// assigned partition 0 of a topic reads the whole topic. Where it goes on is what
// ClickHouse holds, never a committed offset. Kafka fences nobody: a member that
// was frozen while it sent a block, for longer than its session, and thaws after
// another one has gone on, could store that block a second time. The block must
// be on its way at that moment, as a member that lost its partitions sends none.
package intake
