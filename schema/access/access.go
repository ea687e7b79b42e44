// Package access says who may do and see what: roles, and for every field that
// can leave the hub its class with the reason. It promises that a field it does
// not know is nobody's and that the public sees no conditional field through
// any path that asks it. It never authenticates anyone and does no I/O.
package access

import (
	"credithub/schema/list"
	"slices"
)

// Role is what a signed-in caller may do; the empty role is the public.
type Role string

// Roles.
const (
	Anyone     Role = ""           // the public, not signed in
	Agency     Role = "agency"     // pushes records of its unit
	Officer    Role = "officer"    // decides approval matters, asks checks
	Supervisor Role = "supervisor" // supervises enterprises and units
	Auditor    Role = "auditor"    // reads who saw what
	Admin      Role = "admin"      // runs the hub
)

// Roles are those that a token can have.
func Roles() []Role { return []Role{Agency, Officer, Supervisor, Auditor, Admin} }

// ParseRole reads a role of a token; the public has none.
func ParseRole(s string) (Role, bool) {
	r := Role(s)
	if slices.Contains(Roles(), r) {
		return r, true
	}
	return Anyone, false
}

// Principal is who asks.
type Principal struct {
	Subject string // of the token, no personal name
	Unit    string // unit code
	Role    Role
}

// Anonymous is the public.
func (p Principal) Anonymous() bool { return p.Role == Anyone }

// Action is something a role may do.
type Action string

// Actions.
const (
	Push        Action = "push"    // POST /v1/records and what comes back from it
	Check       Action = "check"   // check and checks
	Read        Action = "read"    // entity, search, listEntries, lists, measures, matters, sources
	ReadAudit   Action = "audit"   // the audit log
	ReadRejects Action = "rejects" // rejected rows: of the own unit, of all units for supervisor and admin, of nobody for the auditor
	ManageKeys  Action = "keys"    // register and revoke keys of units
)

// Can tells whether a role may do something at all; what it then sees is the
// Table's matter.
func (r Role) Can(a Action) bool {
	switch a {
	case Push:
		return r == Agency
	case Check:
		return r == Officer || r == Supervisor || r == Admin
	case Read:
		return true
	case ReadAudit:
		return r == Auditor || r == Admin
	case ReadRejects:
		return r == Agency || r == Supervisor || r == Admin || r == Auditor
	case ManageKeys:
		return r == Admin
	}
	return false
}

// Can tells whether the principal's role may do something.
func (p Principal) Can(a Action) bool { return p.Role.Can(a) }

// EntryVisible tells whether a principal sees a list entry, given its state on
// the day asked, the deciding unit and whether the list is published. The
// public sees what is in force on a public list; a stopped, suspended or ended
// display is none (修复后停止公示). Approval and other units also see suspended and
// ended entries. What is not yet in force concerns nobody but the deciding unit
// and those who supervise it.
func EntryVisible(p Principal, state list.State, unit string, public bool) bool {
	switch p.Role {
	case Supervisor, Admin, Auditor:
		return true
	case Agency, Officer:
		if p.Unit != "" && p.Unit == unit {
			return true
		}
		return state == list.InForce || state == list.Suspended || state == list.Exited
	}
	return public && state == list.InForce
}
