package votive

import (
	"bytes"
	"fmt"
	"strings"
)

// writeLinks is SPEC 7.5.
func writeLinks(c *chapter) {
	secret := seedOf("link")
	for _, n := range []int{0, 1, 2, 3, 4, 40, 100} {
		addr := bytes.Repeat([]byte{0xa5}, n)
		lower := lawLink(secret, addr)
		want := linkOut{secret, addr, lower, strings.ToUpper(lower)}
		for what, text := range []string{lower, strings.ToUpper(lower)} {
			c.accept("link", fmt.Sprintf("address of %d bytes, %s case", n, []string{"lower", "upper"}[what]), "7.5", linkIn{text}, want)
		}
	}
	text := lawLink(secret, nil)
	want := linkOut{secret, octets{}, text, strings.ToUpper(text)}
	for _, scheme := range []string{"VOTIVE:", "Votive:", "vOTIVE:"} {
		c.accept("link", scheme+" and lower case", "7.5", linkIn{scheme + text[7:]}, want)
	}
	c.accept("link", "votive: and upper case", "7.5", linkIn{"votive:" + strings.ToUpper(text[7:])}, want)
	long := lawLink(secret, bytes.Repeat([]byte{0xa5}, 40))
	refused := func(name, text string) { c.refuse("link", name, "7.5", linkIn{text}) }
	writeCut(refused, text, long)
	writeAltered(refused, text)
	writeLinkBytes(c, secret)
}

func writeCut(refused func(name, text string), text, long string) {
	refused("nothing", "")
	refused("scheme alone", "votive:")
	for _, n := range []int{1, 2, 7, 30, len(text) - 8} {
		refused(fmt.Sprintf("%d letters cut off", n), text[:len(text)-n])
	}
	refused("address cut off", long[:len(text)])
	refused("first letter cut off", "votive:"+text[8:])
	refused("no scheme", text[7:])
	refused("another scheme", "http:"+text[7:])
	refused("two slashes", "votive://"+text[7:])
	refused("blank before", " "+text)
	refused("newline behind", text+"\n")
	refused("newline within", text[:30]+"\n"+text[30:])
	refused("one letter more", text+"a")
	refused("eight letters more", text+"aaaaaaaa")
	refused("padding", text+"===")
	refused("two links in one", text+text[7:])
	refused("a scheme of other letters", strings.Replace(text, "i", "\u0131", 1))
}

func writeAltered(refused func(name, text string), text string) {
	replace := func(i int, s string) string { return text[:i] + s + text[i+1:] }
	next := func(i int) string {
		const letters = "abcdefghijklmnopqrstuvwxyz234567"
		return letters[(strings.IndexByte(letters, text[i])+1)%32 : (strings.IndexByte(letters, text[i])+1)%32+1]
	}
	for _, i := range []int{7, 8, 20, 40, 60, len(text) - 2, len(text) - 1} {
		refused(fmt.Sprintf("letter %d altered", i-7), replace(i, next(i)))
	}
	for i := 7; ; i++ {
		if text[i] != text[i+1] {
			refused("two letters swapped", text[:i]+text[i+1:i+2]+text[i:i+1]+text[i+2:])
			break
		}
	}
	for i := 7; ; i++ {
		if text[i] >= 'a' {
			refused("one letter in the other case", replace(i, strings.ToUpper(text[i:i+1])))
			break
		}
	}
	for _, s := range []string{"0", "1", "8", "9", "-", "_", "=", "\u017f", "\u212a"} {
		refused(fmt.Sprintf("a %+q that is no base32", s), replace(20, s))
	}
}

// writeLinkBytes is links that add up and say something that must not be.
func writeLinkBytes(c *chapter, secret []byte) {
	link := func(version, n byte, addr int) string {
		b := append([]byte{version}, secret...)
		b = append(append(b, n), make([]byte, addr)...)
		return lawLinkText(append(b, lawDigest("votive-link-check-1", b)[:4]...))
	}
	c.refuse("link", "secret of zeros", "1.4 7.5", linkIn{lawLink(make([]byte, 32), nil)})
	refused := func(name, text string) { c.refuse("link", name, "7.5", linkIn{text}) }
	refused("version 0", link(0, 0, 0))
	refused("version 2", link(2, 0, 0))
	refused("n is 1 without an address", link(1, 1, 0))
	refused("n is 0 and there is an address", link(1, 0, 1))
	refused("n is less than the address", link(1, 4, 5))
	refused("n is 101", link(1, 101, 101))
	refused("n is 255", link(1, 255, 255))
	b := append(append([]byte{1}, secret...), 0)
	refused("check of zeros", lawLinkText(append(b[:34:34], 0, 0, 0, 0)))
	refused("no check", lawLinkText(b))
	refused("check of 3 bytes", lawLinkText(append(b[:34:34], lawDigest("votive-link-check-1", b)[:3]...)))
	refused("check of 5 bytes", lawLinkText(append(b[:34:34], lawDigest("votive-link-check-1", b)[:5]...)))
	refused("check without a domain", lawLinkText(append(b[:34:34], lawHash(b)[:4]...)))
}
