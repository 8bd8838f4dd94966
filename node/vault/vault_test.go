package vault

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"votive/proto/votive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var cheap = Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}

func identity(t testing.TB) votive.Identity {
	t.Helper()
	id, err := votive.IdentityFrom(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func open(t testing.TB, fs vfs.FS) *Vault {
	t.Helper()
	v, err := Open("vault", Options{FS: fs, Cost: cheap})
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// made is an open vault with a passphrase, or with none.
func made(t testing.TB, fs vfs.FS, passphrase string) *Vault {
	t.Helper()
	v := open(t, fs)
	if err := v.Create([]byte(passphrase), identity(t)); err != nil {
		t.Fatalf("Create = %v", err)
	}
	return v
}

func put(t testing.TB, v *Vault, name, value string) {
	t.Helper()
	c := new(Changes)
	c.Put(name, []byte(value))
	if err := v.Commit(t.Context(), c); err != nil {
		t.Fatalf("Commit = %v", err)
	}
}

func rows(t testing.TB, v *Vault) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := v.Scan(t.Context(), func(name string, value []byte) error {
		if _, twice := all[name]; twice {
			t.Errorf("Scan gave %q twice", name)
		}
		all[name] = string(value)
		return nil
	})
	if err != nil {
		t.Fatalf("Scan = %v", err)
	}
	return all
}

// TestStates is every call in every state.
func TestStates(t *testing.T) {
	states := map[string]func(*testing.T) *Vault{
		"none": func(t *testing.T) *Vault { return open(t, vfs.NewMem()) },
		"locked": func(t *testing.T) *Vault {
			v := made(t, vfs.NewMem(), "secret")
			if err := v.Lock(); err != nil {
				t.Fatal(err)
			}
			return v
		},
		"unlocked": func(t *testing.T) *Vault { return made(t, vfs.NewMem(), "secret") },
		"bare":     func(t *testing.T) *Vault { return made(t, vfs.NewMem(), "") },
	}
	calls := map[string]func(*Vault) error{
		"Create":   func(v *Vault) error { return v.Create(nil, identity(t)) },
		"Unlock":   func(v *Vault) error { return v.Unlock([]byte("secret")) },
		"Guess":    func(v *Vault) error { return v.Unlock([]byte("wrong")) },
		"Lock":     (*Vault).Lock,
		"Identity": func(v *Vault) error { _, err := v.Identity(); return err },
		"Get":      func(v *Vault) error { _, err := v.Get(context.Background(), "x"); return err },
		"Commit": func(v *Vault) error {
			c := new(Changes)
			c.Put("x", nil)
			return v.Commit(context.Background(), c)
		},
		"Scan":   func(v *Vault) error { return v.Scan(context.Background(), func(string, []byte) error { return nil }) },
		"Flush":  func(v *Vault) error { return v.Flush(context.Background()) },
		"Change": func(v *Vault) error { return v.ChangePassphrase([]byte("secret"), []byte("next")) },
		"Wipe":   (*Vault).Wipe,
		"Purge":  func(v *Vault) error { return v.Purge(context.Background()) },
		"Close":  (*Vault).Close,
	}
	want := map[string]map[string]error{ // nil where not named
		"none": {
			"Unlock": ErrNone, "Guess": ErrNone, "Identity": ErrLocked, "Get": ErrLocked, "Commit": ErrLocked,
			"Scan": ErrLocked, "Change": ErrNone, "Wipe": ErrNone, "Purge": ErrNone,
		},
		"locked": {
			"Create": ErrExists, "Guess": ErrWrongPassphrase, "Identity": ErrLocked, "Get": ErrLocked,
			"Commit": ErrLocked, "Scan": ErrLocked,
		},
		"unlocked": {"Create": ErrExists, "Get": ErrNotFound},
		"bare":     {"Create": ErrExists, "Get": ErrNotFound},
	}
	for state, build := range states {
		for name, call := range calls {
			t.Run(state+"/"+name, func(t *testing.T) {
				if err := call(build(t)); !errors.Is(err, want[state][name]) || (err == nil) != (want[state][name] == nil) {
					t.Errorf("%s of a vault that is %s = %v, want %v", name, state, err, want[state][name])
				}
			})
		}
	}
}

func TestRowsOutliveClosing(t *testing.T) {
	fs := vfs.NewMem()
	v := made(t, fs, "secret")
	want := map[string]string{"empty": "", "short": "x"}
	for _, n := range []int{900, 984, 985, 4016, 4088, maxValue} {
		want[fmt.Sprint(n)] = strings.Repeat("v", n)
	}
	for name, value := range want {
		put(t, v, name, value)
	}
	put(t, v, "4016", "shorter now") // leaves no chunk behind
	want["4016"] = "shorter now"
	put(t, v, "gone", strings.Repeat("v", 5000))
	c := new(Changes)
	c.Delete("gone")
	c.Delete("never there")
	if err := v.Commit(t.Context(), c); err != nil {
		t.Fatalf("Commit = %v", err)
	}
	v.Receive("received", []byte("r"))
	want["received"] = "r"
	for range 2 {
		if got := rows(t, v); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("Scan gave %d rows, want %d with the same values", len(got), len(want))
		}
		for name, value := range want {
			if got, err := v.Get(t.Context(), name); err != nil || string(got) != value {
				t.Errorf("Get(%q) = %d bytes, %v, want %d", name, len(got), err, len(value))
			}
		}
		if err := v.Close(); err != nil {
			t.Fatalf("Close = %v", err)
		}
		v = open(t, fs)
		if err := v.Unlock([]byte("secret")); err != nil {
			t.Fatalf("Unlock = %v", err)
		}
	}
	if id, err := v.Identity(); err != nil || id.Key() != identity(t).Key() {
		t.Errorf("Identity = %v, %v, want the one that the vault was made for", id.Key(), err)
	}
}

func TestRefusesWhatIsTooLong(t *testing.T) {
	v := made(t, vfs.NewMem(), "")
	for _, c := range []struct {
		why   string
		name  string
		value int
	}{
		{"no name", "", 1},
		{"a name of 201 bytes", strings.Repeat("n", 201), 1},
		{"a value over 64 KiB", "n", maxValue + 1},
	} {
		changes := new(Changes)
		changes.Put("before", nil)
		changes.Put(c.name, make([]byte, c.value))
		if err := v.Commit(t.Context(), changes); err == nil {
			t.Errorf("Commit with %s = nil, want an error", c.why)
		}
	}
	if got := rows(t, v); len(got) != 0 {
		t.Errorf("%d rows were written all the same", len(got))
	}
}

// TestSeizure looks for what was written in every file of a closed vault.
func TestSeizure(t *testing.T) {
	for _, passphrase := range []string{"secret", ""} {
		dir := filepath.Join(t.TempDir(), "vault")
		v, err := Open(dir, Options{Cost: cheap})
		if err != nil {
			t.Fatalf("Open = %v", err)
		}
		if err := v.Create([]byte(passphrase), identity(t)); err != nil {
			t.Fatalf("Create = %v", err)
		}
		needles := []string{"Candlelight vigil", "燭光悼念", string(bytes.Repeat([]byte{7}, 32)), "keep/event/0123456789"}
		for _, n := range needles {
			put(t, v, n, n+n)
			v.Receive("r"+n, []byte(n))
		}
		if err := v.Close(); err != nil {
			t.Fatalf("Close = %v", err)
		}
		files := everything(t, dir)
		for _, n := range needles {
			for form, b := range map[string]string{
				"text": n, "hex": hex.EncodeToString([]byte(n)),
				"base32": strings.TrimRight(base32.StdEncoding.EncodeToString([]byte(n)), "=")[:8],
				"base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(n)), "=")[:12],
			} {
				if bytes.Contains(bytes.ToLower(files), bytes.ToLower([]byte(b))) {
					t.Errorf("passphrase %q: %q is on disk as %s", passphrase, n, form)
				}
			}
		}
		if !bytes.Contains(files, []byte(keyFileKind)) {
			t.Error("the search finds not even the key file")
		}
	}
}

func everything(t *testing.T, dir string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() && info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v, want 0700", path, info.Mode().Perm())
		}
		if !d.Type().IsRegular() {
			return nil
		}
		if d.Name() == "key" && info.Mode().Perm() != 0o600 {
			t.Errorf("the key file has mode %v, want 0600", info.Mode().Perm())
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFlushPattern: what is written does not show which frames were ours.
func TestFlushPattern(t *testing.T) {
	written := func(readable int) int {
		v := made(t, vfs.NewMem(), "")
		before := int(v.db.Logged())
		v.Arrived(32)
		for i := range readable {
			v.Receive(fmt.Sprint(i), []byte("a record of some length"))
		}
		if err := v.Flush(t.Context()); err != nil {
			t.Fatalf("Flush = %v", err)
		}
		return int(v.db.Logged()) - before
	}
	none := written(0)
	if none == 0 {
		t.Fatal("frames came and nothing was written")
	}
	for _, readable := range []int{1, 16, 32} {
		if got := written(readable); got != none {
			t.Errorf("with %d readable frames %d bytes were logged, with none %d", readable, got, none)
		}
	}
	v := made(t, vfs.NewMem(), "")
	before := int(v.db.Logged())
	if err := v.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := int(v.db.Logged()); after != before {
		t.Errorf("no frame came, and %d bytes were logged", after-before)
	}
}

func TestDamagedRowsLoseNoOthers(t *testing.T) {
	v := made(t, vfs.NewMem(), "")
	for i := range 10 {
		put(t, v, fmt.Sprint(i), "value")
	}
	key := v.sealer.key(realRow, "3", 0)
	sealed, err := v.db.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	sealed[100] ^= 1
	if err := v.db.Put(t.Context(), key, sealed); err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = v.Scan(t.Context(), func(string, []byte) error { seen++; return nil })
	if damaged := (DamagedError{}); !errors.As(err, &damaged) || damaged.Rows != 1 || seen != 9 || !errors.Is(err, ErrDamaged) {
		t.Errorf("Scan = %v after %d rows, want 1 damaged and 9 others", err, seen)
	}
	if _, err := v.Get(t.Context(), "3"); !errors.Is(err, ErrDamaged) {
		t.Errorf("Get of a damaged row = %v, want %v", err, ErrDamaged)
	}
	// A row moved to another's place is damaged too: its key is authenticated.
	whole, err := v.db.Get(t.Context(), v.sealer.key(realRow, "4", 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.db.Put(t.Context(), v.sealer.key(realRow, "5", 0), whole); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get(t.Context(), "5"); !errors.Is(err, ErrDamaged) {
		t.Errorf("Get of a row that was put in another's place = %v, want %v", err, ErrDamaged)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	key := &dataKey{1, 2, 3}
	f, err := wrap(key, nil, cheap)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{key, *key, f, &f, made(t, vfs.NewMem(), "")} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s"} {
			if got := fmt.Sprintf(verb, v); len(got) > 20 {
				t.Errorf("%s of a %T shows %d characters, want a placeholder", verb, v, len(got))
			}
		}
	}
}

func TestWipe(t *testing.T) {
	fs := vfs.NewMem()
	v := made(t, fs, "secret")
	put(t, v, "x", "y")
	if err := v.Wipe(); err != nil {
		t.Fatalf("Wipe = %v", err)
	}
	if v.Exists() {
		t.Error("after Wipe there is a vault")
	}
	if _, err := fs.Stat("vault/key"); err == nil {
		t.Error("after Wipe the key file is there")
	}
	if err := v.Create(nil, identity(t)); err != nil {
		t.Errorf("Create after Wipe = %v", err)
	}
}

func TestKeyFileIsNeverOverwrittenWhenDamaged(t *testing.T) {
	for _, c := range []struct{ why, content string }{
		{"empty", ""},
		{"cut short", `{"kind":"votive vault key 1","bare":"AAAA`},
		{"another kind", `{"kind":"x","bare":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`},
		{"a terabyte of memory", `{"kind":"votive vault key 1","argon2id":{"Passes":1,"MemoryKiB":1073741824,"Lanes":1},"salt":"AAAAAAAAAAAAAAAAAAAAAA==","wrapped":"` +
			base64.StdEncoding.EncodeToString(make([]byte, 72)) + `"}`},
		{"over the size", strings.Repeat(" ", maxKeyFile+1)},
	} {
		fs := vfs.NewMem()
		if err := fs.MkdirAll("vault", 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := fs.Create("vault/key", vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, c.content); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		if v, err := Open("vault", Options{FS: fs}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Open = %v, %v, want %v", c.why, v, err, ErrDamaged)
		}
	}
}

func FuzzKeyFile(f *testing.F) {
	key := new(dataKey)
	for _, p := range []string{"", "secret"} {
		k, err := wrap(key, []byte(p), cheap)
		if err != nil {
			f.Fatal(err)
		}
		b, err := k.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := parseKeyFile(b)
		if err != nil {
			return
		}
		again, err := k.encode()
		if err != nil {
			t.Fatalf("encode = %v", err)
		}
		l, err := parseKeyFile(again)
		if err != nil {
			t.Fatalf("parseKeyFile(encode(k)) = %v", err)
		}
		if b, err := l.encode(); err != nil || !bytes.Equal(b, again) {
			t.Errorf("encode(parseKeyFile(%q)) = %q, %v", again, b, err)
		}
	})
}

// rewrite makes what change gives the content of a file.
func rewrite(t *testing.T, fs vfs.FS, name string, change func([]byte) []byte) {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if f, err = fs.Create(name, vfs.WriteCategoryUnspecified); err == nil {
		_, err = f.Write(change(b))
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
}

// files is those of the database that begin and end so.
func files(t *testing.T, fs vfs.FS, begin, end string) (found []string) {
	t.Helper()
	names, err := fs.List("vault/db")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, begin) && strings.HasSuffix(name, end) {
			found = append(found, "vault/db/"+name)
		}
	}
	if len(found) == 0 {
		t.Fatalf("there is no %s…%s among %v", begin, end, names)
	}
	return found
}

// TestSalvage: a damaged vault says so, with its passphrase or without; what
// is whole of it is there afterwards, as it was written last.
func TestSalvage(t *testing.T) {
	const n = 100
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	for _, c := range []struct {
		what   string
		damage func(t *testing.T, fs vfs.FS)
		lost   int
	}{
		{"the manifest is gone", func(t *testing.T, fs vfs.FS) {
			if err := fs.Remove(files(t, fs, "MANIFEST", "")[0]); err != nil {
				t.Fatal(err)
			}
		}, 0},
		{"a table is cut off", func(t *testing.T, fs vfs.FS) {
			rewrite(t, fs, files(t, fs, "", ".sst")[0], func(b []byte) []byte { return b[:len(b)-10] })
		}, 0},
		{"a byte of a table", func(t *testing.T, fs vfs.FS) { rewrite(t, fs, files(t, fs, "", ".sst")[0], flip) }, 5},
	} {
		for _, passphrase := range []string{"", "secret"} {
			t.Run(c.what+"/"+passphrase, func(t *testing.T) {
				fs := vfs.NewMem()
				v := made(t, fs, passphrase)
				for i := range n {
					put(t, v, fmt.Sprint(i), "of before")
				}
				for i := range n {
					put(t, v, fmt.Sprint(i), "now")
				}
				put(t, v, "gone", "x")
				gone := new(Changes)
				gone.Delete("gone")
				if err := v.Commit(t.Context(), gone); err != nil {
					t.Fatal(err)
				}
				if err := v.Purge(t.Context()); err != nil { // one table
					t.Fatal(err)
				}
				if err := v.Close(); err != nil {
					t.Fatal(err)
				}
				c.damage(t, fs)
				v, err := Open("vault", Options{FS: fs})
				if err == nil {
					err = v.Check(t.Context())
					_ = v.Close()
				}
				if !errors.Is(err, ErrDamaged) || errors.Is(err, ErrKeyDamaged) {
					t.Errorf("Open and Check = %v, want %v", err, ErrDamaged)
				}
				r, err := Salvage(t.Context(), "vault", Options{FS: fs})
				if err != nil || r.Aside != "vault/db.damaged-1" || r.Rows < n-c.lost {
					t.Fatalf("Salvage = %+v, %v, want at least %d rows", r, err, n-c.lost)
				}
				v, err = Open("vault", Options{FS: fs})
				if err == nil {
					t.Cleanup(func() { _ = v.Close() })
					err = v.Unlock([]byte(passphrase))
				}
				if c.lost > 1 && errors.Is(err, ErrDamaged) {
					return // once in a thousand times both copies of the identity lay there
				}
				if err != nil {
					t.Fatalf("Open and Unlock after that = %v", err)
				}
				got := rows(t, v)
				for name, value := range got {
					if value != "now" {
						t.Errorf("row %q is %q, want what was written last", name, value)
					}
				}
				if len(got) < n-c.lost || len(got) > n {
					t.Errorf("%d rows after that, want %d but for at most %d", len(got), n, c.lost)
				}
				if err := v.Wipe(); err != nil {
					t.Fatalf("Wipe = %v", err)
				}
				if left, err := fs.List("vault"); err != nil || len(left) > 0 {
					t.Errorf("after Wipe there is %v, %v, want nothing", left, err)
				}
			})
		}
	}
	if _, err := Salvage(t.Context(), "nowhere", Options{FS: vfs.NewMem()}); !errors.Is(err, ErrNone) {
		t.Errorf("Salvage of no vault = %v, want %v", err, ErrNone)
	}
}

// TestScanOfDamagedDatabase: where not all rows can be read, those that can
// are not taken for all there are.
func TestScanOfDamagedDatabase(t *testing.T) {
	fs := vfs.NewMem()
	v := made(t, fs, "secret")
	for i := range 100 {
		put(t, v, fmt.Sprint(i), "value")
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	rewrite(t, fs, files(t, fs, "", ".sst")[0], func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	v = open(t, fs)
	err := v.Unlock([]byte("secret"))
	if err == nil { // the identity is elsewhere
		err = v.Scan(t.Context(), func(string, []byte) error { return nil })
	}
	if damaged := (DamagedError{}); !errors.Is(err, ErrDamaged) || errors.As(err, &damaged) {
		t.Errorf("Scan = %v, want %v of the whole database", err, ErrDamaged)
	}
}
