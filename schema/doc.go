// Package schema and the packages below it are the contract of credithub: every
// identifier, record, list, measure, matter, unit, right and message of the
// system is described here and nowhere else. Nothing below schema does I/O,
// reads a clock or holds state; ingest and query stand on it and never on each
// other. Each package stands on those before it alone:
//
//	jsontext JSON as bytes: the scanner and the writer of every hot path
//	civil    days of China, on which the law counts
//	column   typed descriptions of columns, from which tables, inserts and reads follow
//	fold     forms in which names, document numbers and headings are compared
//	fault    row faults (E01–E14, W01–W15) and error kinds with their wire names
//	uscc     统一社会信用代码 and the codes around it
//	personal identity numbers, telephone numbers, addresses and accounts in texts
//	list     list entries (名单记录) and how events fold into a state
//	record   the pushed envelope: domains, kinds, fields, decoding, validation
//	policy   the law as data: lists, measures, matters, units, facts, purposes, notices, calendar
//	label    names of coded values in Chinese and English
//	grade    the four classes 良好/警示/失信/严重失信
//	access   roles, rights and the data class of every field
//	receipt  log positions a push stands at and an answer reflects
//	feed     messages of the hub's own topics
//	audit    the record of who saw what and its hash chain
//	stored   the rows that ClickHouse holds, each with its columns, and which of them count
//	ddl      the desired ClickHouse state
//	graphql  schema.graphql
package schema
