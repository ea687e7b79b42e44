package list

import "strings"

// PersonRole is the role in which an entry on an enterprise binds a person.
type PersonRole byte

// Roles of persons, as they stand before the key in Entry.Persons.
const (
	NoPerson            PersonRole = 0
	LegalRepresentative PersonRole = 'L' // 法定代表人
	ResponsiblePerson   PersonRole = 'R' // 主要负责人、直接责任人员、实际控制人
)

// String is the wire name; "" for NoPerson.
func (r PersonRole) String() string {
	switch r {
	case LegalRepresentative:
		return "LEGAL_REPRESENTATIVE"
	case ResponsiblePerson:
		return "RESPONSIBLE_PERSON"
	}
	return ""
}

// KeyLength is the length of the key of a person: 32 bytes in hex.
const KeyLength = 64

// ParsePersonKey reads the key of a person; false when it is none.
func ParsePersonKey(s string) (string, bool) {
	if len(s) != KeyLength || strings.Trim(s, "0123456789abcdefABCDEF") != "" {
		return "", false
	}
	return strings.ToLower(s), true
}

// Persons writes whom an entry names: keys of persons with blanks between, each
// bound in the role; "" when no key is there.
func Persons(keys, role string) string {
	letter := LegalRepresentative
	if role == ResponsiblePerson.String() {
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
