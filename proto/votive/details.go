package votive

import (
	"fmt"
	"io"

	"votive/proto/internal/wirepb"
)

// maxDetails is the size of encoded Details. SPEC 6.5.
const maxDetails = 1024

// Details are what only those let in may know of an event. Their hash is on
// the card; 32 random bytes in them keep it from telling anything. They are
// read only. SPEC 6.5.
type Details struct {
	Place string   // up to 500 bytes
	Join  []string // up to 4 https links of up to 300 bytes

	encoded []byte
	unsigned
}

// NewDetails makes details, at most 1,024 bytes of them when encoded.
func NewDetails(random io.Reader, place string, join []string) (*Details, error) {
	d := &Details{Place: place, Join: join}
	if err := d.checkTexts(); err != nil {
		return nil, err
	}
	salt, err := NewNonce(random)
	if err != nil {
		return nil, err
	}
	d.encoded, err = marshal(&wirepb.Details{Salt: salt[:], Place: place, Join: join})
	if err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	return d, nil
}

// Hash is how the card of an event names its details.
func (d *Details) Hash() ID { return digest("votive-details-1", d.encoded) }

func detailsFrom(encoded []byte) (*Details, error) {
	var w wirepb.Details
	if err := unmarshal("details", encoded, &w); err != nil {
		return nil, err
	}
	if n := len(w.GetSalt()); n != 32 {
		return nil, fmt.Errorf("salt of details of %d bytes, want 32", n)
	}
	return &Details{Place: w.GetPlace(), Join: w.GetJoin(), encoded: encoded}, nil
}

// optionalDetails reads details that may be left out.
func optionalDetails(encoded []byte) (*Details, error) {
	if len(encoded) == 0 {
		return nil, nil
	}
	d, err := detailsFrom(encoded)
	if err != nil {
		return nil, err
	}
	return d, d.check()
}

// bytes is the encoded Details, none for nil.
func (d *Details) bytes() []byte {
	if d == nil {
		return nil
	}
	return d.encoded
}

// check is SPEC 6.5.
func (d *Details) check() error {
	if n := len(d.encoded); n == 0 || n > maxDetails {
		return fmt.Errorf("details of %d bytes, want 1 to %d", n, maxDetails)
	}
	return d.checkTexts()
}

func (d *Details) checkTexts() error {
	if err := checkText("place", d.Place, 0, 500); err != nil {
		return err
	}
	return checkWebLinks("links to join", d.Join, 4)
}

func (d *Details) wire() *wirepb.Body {
	return &wirepb.Body{Kind: &wirepb.Body_Details{Details: d.encoded}}
}
