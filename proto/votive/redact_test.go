package votive

import (
	"encoding/json"
	"fmt"
	"testing"
)

// Nothing that is or holds a secret shows itself, whatever it is printed with.
func TestSecretsDoNotShow(t *testing.T) {
	id := testIdentity(t, "ana")
	link, err := NewLink(testSecret("link"), []byte("somewhere"))
	if err != nil {
		t.Fatal(err)
	}
	reader := NewReader(KindCircle, testSecret("circle"))
	piece, err := reader.Open(sealed(t, reader, Days8, noon))
	if err != nil {
		t.Fatal(err)
	}
	for want, secret := range map[string]any{
		"secret":   testSecret("circle"),
		"identity": id,
		"signer":   id.PersonKey(),
		"reader":   reader,
		"link":     link,
		"piece":    piece,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
			if got := fmt.Sprintf(verb, secret); got != want {
				t.Errorf("Sprintf(%q, %T) = %q, want %q", verb, secret, got, want)
			}
		}
		got, err := json.Marshal(secret)
		if s := string(got); err != nil || s != `"`+want+`"` && s != "{}" {
			t.Errorf("json.Marshal(%T) = %s %v, want %q", secret, got, err, want)
		}
	}
}
