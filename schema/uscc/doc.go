// Package uscc reads the unified social credit code (统一社会信用代码, GB
// 32100-2015) and the codes around it: the organisation code inside it (GB
// 11714-1997), the registration number it replaced (GS15-2006), the codes of
// pilots that came before the standard, and the citizen's identity number that
// must never be taken for one.
//
// It promises that a code is called clean only when shape, department/category
// pair, MOD 31-3 and the inner check all hold, and that Pack maps such codes
// one to one onto 64 bits. It never guesses a code, never mends one on its own
// (Fold is asked for by name) and never puts a code into a message.
package uscc
