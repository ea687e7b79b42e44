package list

import (
	"strings"

	"credithub/schema/record"
)

// PersonRole is the role in which an entry on an enterprise binds a person.
type PersonRole byte

// Roles of persons, as they stand before the key in Entry.Persons.
const (
	NoPerson            PersonRole = 0
	LegalRepresentative PersonRole = 'L' // 法定代表人
	ResponsiblePerson   PersonRole = 'R' // 主要负责人、直接责任人员、实际控制人
)

// KeyLength is the length of a person's key in hex.
const KeyLength = record.KeyLength

// Persons writes whom an entry names: keys of persons with blanks between, each
// bound in the role; "" when no key is there.
func Persons(keys, role string) string {
	letter := LegalRepresentative
	if role == "RESPONSIBLE_PERSON" {
		letter = ResponsiblePerson
	}
	var b strings.Builder
	for k := range strings.FieldsSeq(keys) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(byte(letter))
		b.WriteString(k)
	}
	return b.String()
}

// EachPerson calls f with every person that Persons wrote.
func EachPerson(persons string, f func(role PersonRole, key string)) {
	for len(persons) > KeyLength {
		f(PersonRole(persons[0]), persons[1:1+KeyLength])
		persons = strings.TrimPrefix(persons[1+KeyLength:], " ")
	}
}

// Binds tells in which role the entry binds the person of a key; NoPerson when it
// doesn't name them.
func (e *Entry) Binds(key string) (role PersonRole) {
	EachPerson(e.Persons, func(r PersonRole, k string) {
		if k == key {
			role = r
		}
	})
	return role
}
