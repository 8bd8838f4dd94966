// Package qr turns votive links into QR codes on a terminal, and pictures of QR
// codes back into text. It is apart because it alone needs image codecs, and
// because the pictures it reads come from other people: what is too large, no
// picture, or has no code in it is refused.
package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the two formats of screenshots and cameras
	_ "image/png"
	"strings"

	"github.com/makiuchi-d/gozxing"
	several "github.com/makiuchi-d/gozxing/multi/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode"
	"rsc.io/qr"
)

// MaxPixels bounds the pictures that Read looks at; the largest phone cameras
// take 200 million, and are usually set to a fourth or less.
const MaxPixels = 60_000_000

// maxPoints is how many things that look like a corner of a code are weighed. A
// code has three, and what is around it has a few; the library tries every three
// of them, which takes minutes for a small picture that is made of nothing else.
const maxPoints = 100

// quiet is the light border around a code, in modules. The standard asks for 4
// and every reader does with 2, which saves lines.
const quiet = 2

// Print draws text as a QR code with two modules to a character, light ones
// filled, as is right on a dark terminal. With colour it is right on any.
// Capital letters make smaller codes.
func Print(text string, colour bool) (string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", fmt.Errorf("too long for a QR code: %d characters", len(text))
	}
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		if colour {
			b.WriteString("\x1b[97;40m")
		}
		for x := -quiet; x < code.Size+quiet; x++ {
			below := code.Black(x, y+1) || y+1 >= code.Size+quiet
			switch above := code.Black(x, y); {
			case above && below:
				b.WriteByte(' ')
			case above:
				b.WriteRune('▄')
			case below:
				b.WriteRune('▀')
			default:
				b.WriteRune('█')
			}
		}
		if colour {
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// IsPicture says whether b begins like a PNG or a JPEG.
func IsPicture(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(b, []byte("\xff\xd8\xff"))
}

// Read finds the QR code in a PNG or JPEG picture and returns its text.
func Read(picture []byte) (text string, err error) {
	defer func() {
		if recover() != nil { // the decoder is not ours, and the picture is anybody's
			text, err = "", errors.New("no QR code can be read in this picture")
		}
	}()
	size, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return "", errors.New("neither a PNG nor a JPEG picture")
	}
	if int64(size.Width)*int64(size.Height) > MaxPixels {
		return "", fmt.Errorf("a picture of %d x %d is too large: at most %d million pixels",
			size.Width, size.Height, MaxPixels/1_000_000)
	}
	img, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return "", errors.New("this picture is damaged")
	}
	light := gozxing.NewLuminanceSourceFromImage(img)
	for _, source := range []gozxing.LuminanceSource{light, gozxing.NewInvertedLuminanceSource(light)} {
		for _, binarizer := range []gozxing.Binarizer{
			gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source),
		} {
			if text, ok := decode(binarizer); ok {
				return text, nil
			}
		}
	}
	return "", errors.New("no QR code can be read in this picture")
}

// decode finds the three corners of a code in three ways: the reader that looks
// for them anywhere, at any angle, takes a pattern within the code for one of
// them in about two codes of a hundred. The reader that takes the picture to be
// nothing but a code finds most of those, and the one that looks for several
// codes, which weighs every triple of corners, the others.
func decode(binarizer gozxing.Binarizer) (string, bool) {
	bitmap, err := gozxing.NewBinaryBitmap(binarizer)
	if err != nil {
		return "", false
	}
	for _, way := range ways {
		if text, ok := try(way, bitmap); ok {
			return text, true
		}
	}
	return "", false
}

// ways is how to look for the one code in a picture.
var ways = []func(*gozxing.BinaryBitmap, map[gozxing.DecodeHintType]any) (*gozxing.Result, error){
	func(b *gozxing.BinaryBitmap, hints map[gozxing.DecodeHintType]any) (*gozxing.Result, error) {
		return qrcode.NewQRCodeReader().Decode(b, hints)
	},
	func(b *gozxing.BinaryBitmap, _ map[gozxing.DecodeHintType]any) (*gozxing.Result, error) {
		return qrcode.NewQRCodeReader().Decode(b, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
	},
	func(b *gozxing.BinaryBitmap, hints map[gozxing.DecodeHintType]any) (*gozxing.Result, error) {
		found, err := several.NewQRCodeMultiReader().DecodeMultiple(b, hints)
		if err == nil && len(found) != 1 {
			err = fmt.Errorf("%d codes", len(found))
		}
		if err != nil {
			return nil, err
		}
		return found[0], nil
	},
}

// try looks in one way. The decoder is not ours, and the picture is anybody's:
// it may panic, and is made to where there are too many corners.
func try(way func(*gozxing.BinaryBitmap, map[gozxing.DecodeHintType]any) (*gozxing.Result, error), bitmap *gozxing.BinaryBitmap) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	points := 0
	found, err := way(bitmap, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER: true,
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(func(gozxing.ResultPoint) {
			if points++; points > maxPoints {
				panic("too many corners")
			}
		}),
	})
	if err != nil {
		return "", false
	}
	return found.GetText(), true
}
