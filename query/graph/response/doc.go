// Package response is the outer form of what leaves: JSON, with the fields of an
// object in the order in which the query names them. It knows documents, and
// nothing of what they ask for.
package response
