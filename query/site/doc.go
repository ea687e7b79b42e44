// Package site is the public disclosure site: server-rendered pages, in Chinese
// and below /en/ in English, without a script.
//
// It promises that templates receive only what View gives, which is what an
// anonymous caller of GraphQL may see; that an unknown enterprise and one that
// is not public are one page, byte for byte; that what a visitor typed is
// repeated only when it can't be an identity number; and that red stands only
// where an entry is in force on a serious list. It never writes, keeps no
// session, and sets one cookie, for large print.
package site
