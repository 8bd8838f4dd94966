package qr

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing"
	rsc "rsc.io/qr"
)

// link is about as long as links are.
var link = "VOTIVE:" + strings.Repeat("AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYU", 5)

// draw paints what Print printed, as a terminal would.
func draw(t *testing.T, printed string, ink, paper color.Gray) image.Image {
	t.Helper()
	const scale = 6
	lines := strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
	img := image.NewGray(image.Rect(0, 0, scale*utf8.RuneCountInString(lines[0]), 2*scale*len(lines)))
	fill := func(x, y int, on bool) {
		c := paper
		if on {
			c = ink
		}
		for dy := range scale {
			for dx := range scale {
				img.SetGray(x*scale+dx, y*scale+dy, c)
			}
		}
	}
	for y, line := range lines {
		for x, r := range []rune(line) {
			fill(x, 2*y, r == '█' || r == '▀')
			fill(x, 2*y+1, r == '█' || r == '▄')
		}
	}
	return img
}

func TestWhatIsPrintedCanBeRead(t *testing.T) {
	black, white := color.Gray{Y: 20}, color.Gray{Y: 240}
	printed, err := Print(link, false)
	if err != nil {
		t.Fatal(err)
	}
	asPNG := func(img image.Image) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, draw(t, printed, white, black), &jpeg.Options{Quality: 40}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		picture []byte
	}{
		{"a dark terminal", asPNG(draw(t, printed, white, black))},
		{"a light terminal", asPNG(draw(t, printed, black, white))},
		{"a poor JPEG", photo.Bytes()},
	} {
		if !IsPicture(c.picture) {
			t.Errorf("%s: IsPicture() = false, want true", c.name)
		}
		if got, err := Read(c.picture); err != nil || got != link {
			t.Errorf("%s: Read() = %q, %v, want %q", c.name, got, err, link)
		}
	}
}

// TestEveryLinkCanBeRead holds that it does not depend on the link: of codes
// without a flaw, one way of looking for the corners alone misses one in fifty.
func TestEveryLinkCanBeRead(t *testing.T) {
	random := rand.NewChaCha8([32]byte{3})
	for i := range 200 {
		raw := make([]byte, 100+i%120)
		if _, err := random.Read(raw); err != nil {
			t.Fatal(err)
		}
		text := "VOTIVE:" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
		code, err := rsc.Encode(text, rsc.M)
		if err != nil {
			t.Fatal(err)
		}
		code.Scale = 4
		if got, err := Read(code.PNG()); err != nil || got != text {
			t.Errorf("Read() of the code of %s = %q, %v", text, got, err)
		}
	}
}

func TestPrintFitsAPage(t *testing.T) {
	printed, err := Print(link, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(printed, "\n") {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("Print() has a line of %d columns, want at most 80", n)
		}
	}
	coloured, err := Print(link, true)
	if err != nil || !strings.HasPrefix(coloured, "\x1b[97;40m█") {
		t.Errorf("Print(_, true) = %.12q…, %v, want it to set its colours", coloured, err)
	}
	if got, err := Print(strings.Repeat("A", 5000), false); err == nil {
		t.Errorf("Print(5000 letters) = %d bytes, want an error", len(got))
	}
}

func TestReadRefuses(t *testing.T) {
	blank := func(w, h int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		name    string
		picture []byte
		want    string
	}{
		{"nothing", nil, "neither a PNG nor a JPEG"},
		{"text", []byte("votive:AAAA"), "neither a PNG nor a JPEG"},
		{"a blank picture", blank(300, 300), "no QR code"},
		{"one pixel", blank(1, 1), "no QR code"},
		{"half a picture", blank(300, 300)[:60], "damaged"},
		{"more than a camera takes", vast(blank(1, 1)), "too large"},
	} {
		if got, err := Read(c.picture); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Read() = %q, %v, want an error with %q", c.name, got, err, c.want)
		}
	}
}

// TestReadWeighsFewCorners: a picture of nothing but corners of codes, a few
// hundred bytes, would be weighed by threes for minutes.
func TestReadWeighsFewCorners(t *testing.T) {
	const side, cell = 20, 9
	img := image.NewGray(image.Rect(0, 0, side*cell+4, side*cell+4))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	for i := range side * side {
		for y := range 7 {
			for x := range 7 {
				ring := max(abs(x-3), abs(y-3))
				if ring != 2 {
					img.SetGray(4+i%side*cell+x, 4+i/side*cell+y, color.Gray{})
				}
			}
		}
	}
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewGlobalHistgramBinarizer(gozxing.NewLuminanceSourceFromImage(img)))
	if err != nil {
		t.Fatal(err)
	}
	for i, way := range ways {
		weighed := 0
		if text, ok := try(func(b *gozxing.BinaryBitmap, hints map[gozxing.DecodeHintType]any) (*gozxing.Result, error) {
			const key = gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK
			tell := hints[key].(gozxing.ResultPointCallback)
			hints[key] = gozxing.ResultPointCallback(func(p gozxing.ResultPoint) { weighed++; tell(p) })
			return way(b, hints)
		}, bitmap); ok {
			t.Errorf("way %d reads %q in a grid of corners", i, text)
		}
		if weighed > maxPoints+1 || i == 0 && weighed <= maxPoints {
			t.Errorf("way %d weighs %d corners of %d, want %d and no more", i, weighed, side*side, maxPoints)
		}
	}
}

func abs(n int) int { return max(n, -n) }

// vast has a picture say that it is 65,535 by 65,535.
func vast(picture []byte) []byte {
	header := picture[12:29] // IHDR: its name, then width and height
	binary.BigEndian.PutUint32(header[4:], 65_535)
	binary.BigEndian.PutUint32(header[8:], 65_535)
	binary.BigEndian.PutUint32(picture[29:], crc32.ChecksumIEEE(header))
	return picture
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"VOTIVE:ABCDEFGH", "https://example.org/?a=b", "\u202e"} {
		printed, err := Print(text, false)
		if err != nil {
			f.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
		img := image.NewGray(image.Rect(0, 0, utf8.RuneCountInString(lines[0]), 2*len(lines)))
		for y, line := range lines {
			for x, r := range []rune(line) {
				if r == '█' || r == '▀' {
					img.SetGray(x, 2*y, color.Gray{Y: 255})
				}
				if r == '█' || r == '▄' {
					img.SetGray(x, 2*y+1, color.Gray{Y: 255})
				}
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, picture []byte) {
		if len(picture) > 1<<16 {
			t.Skip("a picture of this size says nothing new")
		}
		if text, err := Read(picture); err != nil && text != "" {
			t.Errorf("Read() = %q, %v, want either", text, err)
		}
	})
}
