package list

import "credithub/schema/civil"

// Wire is an Entry as JSON on credit.entries and in ClickHouse: names instead of
// numbers, dates as YYYY-MM-DD, empty when absent.
type Wire struct {
	ID             string `json:"id"`
	List           string `json:"list"`
	USCC           string `json:"uscc"`
	State          string `json:"state"`
	Cause          string `json:"cause"`
	DocumentNo     string `json:"documentNo"`
	DecidedBy      string `json:"decidedBy"`
	DecidedOn      string `json:"decidedOn"`
	ServedOn       string `json:"servedOn,omitempty"`
	Since          string `json:"since,omitempty"`
	Until          string `json:"until,omitempty"`
	Annotated      bool   `json:"annotated,omitempty"`
	ExitType       string `json:"exitType,omitempty"`
	ExitedOn       string `json:"exitedOn,omitempty"`
	ExitDocumentNo string `json:"exitDocumentNo,omitempty"`
	Persons        string `json:"persons,omitempty"`
	// ToldBy are the entries by which units told of the document, when more than one.
	ToldBy []Teller `json:"toldBy,omitempty"`
}

// Wire gives the entry's wire form.
func (e *Entry) Wire() *Wire {
	var told []Teller
	for t := range e.Tellers.All() {
		told = append(told, t)
	}
	return &Wire{
		ToldBy: told,
		ID:     e.ID, List: e.List.String(), USCC: e.USCC, State: e.State.String(), Cause: e.Cause,
		DocumentNo: e.DocumentNo, DecidedBy: e.DecidedBy, DecidedOn: e.DecidedOn.String(),
		ServedOn: e.ServedOn.String(), Since: e.Since.String(), Until: e.Until.String(),
		Annotated: e.Annotated, ExitType: e.ExitType.String(), ExitedOn: e.ExitedOn.String(),
		ExitDocumentNo: e.ExitDocumentNo, Persons: e.Persons,
	}
}

// Entry gives the entry of a wire form that Wire wrote; unknown names become
// zero values.
func (w *Wire) Entry() Entry {
	c, _ := ParseCode(w.List)
	day := func(s string) civil.Date { d, _ := civil.ParseDate(s); return d }
	var told Tellers
	for _, t := range w.ToldBy {
		told = told.Add(t.Unit, t.EntryID)
	}
	return Entry{
		Tellers: told,
		ID:      w.ID, List: c, USCC: w.USCC, State: ParseState(w.State), Cause: w.Cause,
		DocumentNo: w.DocumentNo, DecidedBy: w.DecidedBy, DecidedOn: day(w.DecidedOn),
		ServedOn: day(w.ServedOn), Since: day(w.Since), Until: day(w.Until), Annotated: w.Annotated,
		ExitType: ParseExit(w.ExitType), ExitedOn: day(w.ExitedOn), ExitDocumentNo: w.ExitDocumentNo, Persons: w.Persons,
	}
}
