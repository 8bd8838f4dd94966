package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"connectrpc.com/connect"
	"github.com/gofrs/flock"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"votive/proto/localpb"
	"votive/proto/localpb/localpbconnect"
)

// canned answers every method with what a directory holds for it: Method.json,
// or Method.2.json for the second time it is asked. A file with a "code" is an
// error. What was asked is kept in a file, a line for each request. It is there
// to see how answers are shown; what is true of votive is tried elsewhere, on
// the real daemon.
type canned struct {
	dir  string
	stop func()

	mu    sync.Mutex
	asked map[string]int
}

func newCanned(dir string, stop func()) *canned {
	return &canned{dir: dir, stop: stop, asked: make(map[string]int)}
}

type cannedError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func answer[T proto.Message](c *canned, method string, request proto.Message, response T) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[method]++
	if err := c.note(method, request); err != nil {
		return response, err
	}
	path := filepath.Join(c.dir, fmt.Sprintf("%s.%d.json", method, c.asked[method]))
	b, err := os.ReadFile(path)
	if err != nil {
		b, err = os.ReadFile(filepath.Join(c.dir, method+".json"))
	}
	if err != nil {
		return response, connect.NewError(connect.CodeUnimplemented, err)
	}
	var fail cannedError
	if err := json.Unmarshal(b, &fail); err == nil && fail.Code != "" {
		return response, fail.error()
	}
	return response, protojson.Unmarshal(b, response)
}

func (f cannedError) error() error {
	var code connect.Code
	if err := code.UnmarshalText([]byte(f.Code)); err != nil {
		return err
	}
	e := connect.NewError(code, errors.New(f.Message))
	if f.Hint != "" {
		detail, err := connect.NewErrorDetail(&localpb.Hint{Command: f.Hint})
		if err != nil {
			return err
		}
		e.AddDetail(detail)
	}
	return e
}

func (c *canned) note(method string, request proto.Message) error {
	b, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(request)
	if err != nil {
		return err
	}
	var fields any
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	if b, err = json.Marshal(fields); err != nil { // the same white space every time
		return err
	}
	f, err := os.OpenFile(filepath.Join(c.dir, "asked"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %s\n", method, b)
	return errors.Join(err, f.Close())
}

func (c *canned) Init(_ context.Context, r *localpb.InitRequest) (*localpb.InitResponse, error) {
	return answer(c, "Init", r, new(localpb.InitResponse))
}

func (c *canned) Unlock(_ context.Context, r *localpb.UnlockRequest) (*localpb.UnlockResponse, error) {
	return answer(c, "Unlock", r, new(localpb.UnlockResponse))
}

func (c *canned) Lock(_ context.Context, r *localpb.LockRequest) (*localpb.LockResponse, error) {
	return answer(c, "Lock", r, new(localpb.LockResponse))
}

func (c *canned) ChangePassphrase(_ context.Context, r *localpb.ChangePassphraseRequest) (*localpb.ChangePassphraseResponse, error) {
	return answer(c, "ChangePassphrase", r, new(localpb.ChangePassphraseResponse))
}

func (c *canned) ShowBackup(_ context.Context, r *localpb.ShowBackupRequest) (*localpb.ShowBackupResponse, error) {
	return answer(c, "ShowBackup", r, new(localpb.ShowBackupResponse))
}

func (c *canned) Wipe(_ context.Context, r *localpb.WipeRequest) (*localpb.WipeResponse, error) {
	return answer(c, "Wipe", r, new(localpb.WipeResponse))
}

func (c *canned) Status(_ context.Context, r *localpb.StatusRequest) (*localpb.StatusResponse, error) {
	return answer(c, "Status", r, new(localpb.StatusResponse))
}

func (c *canned) Shutdown(context.Context, *localpb.ShutdownRequest) (*localpb.ShutdownResponse, error) {
	if c.stop != nil {
		defer c.stop()
	}
	return new(localpb.ShutdownResponse), nil
}

func (c *canned) ShowID(_ context.Context, r *localpb.ShowIDRequest) (*localpb.ShowIDResponse, error) {
	return answer(c, "ShowID", r, new(localpb.ShowIDResponse))
}

func (c *canned) NewCircle(_ context.Context, r *localpb.NewCircleRequest) (*localpb.CirclesResponse, error) {
	return answer(c, "NewCircle", r, new(localpb.CirclesResponse))
}

func (c *canned) JoinCircle(_ context.Context, r *localpb.JoinCircleRequest) (*localpb.CirclesResponse, error) {
	return answer(c, "JoinCircle", r, new(localpb.CirclesResponse))
}

func (c *canned) ListCircles(_ context.Context, r *localpb.ListCirclesRequest) (*localpb.CirclesResponse, error) {
	return answer(c, "ListCircles", r, new(localpb.CirclesResponse))
}

func (c *canned) LeaveCircle(_ context.Context, r *localpb.LeaveCircleRequest) (*localpb.CirclesResponse, error) {
	return answer(c, "LeaveCircle", r, new(localpb.CirclesResponse))
}

func (c *canned) ReadTime(_ context.Context, r *localpb.ReadTimeRequest) (*localpb.ReadTimeResponse, error) {
	return answer(c, "ReadTime", r, new(localpb.ReadTimeResponse))
}

func (c *canned) Announce(_ context.Context, r *localpb.AnnounceRequest) (*localpb.EventResponse, error) {
	return answer(c, "Announce", r, new(localpb.EventResponse))
}

func (c *canned) ListEvents(_ context.Context, r *localpb.ListEventsRequest) (*localpb.EventsResponse, error) {
	return answer(c, "ListEvents", r, new(localpb.EventsResponse))
}

func (c *canned) ShowEvent(_ context.Context, r *localpb.ShowEventRequest) (*localpb.ShowEventResponse, error) {
	return answer(c, "ShowEvent", r, new(localpb.ShowEventResponse))
}

func (c *canned) EditEvent(_ context.Context, r *localpb.EditEventRequest) (*localpb.EventResponse, error) {
	return answer(c, "EditEvent", r, new(localpb.EventResponse))
}

func (c *canned) CancelEvent(_ context.Context, r *localpb.CancelEventRequest) (*localpb.EventResponse, error) {
	return answer(c, "CancelEvent", r, new(localpb.EventResponse))
}

func (c *canned) MergeEvent(_ context.Context, r *localpb.MergeEventRequest) (*localpb.EventResponse, error) {
	return answer(c, "MergeEvent", r, new(localpb.EventResponse))
}

func (c *canned) ChangeOccurrence(_ context.Context, r *localpb.ChangeOccurrenceRequest) (*localpb.EventResponse, error) {
	return answer(c, "ChangeOccurrence", r, new(localpb.EventResponse))
}

func (c *canned) Invite(_ context.Context, r *localpb.InviteRequest) (*localpb.InviteResponse, error) {
	return answer(c, "Invite", r, new(localpb.InviteResponse))
}

func (c *canned) ListInvites(_ context.Context, r *localpb.ListInvitesRequest) (*localpb.InvitesResponse, error) {
	return answer(c, "ListInvites", r, new(localpb.InvitesResponse))
}

func (c *canned) Revoke(_ context.Context, r *localpb.RevokeRequest) (*localpb.InvitesResponse, error) {
	return answer(c, "Revoke", r, new(localpb.InvitesResponse))
}

func (c *canned) Inspect(_ context.Context, r *localpb.InspectRequest) (*localpb.AcceptResponse, error) {
	return answer(c, "Inspect", r, new(localpb.AcceptResponse))
}

func (c *canned) Accept(_ context.Context, r *localpb.AcceptRequest) (*localpb.AcceptResponse, error) {
	return answer(c, "Accept", r, new(localpb.AcceptResponse))
}

func (c *canned) Rsvp(_ context.Context, r *localpb.RsvpRequest) (*localpb.RsvpResponse, error) {
	return answer(c, "Rsvp", r, new(localpb.RsvpResponse))
}

func (c *canned) ListGuests(_ context.Context, r *localpb.ListGuestsRequest) (*localpb.GuestsResponse, error) {
	return answer(c, "ListGuests", r, new(localpb.GuestsResponse))
}

func (c *canned) ListContacts(_ context.Context, r *localpb.ListContactsRequest) (*localpb.ContactsResponse, error) {
	return answer(c, "ListContacts", r, new(localpb.ContactsResponse))
}

func (c *canned) AddContact(_ context.Context, r *localpb.AddContactRequest) (*localpb.ContactsResponse, error) {
	return answer(c, "AddContact", r, new(localpb.ContactsResponse))
}

func (c *canned) ImportBundle(_ context.Context, r *localpb.ImportBundleRequest) (*localpb.BundleResponse, error) {
	return answer(c, "ImportBundle", r, new(localpb.BundleResponse))
}

func (c *canned) WriteCalendar(_ context.Context, r *localpb.WriteCalendarRequest) (*localpb.WriteCalendarResponse, error) {
	return answer(c, "WriteCalendar", r, new(localpb.WriteCalendarResponse))
}

func (c *canned) ImportCalendar(_ context.Context, r *localpb.ImportCalendarRequest) (*localpb.ImportCalendarResponse, error) {
	return answer(c, "ImportCalendar", r, new(localpb.ImportCalendarResponse))
}

func (c *canned) ListImports(_ context.Context, r *localpb.ListImportsRequest) (*localpb.ImportsResponse, error) {
	return answer(c, "ListImports", r, new(localpb.ImportsResponse))
}

func (c *canned) ForgetImport(_ context.Context, r *localpb.ForgetImportRequest) (*localpb.ImportsResponse, error) {
	return answer(c, "ForgetImport", r, new(localpb.ImportsResponse))
}

func (c *canned) ReadCalendar(_ context.Context, r *localpb.ReadCalendarRequest) (*localpb.ReadCalendarResponse, error) {
	return answer(c, "ReadCalendar", r, new(localpb.ReadCalendarResponse))
}

func (c *canned) Free(_ context.Context, r *localpb.FreeRequest) (*localpb.FreeResponse, error) {
	return answer(c, "Free", r, new(localpb.FreeResponse))
}

func (c *canned) ShowSettings(_ context.Context, r *localpb.ShowSettingsRequest) (*localpb.SettingsResponse, error) {
	return answer(c, "ShowSettings", r, new(localpb.SettingsResponse))
}

func (c *canned) ChangeSetting(_ context.Context, r *localpb.ChangeSettingRequest) (*localpb.SettingsResponse, error) {
	return answer(c, "ChangeSetting", r, new(localpb.SettingsResponse))
}

func (c *canned) ShowReminders(_ context.Context, r *localpb.ShowRemindersRequest) (*localpb.RemindersResponse, error) {
	return answer(c, "ShowReminders", r, new(localpb.RemindersResponse))
}

func (c *canned) ChangeReminders(_ context.Context, r *localpb.ChangeRemindersRequest) (*localpb.RemindersResponse, error) {
	return answer(c, "ChangeReminders", r, new(localpb.RemindersResponse))
}

func (c *canned) NewCalendar(_ context.Context, r *localpb.NewCalendarRequest) (*localpb.NewCalendarResponse, error) {
	return answer(c, "NewCalendar", r, new(localpb.NewCalendarResponse))
}

func (c *canned) ListCalendars(_ context.Context, r *localpb.ListCalendarsRequest) (*localpb.CalendarsResponse, error) {
	return answer(c, "ListCalendars", r, new(localpb.CalendarsResponse))
}

func (c *canned) RevokeCalendar(_ context.Context, r *localpb.RevokeCalendarRequest) (*localpb.CalendarsResponse, error) {
	return answer(c, "RevokeCalendar", r, new(localpb.CalendarsResponse))
}

func (c *canned) SettleDeletion(_ context.Context, r *localpb.SettleDeletionRequest) (*localpb.EventResponse, error) {
	return answer(c, "SettleDeletion", r, new(localpb.EventResponse))
}

// ExportBundle sends ExportBundle.1.json and so on, and the error where one is.
func (c *canned) ExportBundle(_ context.Context, r *localpb.ExportBundleRequest, s *connect.ServerStream[localpb.BundlePart]) error {
	for {
		part, err := answer(c, "ExportBundle", r, new(localpb.BundlePart))
		if connect.CodeOf(err) == connect.CodeUnimplemented {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(part); err != nil {
			return err
		}
	}
}

// Watch sends Watch.1.json and so on, then ends, or stays where there is a file
// Watch.stays.
func (c *canned) Watch(ctx context.Context, r *localpb.WatchRequest, s *connect.ServerStream[localpb.Change]) error {
	for {
		change, err := answer(c, "Watch", r, new(localpb.Change))
		if connect.CodeOf(err) == connect.CodeUnimplemented {
			break
		}
		if err != nil {
			return err
		}
		if err := s.Send(change); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(c.dir, "Watch.stays")); err == nil {
		<-ctx.Done()
	}
	return nil
}

// serve serves a home's socket until the returned function is called, and
// holds its lock as the daemon does.
func serve(home string, c *canned) (func(), error) {
	run := filepath.Join(home, "run")
	if err := os.MkdirAll(run, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(home, "lock"))
	if held, err := lock.TryLock(); err != nil || !held {
		return nil, errors.Join(err, errors.New("a daemon is already running on this home"))
	}
	listener, err := net.Listen("unix", filepath.Join(run, "votive.sock"))
	if err != nil {
		return nil, err
	}
	_, handler := localpbconnect.NewVotiveHandler(c)
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{Handler: handler, BaseContext: func(net.Listener) context.Context { return ctx }}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	return func() {
		cancel()
		_ = server.Shutdown(context.Background())
		<-done
		_ = lock.Unlock()
	}, nil
}

// fakeDaemon stands in for votived where it is started by votive: it says what
// $FAKE tells it to.
func fakeDaemon() {
	args := os.Args[1:]
	home := ""
	for i, arg := range args {
		if arg == "--home" {
			home = args[i+1]
		}
	}
	_ = os.WriteFile(filepath.Join(os.Getenv("ANSWERS"), "args"), []byte(strings.Join(args[2:], " ")+"\n"), 0o600)
	switch {
	case os.Getenv("FAKE") == "dies":
		fmt.Fprintln(os.Stderr, `level=INFO msg="about to fail"`)
		fmt.Fprintln(os.Stderr, "votived: home is not writable\nhint: chmod u+w home")
		os.Exit(1)
	case os.Getenv("FAKE") == "mumbles":
		fmt.Println("hello")
	case strings.Contains(strings.Join(args, " "), "--check"):
		fmt.Println(os.Getenv("CHECKS"))
		os.Exit(1)
	case strings.Contains(strings.Join(args, " "), "--mend"):
		fmt.Println(`{"checks":[{"name":"frames","ok":true,"detail":"2 damaged frames put aside","fix":""}]}`)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ended, err := serve(home, newCanned(os.Getenv("ANSWERS"), stop))
	if err != nil {
		fmt.Fprintln(os.Stderr, "votived:", err)
		os.Exit(1)
	}
	if os.Getenv("FAKE") != "mumbles" {
		fmt.Printf(`{"ready":true,"peer_id":"12D3KooWfake","addrs":["/ip4/127.0.0.1/tcp/1"],"socket":"s","web":"","locked":false}` + "\n")
	}
	<-ctx.Done()
	ended()
}
