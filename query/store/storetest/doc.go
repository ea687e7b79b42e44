// Package storetest is for tests only: a store in memory that answers the questions of
// query/store by going through rows, for the tests of what stands on a store.
//
// It promises the answers of query/store for the same rows. It is not fast, keeps
// nothing but the rows it was given, and waits for nothing.
package storetest
