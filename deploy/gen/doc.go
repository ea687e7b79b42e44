// Package gen makes synthetic market entities and their records: believable
// Chinese names, scopes, addresses and divisions, the domains registration, tax,
// social_security and bank, and the histories of list entries. The same seed
// gives the same bytes. Beside the records it knows the truth: what the hub must
// answer about them, worked out from the generator's own plan and never by
// asking the code under test.
//
// Nothing here is a real enterprise: all codes have bodies that no register
// gives out (MA + random) and names are put together from word lists.
package gen
