package list

import (
	"credithub/schema/civil"
	"credithub/schema/column"
)

// Entry is the state of one entry of one list about one subject, as folded from
// its events. Dates that are not known are civil.NoDate.
type Entry struct {
	ID             string // entryId, unique within the deciding unit and list
	List           Code
	USCC           string
	State          State // before dates are looked at; see At
	Cause          string
	DocumentNo     string
	DecidedBy      string // unit code
	DecidedOn      civil.Date
	ServedOn       civil.Date
	Since          civil.Date // first day in force
	Until          civil.Date // last day in force; NoDate: no fixed term
	Annotated      bool       // objection pending (异议标注)
	ExitType       ExitType
	ExitedOn       civil.Date // lies ahead while State is not yet Exited
	ExitDocumentNo string
	// Tellers are the entries by which units told of the document, when there is
	// more than one; the first is this entry.
	Tellers Tellers
	Persons string // whom it binds beside the subject, see Persons; "" when nobody is named
}

// Columns are the fields of an Entry as the columns of stored entries.
var Columns = []column.Column[Entry]{
	column.Text("entry_id", func(e *Entry) *string { return &e.ID }),
	column.Text("uscc", func(e *Entry) *string { return &e.USCC }),
	column.Named("list", CodeEnd-1, Code.String, func(e *Entry) *Code { return &e.List }),
	column.Named("state", Exited, State.String, func(e *Entry) *State { return &e.State }),
	column.Text("cause", func(e *Entry) *string { return &e.Cause }),
	column.Text("document_no", func(e *Entry) *string { return &e.DocumentNo }),
	column.Word("decided_by", func(e *Entry) *string { return &e.DecidedBy }),
	column.Day("decided_on", func(e *Entry) *civil.Date { return &e.DecidedOn }),
	column.Day("served_on", func(e *Entry) *civil.Date { return &e.ServedOn }),
	column.Day("since", func(e *Entry) *civil.Date { return &e.Since }),
	column.Day("until", func(e *Entry) *civil.Date { return &e.Until }),
	column.Day("exited_on", func(e *Entry) *civil.Date { return &e.ExitedOn }),
	column.Bool("annotated", func(e *Entry) *bool { return &e.Annotated }),
	column.Named("exit_type", SubjectEnded, ExitType.String, func(e *Entry) *ExitType { return &e.ExitType }),
	column.Text("exit_document_no", func(e *Entry) *string { return &e.ExitDocumentNo }),
	column.Text("tellers", func(e *Entry) *Tellers { return &e.Tellers }),
	column.Text("persons", func(e *Entry) *string { return &e.Persons }),
}

// Undated is an entry of which nothing is known, no day either.
func Undated() Entry { return undated }

var undated = func() (e Entry) {
	column.Undated(Columns, &e)
	return e
}()

// At derives the state on a day: an entry whose first day lies ahead is not yet
// in force, one whose last day has passed has exited, by itself (期满自动移出) or by
// the exit that was decided to take effect the day after. Nothing about being in
// force is ever stored.
func (e *Entry) At(day civil.Date) (State, ExitType) {
	switch e.State {
	case InForce, Suspended:
		switch {
		case e.Until != civil.NoDate && e.Until < day && e.exitsAhead():
			return Exited, e.ExitType
		case e.Until != civil.NoDate && e.Until < day:
			return Exited, Expired
		case e.State == InForce && e.Since != civil.NoDate && e.Since > day:
			return Served, NoExit
		}
		return e.State, NoExit
	}
	return e.State, e.ExitType
}

// exitsAhead tells whether the last day is that before a decided exit.
func (e *Entry) exitsAhead() bool { return e.ExitedOn != civil.NoDate && e.ExitedOn == e.Until+1 }

// EndedOn is the day on which an entry that At calls exited ended: that of its exit,
// or the last day of its term.
func (e *Entry) EndedOn() civil.Date {
	if e.State == Exited || e.exitsAhead() {
		return e.ExitedOn
	}
	return e.Until
}
