package main

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secret is something that must not be found on a disk.
type secret struct {
	what  string
	bytes []byte
}

// seize looks through all files of a home for secrets, as they are, in hex, in
// base32 and in base64, and gives how many bytes it looked through and what it
// found.
func seize(home string, secrets []secret) (looked int, found []string, err error) {
	err = filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked += len(b)
		folded := bytes.ToLower(b)
		for _, s := range secrets {
			for form, needle := range forms(s.bytes) {
				if bytes.Contains(b, needle) || bytes.Contains(folded, bytes.ToLower(needle)) {
					found = append(found, fmt.Sprintf("%s as %s in %s", s.what, form, path))
				}
			}
		}
		return nil
	})
	return looked, found, err
}

// forms are the ways in which bytes may stand in a file. In base32 and base64
// what is inside of something longer may begin in the middle of a group.
func forms(b []byte) map[string][]byte {
	m := map[string][]byte{"text": b, "hex": []byte(hex.EncodeToString(b))}
	inside := func(name string, group, bits int, encode func([]byte) string) {
		for shift := range group {
			padded := append(make([]byte, shift), b...)
			text := strings.TrimRight(encode(padded), "=")
			from := (shift*8 + bits - 1) / bits
			to := len(padded) * 8 / bits
			if to-from >= 6 {
				m[fmt.Sprintf("%s+%d", name, shift)] = []byte(text[from:to])
			}
		}
	}
	inside("base32", 5, 5, base32.StdEncoding.EncodeToString)
	inside("base32hex", 5, 5, base32.HexEncoding.EncodeToString)
	inside("base64", 3, 6, base64.StdEncoding.EncodeToString)
	inside("base64url", 3, 6, base64.URLEncoding.EncodeToString)
	return m
}
