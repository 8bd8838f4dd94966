package votive

import "encoding/binary"

// Rendezvous is the multihash under which peers find each other on a day, the
// same for the whole network: one for each circle would be a directory of its
// members. SPEC 12.2.
func Rendezvous(d Day) [34]byte {
	key := digest("votive-rendezvous-1", binary.BigEndian.AppendUint16(nil, uint16(d)))
	return [34]byte(append([]byte{0x12, 32}, key[:]...)) // sha2-256, 32 bytes
}
