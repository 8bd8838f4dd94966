package dates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// simplified is the characters of the grammar that are written otherwise in
// traditional Chinese.
var simplified = strings.NewReplacer(
	"後", "后", "點", "点", "時", "时", "號", "号", "週", "周", "禮", "礼", "這", "这", "個", "个",
	"兩", "两", "鐘", "钟", "鍾", "钟", "頭", "头", "淩", "凌", "裏", "里", "裡", "里", "○", "〇", "零", "〇",
)

// fold writes a text as the grammar has it: in ASCII where it was in wide
// letters, in lower case and in simplified Chinese, with single blanks.
func fold(text string) string {
	narrow := strings.Map(func(r rune) rune {
		switch {
		case '！' <= r && r <= '～':
			r -= '！' - '!'
		case unicode.IsSpace(r): // the ideographic one and the one that does not break too
			r = ' '
		}
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)
	return simplified.Replace(strings.Join(strings.Fields(narrow), " "))
}

// scanner is a folded text and how far it was understood. What takes nothing
// leaves it where it was.
type scanner struct {
	text string
	at   int
}

func (s *scanner) rest() string { return s.text[s.at:] }

// blank takes a blank, if there is one.
func (s *scanner) blank() { s.at += len(s.rest()) - len(strings.TrimLeft(s.rest(), " ")) }

// sign takes one of these characters and the blanks about it.
func (s *scanner) sign(signs string) bool {
	left := strings.TrimLeft(s.rest(), " ")
	if left == "" || !strings.Contains(signs, left[:1]) {
		return false
	}
	s.at = len(s.text) - len(left) + 1
	s.blank()
	return true
}

// word takes the word, and the blank behind it. One in letters ends where the
// letters do, so that "june" is not "jun" and an e.
func (s *scanner) word(word string) bool {
	left, ok := strings.CutPrefix(s.rest(), word)
	if !ok {
		return false
	}
	if next, _ := utf8.DecodeRuneInString(left); isLetter(rune(word[len(word)-1])) && isLetter(next) {
		return false
	}
	s.at = len(s.text) - len(left)
	s.blank()
	return true
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' }

// one takes one of the words, the longest that is there, and gives what it
// stands for.
func one[T any](s *scanner, words map[string]T) (T, bool) {
	var best string
	for word := range words {
		if try := *s; len(word) > len(best) && try.word(word) {
			best = word
		}
	}
	if best == "" {
		var none T
		return none, false
	}
	s.word(best)
	return words[best], true
}

// digits takes a number of that many digits.
func (s *scanner) digits(least, most int) (n, length int, ok bool) {
	left := s.rest()
	for length < len(left) && '0' <= left[length] && left[length] <= '9' {
		if length == most {
			return 0, 0, false
		}
		n = n*10 + int(left[length]-'0')
		length++
	}
	if length < least {
		return 0, 0, false
	}
	s.at += length
	return n, length, true
}

// hans are the Chinese digits.
var hans = map[string]int{
	"〇": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}

// han takes one Chinese digit.
func (s *scanner) han() (int, bool) {
	_, size := utf8.DecodeRuneInString(s.rest())
	n, ok := hans[s.rest()[:size]]
	if ok {
		s.at += size
	}
	return n, ok
}

// number takes a number below 100, in one or two digits or in Chinese; padded
// reports whether it began with 0.
func (s *scanner) number() (n int, padded, ok bool) {
	began := *s
	if n, length, ok := s.digits(1, 2); ok {
		return n, length == 2 && n < 10, true
	}
	if s.word("两") {
		return 2, false, true
	}
	tens, ok := s.han()
	if !s.word("十") {
		return tens, false, ok
	}
	if !ok {
		tens = 1
	} else if tens == 0 {
		*s = began
		return 0, false, false
	}
	ones, _ := s.han()
	return tens*10 + ones, false, true
}

// year takes a year of four digits.
func (s *scanner) year() (int, bool) {
	if n, _, ok := s.digits(4, 4); ok {
		return n, true
	}
	began, year := *s, 0
	for range 4 {
		n, ok := s.han()
		if !ok {
			*s = began
			return 0, false
		}
		year = year*10 + n
	}
	return year, true
}
