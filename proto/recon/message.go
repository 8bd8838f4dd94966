package recon

import (
	"encoding/binary"
	"fmt"
)

// A message is one byte that says what it is, 3 bytes of length, and as many
// bytes. SPEC 10.1.
const (
	HeaderSize = 4
	MaxMessage = HeaderSize + 1 + maxList*shortSize // of the longest, a list
)

// What a message is. The asker writes the odd ones, the offerer the even ones;
// fetch, and bye after it, are written by whoever lacks frames.
const (
	sayHello       = 1
	saySame        = 2
	wantCells      = 3
	sayTags        = 4
	wantList       = 5
	sayCells       = 6
	sayHave        = 7
	sayList        = 8
	sayFetch       = 9
	sayBye         = 11
	maxList        = 1 << 16 // short ids in one list
	maxHave        = 1 << 14 // and in one have
	MaxFetch       = 256     // and in one fetch
	windowSize     = KeySize + 2
	helloSize      = NonceSize + windowSize + 1 + 32
	tagsHeadSize   = NonceSize + windowSize + 4
	listWantedHead = 2*shortSize + 4
	maxKeys        = 4_194_304 // in a set that anybody tells of
)

// Length is how many bytes follow the 4 with which a message begins: at most
// MaxMessage less 4. It refuses the headers that no message has.
func Length(header [HeaderSize]byte) (int, error) {
	n := int(binary.BigEndian.Uint32(header[:]) & (1<<24 - 1))
	if longest, known := longestOf[header[0]]; !known || n > longest {
		return 0, fmt.Errorf("message %d of %d bytes, want a known one of at most %d", header[0], n, longest)
	}
	return n, nil
}

var longestOf = map[byte]int{
	sayHello:  helloSize,
	saySame:   0,
	wantCells: 3 + 1<<maxLevel/8,
	sayTags:   tagsHeadSize + tagSize<<maxLevel,
	wantList:  listWantedHead + 1<<maxLevel/8,
	sayCells:  parts * maxPart * cellSize,
	sayHave:   maxHave * shortSize,
	sayList:   1 + maxList*shortSize,
	sayFetch:  MaxFetch * shortSize,
	sayBye:    0,
}

// split takes a whole message apart.
func split(message []byte) (kind byte, body []byte, err error) {
	if len(message) < HeaderSize {
		return 0, nil, fmt.Errorf("message of %d bytes, want at least %d", len(message), HeaderSize)
	}
	n, err := Length([HeaderSize]byte(message))
	if err != nil {
		return 0, nil, err
	}
	if body = message[HeaderSize:]; len(body) != n {
		return 0, nil, fmt.Errorf("message of %d bytes that says %d", len(body), n)
	}
	return message[0], body, nil
}

// message begins a message; seal says how long it became.
func message(kind byte, room int) []byte {
	return append(make([]byte, 0, HeaderSize+room), kind, 0, 0, 0)
}

func seal(b []byte) []byte {
	n := len(b) - HeaderSize
	b[1], b[2], b[3] = byte(n>>16), byte(n>>8), byte(n)
	return b
}

// appendWindow and readWindow: the floor, 35 bytes, and the first day, 2.
func appendWindow(b []byte, w Window) []byte {
	return binary.BigEndian.AppendUint16(append(b, w.Floor[:]...), w.First)
}

func readWindow(b []byte) Window {
	return Window{Floor: Key(b[:KeySize]), First: binary.BigEndian.Uint16(b[KeySize:])}
}

// hello is with what an asker begins. SPEC 10.4.
type hello struct {
	nonce  Nonce
	window Window
	level  int
	sum    sum
}

func (h *hello) append() []byte {
	b := append(message(sayHello, helloSize), h.nonce[:]...)
	b = append(appendWindow(b, h.window), byte(h.level))
	return seal(append(b, h.sum[:]...))
}

func readHello(b []byte) (h hello, err error) {
	if len(b) != helloSize {
		return h, fmt.Errorf("hello of %d bytes, want %d", len(b), helloSize)
	}
	h.nonce, b = Nonce(b[:NonceSize]), b[NonceSize:]
	h.window, b = readWindow(b), b[windowSize:]
	h.level, h.sum = int(b[0]), sum(b[1:])
	if h.level < minLevel || h.level > maxLevel {
		return h, fmt.Errorf("level %d, want %d to %d", h.level, minLevel, maxLevel)
	}
	return h, nil
}

// tags is what an offerer answers to a hello. SPEC 10.6.
type tags struct {
	nonce  Nonce
	window Window
	keys   int
	tags   []uint16
}

func (t *tags) append() []byte {
	b := append(message(sayTags, tagsHeadSize+tagSize*len(t.tags)), t.nonce[:]...)
	b = binary.BigEndian.AppendUint32(appendWindow(b, t.window), uint32(t.keys))
	for _, tag := range t.tags {
		b = binary.BigEndian.AppendUint16(b, tag)
	}
	return seal(b)
}

func readTags(b []byte, level int) (t tags, err error) {
	if want := tagsHeadSize + tagSize<<level; len(b) != want {
		return t, fmt.Errorf("tags of %d bytes, want %d", len(b), want)
	}
	t.nonce, b = Nonce(b[:NonceSize]), b[NonceSize:]
	t.window, b = readWindow(b), b[windowSize:]
	t.keys, b = int(binary.BigEndian.Uint32(b)), b[4:]
	if t.keys > maxKeys {
		return t, fmt.Errorf("%d keys, want at most %d", t.keys, maxKeys)
	}
	for ; len(b) > 0; b = b[tagSize:] {
		t.tags = append(t.tags, binary.BigEndian.Uint16(b))
	}
	return t, nil
}

// cellsWanted asks for a block. SPEC 10.7.
type cellsWanted struct {
	number, part int
	chosen       ranges
}

func (w *cellsWanted) append() []byte {
	b := append(message(wantCells, 3+len(w.chosen.bits)), byte(w.number))
	b = binary.BigEndian.AppendUint16(b, uint16(w.part))
	return seal(append(b, w.chosen.bits...))
}

func readCellsWanted(b []byte, level int) (w cellsWanted, err error) {
	if want := 3 + 1<<level/8; len(b) != want {
		return w, fmt.Errorf("ask for cells of %d bytes, want %d", len(b), want)
	}
	w.number, w.part = int(b[0]), int(binary.BigEndian.Uint16(b[1:]))
	if w.number >= maxBlocks || w.part < 1 || w.part > maxPart {
		return w, fmt.Errorf("ask for block %d of parts of %d cells, want block 0 to %d and 1 to %d cells", w.number, w.part, maxBlocks-1, maxPart)
	}
	w.chosen = ranges{level, b[3:]}
	return w, nil
}

// listWanted asks for the short ids themselves, from one up to another. SPEC
// 10.8.
type listWanted struct {
	from, last Short
	most       int
	chosen     ranges
}

func (w *listWanted) append() []byte {
	b := w.last.append(w.from.append(message(wantList, listWantedHead+len(w.chosen.bits))))
	b = binary.BigEndian.AppendUint32(b, uint32(w.most))
	return seal(append(b, w.chosen.bits...))
}

func readListWanted(b []byte, level int) (w listWanted, err error) {
	if want := listWantedHead + 1<<level/8; len(b) != want {
		return w, fmt.Errorf("ask for a list of %d bytes, want %d", len(b), want)
	}
	w.from, b = readShort(b), b[shortSize:]
	w.last, b = readShort(b), b[shortSize:]
	w.most, b = int(binary.BigEndian.Uint32(b)), b[4:]
	if w.most < 1 || w.most > maxList {
		return w, fmt.Errorf("ask for a list of %d short ids, want 1 to %d", w.most, maxList)
	}
	w.chosen = ranges{level, b}
	return w, nil
}

// appendShorts and readShorts: ascending, 6 bytes each.
func appendShorts(b []byte, shorts []Short) []byte {
	for _, s := range shorts {
		b = s.append(b)
	}
	return b
}

func readShorts(b []byte) ([]Short, error) {
	if len(b)%shortSize != 0 {
		return nil, fmt.Errorf("short ids of %d bytes, want a multiple of %d", len(b), shortSize)
	}
	shorts := make([]Short, 0, len(b)/shortSize)
	for ; len(b) > 0; b = b[shortSize:] {
		s := readShort(b)
		if n := len(shorts); n > 0 && s <= shorts[n-1] {
			return nil, fmt.Errorf("short id %d is not greater than the one before", n)
		}
		shorts = append(shorts, s)
	}
	return shorts, nil
}
