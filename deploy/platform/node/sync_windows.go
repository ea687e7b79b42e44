package node

// SyncDir is left to the system, which has no such call.
func SyncDir(string) error { return nil }
