package main

import (
	"bytes"
	"strings"
	"testing"
)

// A command line that cannot be meant is one clear line, a hint and 2; what cannot
// be done is 1.
func TestBadFlags(t *testing.T) {
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"--nope", exitUsage, "-nope"},
		{"word", exitUsage, `"word"`},
		{"--effort 17", exitUsage, "effort 17"},
		{"--effort 300", exitUsage, "effort 300"},
		{"--quota 3", exitUsage, "quota of 3"},
		{"--quota many", exitUsage, `"many"`},
		{"--dht no", exitUsage, `"no"`},
		{"--dht off --bootstrap x", exitUsage, "DHT is off"},
		{"--web 1", exitUsage, `"1"`},
		{"--log-level loud", exitUsage, `"loud"`},
		{"--passphrase-file /nowhere/at/all", exitUsage, "/nowhere/at/all"},
		{"--peer x", exitUsage, `peer "x"`},
		{"--bootstrap x", exitUsage, `peer "x"`},
		{"--listen x", exitUsage, `listen on "x"`},
		{"--check --quota 3", exitUsage, "quota of 3"},
		{"--listen /ip4/192.0.2.1/udp/1/quic-v1", exitFailed, "192.0.2.1"}, // of nobody (RFC 5737)
	} {
		var out, err bytes.Buffer
		args := append(strings.Fields(tt.args), "--home", t.TempDir())
		if strings.HasPrefix(tt.args, "word") {
			args = strings.Fields(tt.args)
		}
		if code := run(t.Context(), args, stdio{&out, &err}); code != tt.code {
			t.Errorf("votived %s: exit %d, want %d", tt.args, code, tt.code)
		}
		said := strings.Split(strings.TrimSpace(err.String()), "\n")
		if !strings.HasPrefix(said[0], "votived: ") || !strings.Contains(said[0], tt.says) || len(said) > 2 {
			t.Errorf("votived %s says %q, want one line about %s, and a hint", tt.args, err.String(), tt.says)
		}
		if out.Len() > 0 {
			t.Errorf("votived %s prints %q", tt.args, out.String())
		}
	}
}

func TestHelp(t *testing.T) {
	var out, err bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, stdio{&out, &err}); code != exitOK {
		t.Errorf("votived --help: exit %d, want 0", code)
	}
	if s := err.String(); !strings.Contains(s, "-quota") || strings.Contains(s, "votived: flag") {
		t.Errorf("votived --help says %q, want the flags", s)
	}
}
