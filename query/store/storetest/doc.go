// Package storetest is for tests only. Memory is a store in memory that answers the
// questions of query/store by going through rows, for the tests of what stands on a
// store; Run is the rules that hold both: the tests of query/store run them on the
// engine, and those of this package on Memory.
//
// Memory promises the answers of query/store for the same rows, but for sieves of
// facts, which are SQL. It is not fast, keeps nothing but the rows it was given, and
// waits for nothing.
package storetest
