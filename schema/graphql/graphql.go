// Package graphql holds schema.graphql, the shape of every answer that leaves
// through GraphQL. The server is built from this text, so that the two can't
// differ; names and meanings in it are part of the contract with callers: they
// may be added to, never renamed. The package never parses or executes.
package graphql

import _ "embed"

//go:embed schema.graphql
var sdl string

// SDL is the text of schema.graphql, in the GraphQL schema definition language
// of October 2021.
func SDL() string { return sdl }
