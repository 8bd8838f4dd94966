package votive

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tyler-smith/go-bip39"
)

// WordsOf are the 12 words by which people compare a key. SPEC 9.2.
func WordsOf(key ID) [12]string {
	hash := digest("votive-words-1", key[:])
	return [12]string(mnemonic(hash[:16]))
}

// Backup is the identity as 24 words of BIP-39. SPEC 9.1.
func (i Identity) Backup() [24]string {
	return [24]string(mnemonic(i.seed.key[:]))
}

// IdentityFromBackup reads the words that Backup gave, in upper or lower case.
// Its errors name a word by its place only: the words are a secret.
func IdentityFromBackup(words []string) (Identity, error) {
	if len(words) != 24 {
		return Identity{}, fmt.Errorf("backup of %d words, want 24", len(words))
	}
	lower := make([]string, len(words))
	for i, w := range words {
		lower[i] = strings.ToLower(w)
		if _, known := bip39.GetWordIndex(lower[i]); !known {
			return Identity{}, fmt.Errorf("word %d of the backup is not one of the 2,048 words of BIP-39", i+1)
		}
	}
	seed, err := bip39.EntropyFromMnemonic(strings.Join(lower, " "))
	if err != nil {
		return Identity{}, errors.New("backup words do not fit together: one is wrong, or their order is")
	}
	return IdentityFrom(seed)
}

// mnemonic is 3 words for every 4 bytes of entropy, of which there are 16 or 32.
func mnemonic(entropy []byte) []string {
	words, err := bip39.NewMnemonic(entropy)
	if err != nil {
		panic(err) // only for other lengths of entropy
	}
	return strings.Fields(words)
}
