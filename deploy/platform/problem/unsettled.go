package problem

// Unsettled is an error whose request may have had its effect all the same: the
// answer was lost, not surely the request. The document says so, with the batch
// to ask about.
type Unsettled struct {
	Err     error
	BatchID string
}

// Error is that of the error inside.
func (u *Unsettled) Error() string { return u.Err.Error() }

// Unwrap gives the error inside.
func (u *Unsettled) Unwrap() error { return u.Err }
