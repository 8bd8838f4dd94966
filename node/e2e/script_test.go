package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"rsc.io/qr"
)

// TestScripts runs testdata/script. What a script says is what people type; in
// addition to testscript's own words it has
//
//	starts NAME FLAGS…          a daemon for NAME, whose address is then $NAME
//	stops NAME, kills NAME      by SIGTERM, by SIGKILL
//	as NAME ARGS…               votive, as NAME; ! as: it must fail
//	exits CODE NAME ARGS…       votive, as NAME, with that exit code
//	until NAME PATTERN ARGS…    again after every change, until stdout matches
//	polls NAME PATTERN ARGS…    the same, of what a node does not tell of
//	watches NAME                follows votive watch --json from here on
//	sees NAME PATTERN           waits for such a line of it, which is stdout then
//	has PATH NAME…              stdout is JSON that has these fields there
//	is PATH VALUE               stdout is JSON that has this value there
//	take VAR PATH               puts what is there into a variable
//	narrow stdout               no line of it is wider than 80 columns
//	plain stdout                it has no character that a reader cannot see
//	picture TEXT FILE           writes a picture of a QR code
//	writes FILE LINE…           writes a text
//	nasty NAME ARGS…            as, with Go's escapes in ARGS: \x1b, \u202e
//	agree NAME NAME             waits until both carry as many frames
//	follows NAME                follows votive watch as people do
//	shows NAME PATTERN          waits for such a line of it, which is stdout then
//
// $YEAR is next year: an event in it is never past.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		RequireUniqueNames: true,
		Setup:              setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"starts": starts, "stops": stops, "kills": kills, "agree": agree, "as": as, "exits": exits,
			"until": until, "polls": polls, "watches": watches, "sees": sees,
			"has": has, "is": is, "take": take, "narrow": narrow, "plain": plain, "picture": picture, "writes": writes,
			"nasty": nasty, "follows": follows, "shows": shows,
		},
	})
}

func setUp(env *testscript.Env) error {
	env.Setenv("TZ", "Europe/London")
	env.Setenv("NO_COLOR", "1")
	env.Setenv("YEAR", nextYear)
	env.Values[casting{}] = make(cast)
	return nil
}

// The tests' events are next year, or, where there are many, so soon that the
// frames about them are stamped quickly.
var (
	nextYear = strconv.Itoa(time.Now().Year() + 1)
	soon     = time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
)

// cast is the people of a script, by name; casting is where a script has it.
type (
	cast    map[string]*actor
	casting struct{}
)

type actor struct {
	*person
	changes <-chan string // of votive watch --json
	page    <-chan string // of votive watch
}

// who is somebody of the script, who is there from when they are first named.
func who(ts *testscript.TestScript, name string) *actor {
	all := ts.Value(casting{}).(cast)
	if all[name] == nil {
		p := &person{judge: ts, name: name, home: ts.MkAbs(name)}
		ts.Defer(func() { _ = p.stop(os.Kill) })
		all[name] = &actor{person: p}
	}
	return all[name]
}

func usage(ts *testscript.TestScript, wrong bool, text string) {
	if wrong {
		ts.Fatalf("usage: %s", text)
	}
}

func starts(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 1, "starts NAME FLAGS…")
	p := who(ts, args[0])
	p.start(args[1:]...)
	ts.Setenv(args[0], p.ready.Addrs[0])
}

func stops(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "stops NAME")
	if err := who(ts, args[0]).stop(syscall.SIGTERM); err != nil {
		ts.Fatalf("votived ended with %v after SIGTERM, want 0", err)
	}
}

func kills(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "kills NAME")
	_ = who(ts, args[0]).stop(os.Kill) // it says that it was killed
}

// agree waits until two nodes carry the same number of frames.
func agree(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "agree NAME NAME")
	one, other := who(ts, args[0]), who(ts, args[1])
	for late := time.After(patience); ; {
		a, b := one.asks("status").at("frames"), other.asks("status").at("frames")
		if a == b {
			return
		}
		select {
		case <-late:
			ts.Fatalf("%s carries %s frames, and %s %s", one.name, a, other.name, b)
		case <-at:
		}
	}
}

// votive runs a command as somebody and returns its exit code.
func votive(ts *testscript.TestScript, name string, args []string) int {
	ts.Setenv("VOTIVE_HOME", who(ts, name).home)
	err := ts.Exec("votive", args...)
	if e := new(exec.ExitError); errors.As(err, &e) {
		return e.ExitCode()
	}
	ts.Check(err)
	return 0
}

func as(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) < 2, "[!] as NAME ARGS…")
	if code := votive(ts, args[0], args[1:]); (code == 0) == neg {
		ts.Fatalf("votive %s exits with %d", strings.Join(args[1:], " "), code)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 3, "exits CODE NAME ARGS…")
	if code := votive(ts, args[1], args[2:]); strconv.Itoa(code) != args[0] {
		ts.Fatalf("votive %s exits with %d, want %s", strings.Join(args[2:], " "), code, args[0])
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 3, "until NAME PATTERN ARGS…")
	s := who(ts, args[0]).until(args[1], args[2:]...)
	fmt.Fprint(ts.Stdout(), s.out)
}

func polls(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 3, "polls NAME PATTERN ARGS…")
	s := who(ts, args[0]).polls(args[1], args[2:]...)
	fmt.Fprint(ts.Stdout(), s.out)
}

func watches(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "watches NAME")
	p := who(ts, args[0])
	changes, stop := p.follow("--json")
	p.changes = changes
	ts.Defer(stop)
}

func follows(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "follows NAME")
	p := who(ts, args[0])
	page, stop := p.follow()
	p.page = page
	ts.Defer(stop)
}

func sees(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "sees NAME PATTERN")
	wait(ts, who(ts, args[0]).changes, args[1])
}

func shows(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "shows NAME PATTERN")
	wait(ts, who(ts, args[0]).page, args[1])
}

// wait reads lines until one matches, and makes it stdout.
func wait(ts *testscript.TestScript, lines <-chan string, pattern string) {
	wanted := regexp.MustCompile(pattern)
	late := time.After(patience)
	for {
		select {
		case line, open := <-lines:
			if !open {
				ts.Fatalf("the watch ended before %q", pattern)
			}
			if wanted.MatchString(line) {
				fmt.Fprintln(ts.Stdout(), line)
				return
			}
		case <-late:
			ts.Fatalf("not seen within %v: %q", patience, pattern)
		}
	}
}

// nasty is as, for what cannot be typed.
func nasty(ts *testscript.TestScript, neg bool, args []string) {
	for i, a := range args {
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(a, `"`, `\"`) + `"`)
		ts.Check(err)
		args[i] = text
	}
	as(ts, neg, args)
}

// printed is the part of stdout at a path.
func printed(ts *testscript.TestScript, path string) document {
	d, err := parse(ts.ReadFile("stdout"))
	ts.Check(err)
	d, err = d.part(path)
	ts.Check(err)
	return d
}

func has(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "has PATH NAME…")
	d := printed(ts, args[0])
	for _, name := range args[1:] {
		if !slices.Contains(d.names(), name) {
			ts.Fatalf("%s has no %s: %s", args[0], name, d)
		}
	}
}

func is(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) != 2, "[!] is PATH VALUE")
	if got := printed(ts, args[0]).String(); (got == args[1]) == neg {
		ts.Fatalf("%s is %s", args[0], got)
	}
}

func take(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "take VAR PATH")
	ts.Setenv(args[0], printed(ts, args[1]).String())
}

func picture(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "picture TEXT FILE")
	code, err := qr.Encode(args[0], qr.M)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), code.PNG(), 0o600))
}

func writes(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "writes FILE LINE…")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], "\n")+"\n"), 0o600))
}
