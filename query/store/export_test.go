package store

// PickAtServer makes the store leave the picking of what holds to the server for
// statements of a limit, as it does when there are many versions.
func (s *Store) PickAtServer(limit int) { s.few = 1 - limit }
