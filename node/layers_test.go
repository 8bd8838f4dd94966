package node

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// fence is who may import whom of our own packages. What is not here may
// import nothing of ours, and a package that is not here must be added in a
// commit of its own that says why.
var fence = map[string][]string{
	"votive/proto/internal/wirepb":        {},
	"votive/proto/localpb":                {},
	"votive/proto/localpb/localpbconnect": {"votive/proto/localpb"},
	"votive/proto/recon":                  {},
	"votive/proto/recur":                  {},
	"votive/proto/votive":                 {"votive/proto/internal/wirepb", "votive/proto/recur"},
	"votive/proto/dates":                  {"votive/proto/votive", "votive/proto/recur"},

	"votive/node/calendar":  {"votive/proto/votive", "votive/proto/recur"},
	"votive/node/mesh":      {},
	"votive/node/disk":      {},
	"votive/node/store":     {"votive/proto/votive", "votive/proto/recon", "votive/node/disk"},
	"votive/node/vault":     {"votive/proto/votive", "votive/node/disk"},
	"votive/node/almanac":   {"votive/proto/votive", "votive/node/store", "votive/node/vault"},
	"votive/node/secretary": {"votive/proto/votive", "votive/proto/recur", "votive/node/almanac"},
	"votive/node/diary":     {"votive/proto/votive", "votive/proto/recur", "votive/node/almanac", "votive/node/calendar"},
	"votive/node/web":       {},
	"votive/node/settings":  {"votive/node/almanac"},
	"votive/node/remind": {
		"votive/proto/votive", "votive/proto/recur", "votive/node/almanac", "votive/node/diary", "votive/node/settings",
	},
	"votive/node/desktop": {},
	"votive/node/subscribe": {
		"votive/proto/votive", "votive/node/almanac", "votive/node/calendar", "votive/node/diary", "votive/node/remind",
	},
	"votive/node/caldav": {
		"votive/proto/votive", "votive/proto/recur", "votive/node/almanac", "votive/node/calendar", "votive/node/diary", "votive/node/secretary",
		"votive/node/subscribe", "votive/node/remind",
	},
	"votive/node/courier": {
		"votive/proto/votive", "votive/proto/recon", "votive/node/almanac", "votive/node/store", "votive/node/mesh",
	},
	"votive/node/api": {
		"votive/proto/votive", "votive/proto/recur", "votive/proto/dates", "votive/proto/localpb", "votive/proto/localpb/localpbconnect",
		"votive/node/almanac", "votive/node/secretary", "votive/node/calendar", "votive/node/diary",
		"votive/node/subscribe", "votive/node/caldav", "votive/node/settings", "votive/node/remind",
	},
	"votive/node": {
		"votive/proto/votive", "votive/proto/localpb", "votive/node/mesh", "votive/node/store", "votive/node/vault",
		"votive/node/almanac", "votive/node/secretary", "votive/node/courier", "votive/node/api",
		"votive/node/web", "votive/node/subscribe", "votive/node/caldav", "votive/node/remind", "votive/node/desktop",
	},

	"votive/cmd/votive":  {"votive/proto/localpb"},
	"votive/cmd/votived": {"votive/node", "votive/node/desktop"},
	"votive/cmd/demo":    {},

	"votive/node/e2e": {},
}

// thirdParty is where a dependency may be used, by the beginning of its path.
var thirdParty = []struct {
	path string
	only []string
}{
	{"github.com/libp2p/", []string{"votive/node/mesh", "votive/node", "votive/node/courier"}},
	{"github.com/libp2p/go-libp2p-pubsub", []string{"votive/node/mesh"}},
	{"github.com/libp2p/go-libp2p-kad-dht", []string{"votive/node/mesh"}},
	{"github.com/libp2p/go-libp2p/p2p/", []string{"votive/node/mesh"}},
	{"github.com/ipfs/go-datastore", []string{"votive/node/disk", "votive/node/store", "votive/node/vault", "votive/node"}},
	{"github.com/cockroachdb/pebble", []string{"votive/node/disk", "votive/node/store", "votive/node/vault", "votive/node"}},
	{"github.com/gen2brain/beeep", []string{"votive/node/desktop"}},
	{"google.golang.org/protobuf", []string{
		"votive/proto/votive", "votive/proto/internal/wirepb", "votive/proto/localpb", "votive/cmd/votive",
	}},
}

// pure may not be imported under proto: what it decides must not depend on
// where and when it runs.
var impure = []string{"net", "net/http", "os", "os/exec", "syscall"}

type listed struct {
	ImportPath string
	Imports    []string
}

func ownPackages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "votive/...").Output()
	if err != nil {
		t.Fatalf("go list = %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list printed what is not JSON: %v", err)
		}
		all = append(all, p)
	}
}

// parent is the package whose private rooms p belongs to: votive/a/b for
// votive/a/b/internal/c. A package may always use its own rooms.
func parent(p string) string {
	before, _, _ := strings.Cut(p, "/internal/")
	return before
}

func TestFence(t *testing.T) {
	for _, p := range ownPackages(t) {
		allowed, known := fence[p.ImportPath]
		if !known && strings.Contains(p.ImportPath, "/internal/") {
			allowed, known = fence[parent(p.ImportPath)]
		}
		if !known {
			t.Errorf("%s is not in the fence", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			own := strings.HasPrefix(i, "votive/") && !slices.Contains(allowed, i)
			if own && (parent(i) == i || parent(i) != parent(p.ImportPath)) {
				t.Errorf("%s imports %s, which the fence does not allow", p.ImportPath, i)
			}
			if strings.HasPrefix(p.ImportPath, "votive/proto/") && slices.Contains(impure, i) &&
				p.ImportPath != "votive/proto/localpb/localpbconnect" {
				t.Errorf("%s imports %s: proto is pure", p.ImportPath, i)
			}
			if p.ImportPath == "votive/node/calendar" && slices.Contains(impure, i) {
				t.Errorf("%s imports %s: it is text in and out", p.ImportPath, i)
			}
			checkThirdParty(t, p.ImportPath, i)
		}
	}
}

func checkThirdParty(t *testing.T, from, to string) {
	t.Helper()
	for _, rule := range thirdParty {
		if strings.HasPrefix(to, rule.path) && !slices.Contains(rule.only, parent(from)) && !slices.Contains(rule.only, from) {
			t.Errorf("%s imports %s, which only %v may", from, to, rule.only)
		}
	}
}
