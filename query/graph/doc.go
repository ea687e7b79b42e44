// Package graph is the GraphQL endpoint: GraphQL over HTTP, the schema built
// from schema.graphql, and in front of it the guards that graphql-go lacks. Here its
// rooms are put together.
//
// A request passes in this order: size of the body, tokens and brackets of the
// text (before it is parsed), fragments, depth, fields, aliases and cost of the
// tree (before it is validated), validation, and then either a compiled plan or
// graphql-go's Execute, under a deadline that the store passes on to ClickHouse.
// Documents that passed are kept with their plan.
//
// Each of its rooms imports those below it, and none above:
//
//	front     HTTP: callers, bodies, media types, quotas, the answer that leaves
//	document  texts: guards, validation, what is kept
//	plan      check and checks, compiled and run
//	fields    everything that can be asked, and how each field is answered
//	check     may an enterprise pass a matter: question, decision, answer, audit record
//	auditlog  the way into the audit log
//	refusal   limits, and what is told to whoever passes one
//	request   bodies and variables as callers send them
//	response  JSON, with fields in the order of the query
//	metrics   counters
//
// It promises that
//   - server and schema.graphql can't differ: a field that only one of them has, or
//     has as another type, is an error at start;
//   - a check, and everything non-public that leaves, is in the audit log before
//     the answer leaves, refusals included;
//   - a plan answers what Execute would answer, only faster and in the order of
//     the query;
//   - no message holds SQL, a path, a stack or text that looks like an identity
//     number.
//
// It never decides what restricts whom (query/restrict) or who may see what
// (query/view, schema/access).
package graph
