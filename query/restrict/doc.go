// Package restrict answers one question, from memory: does anything that the
// hub knows restrict this subject at this approval matter?
//
// It has two halves. Decide is the pure half: entries, a matter, the policy,
// what is known of the subject and which sources are silent go in, a Decision
// comes out. Index is the other half: who is known, which entries are or may
// come into force (both in package memory), who reported when, and how far the
// log has been applied. It is filled by a snapshot from ClickHouse and kept by the
// tail of credit.entries and credit.subjects.
//
// It promises that
//   - readers take no lock and touch neither ClickHouse nor Kafka;
//   - whether an entry is in force is derived from dates when asked;
//   - absence is not ignorance: an unknown subject, an ambiguous one and a
//     silent source are outcomes of their own, never CLEAR;
//   - an answer reflects at least the receipt that stands in it, and WaitFor
//     returns only when the receipt it was given is reflected;
//   - messages that come again, or older ranges that come after newer ones,
//     change nothing.
//
// It never decides that somebody is to be listed, never stores "in force", and
// never answers for the past: asOf is answered from the history in query/store,
// through Decide.
package restrict
