// Package view answers what one caller may see: an enterprise, its list entries
// and records, searches and lists, sources. GraphQL and the site both stand on
// it, so that neither can show what the other would hide.
//
// It promises that a record, field or entry that the access table doesn't give
// to the caller is absent in the same way as one that doesn't exist; that what
// is in force is derived for the day asked; that reads of one request are
// batched, and none of them shortened by what another brings; and that text which
// looks like an identity number is neither looked up nor kept. It never writes and
// never decides what restricts whom.
package view
