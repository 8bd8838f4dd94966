package vault

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding"
	"encoding/base32"
	"encoding/binary"
	"fmt"

	ds "github.com/ipfs/go-datastore"
	"golang.org/x/crypto/chacha20poly1305"
)

const (
	// plainSize is the size of every row before it is sealed; sealed it is 1
	// KiB. Most records fit into one row with their names; larger values take
	// several.
	plainSize  = sealedSize - 24 - 16
	sealedSize = 1024
	nameSize   = sha256.Size // of what a row is called in the database
	rowHead    = 2 + 2 + 4   // name length, chunk, value length
	maxName    = 200
	maxValue   = 64 << 10
)

// sealer seals rows and names them. It is gone when the vault is locked.
type sealer struct {
	// SHA-256 after the first block of the two hashes of the HMAC that names
	// rows (RFC 2104): as good as its key, and half the work.
	inner, outer []byte
	aead         cipher.AEAD
}

func newSealer(key *dataKey) (*sealer, error) {
	names, err := hkdf.Key(sha256.New, key[:], nil, "votive-vault-names", keySize)
	if err != nil {
		return nil, err
	}
	defer clear(names)
	values, err := hkdf.Key(sha256.New, key[:], nil, "votive-vault-values", keySize)
	if err != nil {
		return nil, err
	}
	defer clear(values)
	aead, err := chacha20poly1305.NewX(values)
	return &sealer{inner: padState(names, 0x36), outer: padState(names, 0x5c), aead: aead}, err
}

// padState is the state of SHA-256 after a key combined with one of HMAC's two
// pads.
func padState(key []byte, pad byte) []byte {
	var block [sha256.BlockSize]byte
	defer clear(block[:])
	copy(block[:], key)
	for i := range block {
		block[i] ^= pad
	}
	h := sha256.New()
	h.Write(block[:])
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err) // SHA-256 of the standard library always can
	}
	return state
}

// forget overwrites what can be.
func (s *sealer) forget() {
	clear(s.inner)
	clear(s.outer)
}

// rowEncoding makes keys that go-datastore takes as they are.
var rowEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// What an HMAC names.
const (
	realRow = iota
	dummyRow
)

// key is the database key of a chunk of a row.
func (s *sealer) key(kind byte, name string, chunk int) ds.Key {
	var head [1 + 2 + maxName]byte
	b := append(head[:0], kind)
	b = binary.BigEndian.AppendUint16(b, uint16(chunk))
	b = append(b, name...)
	var sum [sha256.Size]byte
	h := sha256.New()
	state := h.(encoding.BinaryUnmarshaler)
	_ = state.UnmarshalBinary(s.inner)
	h.Write(b)
	h.Sum(sum[:0])
	_ = state.UnmarshalBinary(s.outer)
	h.Write(sum[:])
	h.Sum(sum[:0])
	var text [1 + 52]byte
	return ds.RawKey(string(rowEncoding.AppendEncode(append(text[:0], '/'), sum[:])))
}

// row is one chunk of a value, or a dummy, which has no name.
type row struct {
	key   ds.Key
	name  string
	chunk int
	size  int // of the whole value
	part  []byte
}

// chunks is how many rows a value takes.
func chunks(name string, value []byte) int {
	room := plainSize - rowHead - len(name)
	return max(1, (len(value)+room-1)/room)
}

// cut appends the rows that a value takes, to be sealed.
func (s *sealer) cut(rows []row, name string, value []byte) ([]row, error) {
	if len(name) == 0 || len(name) > maxName {
		return nil, fmt.Errorf("name of %d bytes, want 1 to %d", len(name), maxName)
	}
	if len(value) > maxValue {
		return nil, fmt.Errorf("value of %d bytes, want at most %d", len(value), maxValue)
	}
	room := plainSize - rowHead - len(name)
	for i := range chunks(name, value) {
		from := i * room
		rows = append(rows, row{
			key: s.key(realRow, name, i), name: name, chunk: i, size: len(value),
			part: value[from:min(from+room, len(value))],
		})
	}
	return rows, nil
}

// sealed is where rows are sealed, one after the other, on their way into a
// batch, which copies them.
type sealed [sealedSize]byte

// put seals a row in buf, and puts it into a batch.
func (s *sealer) put(ctx context.Context, b ds.Batch, r row, buf *sealed) error {
	nonce, plain := buf[:s.aead.NonceSize()], buf[s.aead.NonceSize():][:plainSize]
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	clear(plain)
	if r.name != "" {
		binary.BigEndian.PutUint16(plain, uint16(len(r.name)))
		binary.BigEndian.PutUint16(plain[2:], uint16(r.chunk))
		binary.BigEndian.PutUint32(plain[4:], uint32(r.size))
		copy(plain[rowHead:], r.name)
		copy(plain[rowHead+len(r.name):], r.part)
	}
	return b.Put(ctx, r.key, s.aead.Seal(nonce, nonce, plain, r.key.Bytes()))
}

// opened is a row that was opened: part of the value called name.
type opened struct {
	name  string
	chunk int
	size  int // of the whole value
	part  []byte
}

// open opens a row; one with no name is a dummy.
func (s *sealer) open(key ds.Key, value []byte) (opened, error) {
	n := s.aead.NonceSize()
	if len(value) != sealedSize {
		return opened{}, fmt.Errorf("row of %d bytes, want %d", len(value), sealedSize)
	}
	plain, err := s.aead.Open(nil, value[:n], value[n:], []byte(key.String()))
	if err != nil {
		return opened{}, fmt.Errorf("row does not open: %w", err)
	}
	o := opened{chunk: int(binary.BigEndian.Uint16(plain[2:])), size: int(binary.BigEndian.Uint32(plain[4:]))}
	nameLen := int(binary.BigEndian.Uint16(plain))
	if nameLen == 0 {
		return o, nil
	}
	room := plainSize - rowHead - nameLen
	if nameLen > maxName || o.size > maxValue || o.chunk*room > o.size {
		return opened{}, fmt.Errorf("row with a name of %d bytes, chunk %d of a value of %d", nameLen, o.chunk, o.size)
	}
	o.name = string(plain[rowHead : rowHead+nameLen])
	o.part = plain[rowHead+nameLen:][:min(room, o.size-o.chunk*room)]
	return o, nil
}
