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
//
// # Words
//
// Each word means one thing, in code, SQL, JSON, GraphQL and on the pages. In
// brackets the type that it names.
//
// Whom and by whom:
//
//	subject     主体: whoever a record is about, by its code (uscc.Key)
//	enterprise  企业: a subject as officers and the public speak of it
//	entity      市场主体: the same in GraphQL and on pages, with all that may be seen of it (view.Entity)
//	known       one registration holds under the code, or several that agree on the name (stored.SubjectState)
//	ambiguous   several registrations hold under the code, under different names (stored.SubjectState)
//	unit        归集单位、审批部门: a department that pushes or asks (policy.Unit)
//	source      数据源: a unit in one domain; stale when it was silent for too long (policy.Source)
//	principal   a signed-in caller: subject of the token, unit, role (access.Principal)
//
// What is pushed:
//
//	record      归集记录: what a unit says, known by unit, domain and record id
//	version     one state of a record as pushed; a higher one replaces (stored.Key)
//	row         a version as it stands in a file, a push or a table (record.Row, stored.Record)
//	domain      领域: the field of a record, and the topic it goes through (record.Domain)
//	kind        种类: the kind of a record within its domain, which gives its fields (record.KindSpec)
//	text        what somebody wrote in a field; a string of any other use is called by its use
//	push        推送、归集: one request that brings rows
//	batch       批次: what the hub keeps of a push, under its id (feed.Batch, stored.Batch)
//	part        a piece of a file that can be pushed alone (body.Part, push.Part)
//	chunk       rows that go to Kafka, or on to ClickHouse, together (sink.Chunk)
//	fault       a finding on one row, of code E01–E14 or W01–W15 (fault.Fault)
//	reject      退回: a fault for which a row was not accepted (feed.Reject, stored.Reject)
//	gateway     the room that takes pushes over HTTP (ingest/gateway)
//	intake      the room that reads them from the log, judges and stores them (ingest/intake)
//
// The log, and who vouches for it:
//
//	position    topic, partition and offset up to which something was read (receipt.Position)
//	receipt     回执: the positions of a push, which an answer can be asked to reflect
//	feed        a topic of the hub's own (package feed)
//	follow      read a feed to work off what it tells: feed.Notice, feed.Changes
//	stamp       the gateway's proof that a row came with a push, and when (stamp.Stamp)
//	signature   签名: a unit's own proof, in a message that it wrote into Kafka itself
//	seal        the hub's proof on the messages of its feeds (feed.Seal)
//	fingerprint what tells, without showing it, whether a secret is still the same (stored.Fingerprint)
//	audit log   审计日志: who saw what, each line with the hash of the one before (audit.Chain)
//	spool       the audit log as files of one node, until shipped (spool.Spool)
//
// Lists:
//
//	list        名单: a credit list, L01…L28, L15B (list.Code, policy.List)
//	entry       名单记录: one subject on one list, by one document (list.Entry)
//	decision record  列入、移出等决定: what a unit pushes about an entry (list.EventRecord)
//	event       what a decision record says happened to an entry (list.Event)
//	state       状态: what its events make of an entry, and on a day its dates (list.State, list.Entry.At)
//	listing     列入: the event by which an entry comes into force
//	exit        移出: how an entry ends (list.ExitType, policy.Exit)
//	teller      one of several units that told of one document (list.Teller)
//	cause       列入事由: the ground for a listing (policy.Cause)
//	term        期限: how long an entry lasts (policy.Term)
//
// What follows from them:
//
//	measure     惩戒措施: what the law attaches to a list or a fact (policy.Measure)
//	matter      审批事项: what an enterprise wants to be allowed (policy.Matter)
//	obligation  how far a measure binds whoever decides the matter, NONE…REJECT (policy.Obligation)
//	fact        名单以外的事实: what a record says that bears on a matter though no entry does (policy.Fact)
//	evidence    依据: the record that is such a fact, and its days (restrict.Evidence)
//	series      records of a kind of which only the latest counts
//	place       序: where a record stands in its series (policy.Reading, feed.RecordFacts)
//	grade       信用等级: one of four classes of an enterprise (grade.Grade)
//	notice      a thing to do, and until when, that a change leaves a unit (policy.Notice, feed.Notice)
//
// Asking:
//
//	check       核查: may this enterprise pass this matter?
//	question    a check as asked: codes, matter, person, instant, occasion (check.Question)
//	decision    what the index finds for one code of it: outcome and hits (restrict.Decision)
//	outcome     CLEAR, HIT, SUBJECT_UNKNOWN, SUBJECT_AMBIGUOUS or SOURCE_STALE (restrict.Outcome)
//	hit         命中: entry or evidence, the measure, and how far it obliges (restrict.Hit)
//	answer      what a question is given: decisions of one age, each in the audit log (check.Answer)
//	response    what HTTP or GraphQL sends; a refusal is one, and no answer
//	purpose     查询目的: why someone may see what is shared on conditions (policy.Purpose)
//	occasion    a purpose, or a matter with the number of its case (view.Occasion)
//	age         the positions up to which an answer reflects the log (store.Age)
//	asOf        an instant of the past, from whose knowledge is answered
package schema
