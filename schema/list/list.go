// Package list holds the entries of credit lists (名单): their codes, events,
// states, and how the events of one entry fold into one state. It decides
// nothing about what an entry restricts; that is policy.
package list

import "fmt"

// Code numbers a list: 1…28 for L01…L28, 29 for L15B, 30… for L29….
type Code uint8

// Codes that the text of the hub itself names.
const (
	L01  Code = 1  // 经营异常名录
	L02  Code = 2  // 个体工商户经营异常
	L15B Code = 29 // 进出口海关监管领域严重失信主体名单
	// CodeEnd is one past the last list code.
	CodeEnd Code = 30
)

var names = func() (n [CodeEnd]string) {
	for c := L01; c < CodeEnd; c++ {
		switch {
		case c == L15B:
			n[c] = "L15B"
		case c > L15B:
			n[c] = fmt.Sprintf("L%02d", c-1)
		default:
			n[c] = fmt.Sprintf("L%02d", c)
		}
	}
	return
}()

// String is the wire name, such as L09 or L15B.
func (c Code) String() string {
	if c < CodeEnd {
		return names[c]
	}
	return ""
}

// ParseCode reads a wire name.
func ParseCode[T string | []byte](s T) (Code, bool) {
	c := parse[Code](names[:], s)
	return c, c != 0
}

// parse finds the value that has a name, 0 when none has.
func parse[V ~uint8, T string | []byte](names []string, s T) V {
	for i := 1; i < len(names); i++ {
		if names[i] == string(s) {
			return V(i)
		}
	}
	return 0
}

// Codes lists all lists, in the order of their codes.
func Codes() []Code {
	all := make([]Code, 0, CodeEnd-1)
	for c := L01; c < CodeEnd; c++ {
		all = append(all, c)
	}
	return all
}

// Set is a set of lists.
type Set uint64

// A list that doesn't fit a Set doesn't compile.
const _ = uint(64 - CodeEnd)

// Add puts a list into the set.
func (s *Set) Add(c Code) { *s |= 1 << c }

// Has tells whether a list is in the set.
func (s Set) Has(c Code) bool { return s>>c&1 == 1 }

// Event is what a decision record says happened to an entry.
type Event uint8

// Events in their legal order.
const (
	NoEvent Event = iota
	EventPreNotice
	EventDecided
	EventServed
	EventInForce
	EventSuspended
	EventResumed
	EventExited
)

var eventNames = [...]string{"", "PRE_NOTICE", "DECIDED", "SERVED", "IN_FORCE", "SUSPENDED", "RESUMED", "EXITED"}

// String is the wire name.
func (e Event) String() string { return eventNames[e] }

// ParseEvent reads a wire name; NoEvent when unknown.
func ParseEvent[T string | []byte](s T) Event {
	return parse[Event](eventNames[:], s)
}

// State is the state of an entry.
type State uint8

// States in their legal order.
const (
	NoState State = iota
	PreNotice
	Decided
	Served
	InForce
	Suspended
	Exited
	// StateEnd is one past the last state.
	StateEnd
)

var stateNames = [StateEnd]string{"", "PRE_NOTICE", "DECIDED", "SERVED", "IN_FORCE", "SUSPENDED", "EXITED"}

// String is the wire name.
func (s State) String() string { return stateNames[s] }

// ParseState reads a wire name; NoState when unknown.
func ParseState(s string) State {
	for i := PreNotice; i < StateEnd; i++ {
		if stateNames[i] == s {
			return i
		}
	}
	return NoState
}

// ExitType says why an entry ended.
type ExitType uint8

// Exit types. Corrected and Revoked mean "never validly listed".
const (
	NoExit ExitType = iota
	Expired
	Repaired
	Corrected
	Revoked
	SubjectEnded
	// ExitEnd is one past the last exit type.
	ExitEnd
)

var exitNames = [ExitEnd]string{"", "EXPIRED", "REPAIRED", "CORRECTED", "REVOKED", "SUBJECT_ENDED"}

// String is the wire name, "" for NoExit.
func (x ExitType) String() string { return exitNames[x] }

// ParseExit reads a wire name; NoExit when unknown.
func ParseExit[T string | []byte](s T) ExitType {
	return parse[ExitType](exitNames[:], s)
}
