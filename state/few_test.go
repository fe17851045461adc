package state

// SetFew sets how many rows are few enough to be sorted for a page.
func (s *Store) SetFew(most int) { s.fewMost = most }
