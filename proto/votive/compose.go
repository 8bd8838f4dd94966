package votive

// Compose makes the record that the frames of a body, sealed by r, open to:
// so that what is said is known at home in the very form in which others will
// know it.
func (r *Reader) Compose(body Body) (Record, error) {
	whole, err := encodeBody(body)
	if err != nil {
		return Record{}, err
	}
	return newRecord(r, whole)
}
