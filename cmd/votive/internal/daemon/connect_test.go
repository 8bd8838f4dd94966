package daemon

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"votive/proto/localpb"
	"votive/proto/localpb/localpbconnect"
)

// speaking is a daemon that speaks Connect by its own library.
type speaking struct {
	localpbconnect.UnimplementedVotiveHandler
	events int
	fail   error
	ends   bool
}

func (s speaking) ListEvents(_ context.Context, r *localpb.ListEventsRequest) (*localpb.EventsResponse, error) {
	m := &localpb.EventsResponse{Chosen: r.GetSearch()}
	for i := range s.events {
		m.Events = append(m.Events, &localpb.Event{Id: fmt.Sprint(i), Title: strings.Repeat("燭", 30)})
	}
	return m, s.fail
}

func (s speaking) Watch(ctx context.Context, r *localpb.WatchRequest, out *connect.ServerStream[localpb.Change]) error {
	for i := range s.events {
		if err := out.Send(&localpb.Change{Kind: fmt.Sprint(r.GetCircle(), i)}); err != nil {
			return err
		}
	}
	if !s.ends {
		<-ctx.Done()
	}
	return s.fail
}

func speak(t *testing.T, s speaking) Client {
	t.Helper()
	_, handler := localpbconnect.NewVotiveHandler(s)
	return served(t, handler).Client()
}

// An answer of a few bytes has a length, one of megabytes comes in chunks.
func TestAnswersOfAllSizes(t *testing.T) {
	for _, n := range []int{0, 1, 30, 50_000} {
		got, err := speak(t, speaking{events: n}).ListEvents(t.Context(), &localpb.ListEventsRequest{Search: "x"})
		if err != nil || len(got.GetEvents()) != n || got.GetChosen() != "x" {
			t.Errorf("ListEvents() = %d events for %q, %v, want %d for %q", len(got.GetEvents()), got.GetChosen(), err, n, "x")
		}
		if n > 0 && got.GetEvents()[n-1].GetId() != fmt.Sprint(n-1) {
			t.Errorf("ListEvents() ends with %v, want %d", got.GetEvents()[n-1], n-1)
		}
	}
}

func hinted(t *testing.T, code connect.Code, message, hint string) error {
	t.Helper()
	e := connect.NewError(code, errors.New(message))
	detail, err := connect.NewErrorDetail(&localpb.Hint{Command: hint})
	if err != nil {
		t.Fatal(err)
	}
	other, err := connect.NewErrorDetail(&localpb.Circle{Name: "unrelated"})
	if err != nil {
		t.Fatal(err)
	}
	e.AddDetail(other)
	e.AddDetail(detail)
	return e
}

func TestErrors(t *testing.T) {
	for code := connect.CodeCanceled; code <= connect.CodeUnauthenticated; code++ {
		s := speaking{fail: hinted(t, code, "六四 \"quoted\"\n", "votive help"), ends: true}
		want := Error{Code: code.String(), Message: "六四 \"quoted\"\n", Hint: "votive help"}
		_, err := speak(t, s).ListEvents(t.Context(), &localpb.ListEventsRequest{})
		if got := new(Error); !errors.As(err, &got) || *got != want {
			t.Errorf("ListEvents() that fails with %s = %#v, want %#v", code, err, want)
		}
		stream, err := speak(t, s).Watch(t.Context(), &localpb.WatchRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if stream.Receive() {
			t.Errorf("Receive() = true on a stream that fails with %s", code)
		}
		if got := new(Error); !errors.As(stream.Err(), &got) || *got != want {
			t.Errorf("Err() of a stream that fails with %s = %#v, want %#v", code, stream.Err(), want)
		}
		stream.Close()
	}
}

func TestMethodThatTheDaemonDoesNotKnow(t *testing.T) {
	_, err := speak(t, speaking{}).Lock(t.Context(), &localpb.LockRequest{})
	if got := new(Error); !errors.As(err, &got) || got.Code != "unimplemented" {
		t.Errorf("Lock() of a daemon without it = %v, want code unimplemented", err)
	}
	_, err = served(t, http.NotFoundHandler()).Client().Lock(t.Context(), &localpb.LockRequest{})
	if got := new(Error); !errors.As(err, &got) || got.Code != "unimplemented" {
		t.Errorf("Lock() of a daemon without anything = %v, want code unimplemented", err)
	}
}

func TestStream(t *testing.T) {
	for _, ends := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := speak(t, speaking{events: 100, ends: ends}).Watch(ctx, &localpb.WatchRequest{Circle: "c"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if !stream.Receive() || stream.Msg().GetKind() != fmt.Sprint("c", i) {
				t.Fatalf("message %d is %v, %v, want c%d", i, stream.Msg(), stream.Err(), i)
			}
		}
		var want error
		if !ends {
			want = context.Canceled
			cancel()
		}
		for range 2 {
			if stream.Receive() || !errors.Is(stream.Err(), want) {
				t.Errorf("a stream ends with %v, want %v", stream.Err(), want)
			}
		}
		stream.Close()
		cancel()
	}
}

// A daemon that is killed in the middle of an answer has not answered: what
// came would be a shorter list.
func TestAnswersBrokenOff(t *testing.T) {
	whole, err := proto.Marshal(&localpb.EventsResponse{Events: []*localpb.Event{{Id: "1"}, {Id: "2"}}})
	if err != nil {
		t.Fatal(err)
	}
	half := string(whole[:len(whole)/2])
	for _, c := range []struct{ name, head, body string }{
		{"with a length", fmt.Sprintf("Content-Length: %d\r\n", len(whole)), half},
		{"in a chunk", "Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s", len(whole), half)},
		{"between chunks", "Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n", len(half), half)},
		{"before the end of a chunk", "Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s", len(half), half)},
		{"nobody knows where", "", half},
		{"a length that is none", "Content-Length: -1\r\n", half},
		{"a chunk that is none", "Transfer-Encoding: chunked\r\n", "x\r\n" + half},
		{"another coding", "Transfer-Encoding: gzip\r\n", half},
		{"a header without end", strings.Repeat("A: b\r\n", maxFields+1), half},
	} {
		home := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+c.head+"\r\n"+c.body)
			_ = conn.Close()
		}))
		if got, err := home.Client().ListEvents(t.Context(), &localpb.ListEventsRequest{}); !errors.Is(err, errBroken) {
			t.Errorf("%s: ListEvents() = %v, %v, want %v", c.name, got, err, errBroken)
		}
	}
}

// Client has every method of the service, with its own messages.
func TestClientIsTheService(t *testing.T) {
	methods := localpb.File_local_proto.Services().ByName("Votive").Methods()
	client := reflect.TypeFor[Client]()
	if client.NumMethod() != methods.Len() {
		t.Errorf("Client has %d methods, want %d", client.NumMethod(), methods.Len())
	}
	message := func(t reflect.Type) string {
		if m, ok := reflect.Zero(t).Interface().(proto.Message); ok {
			return string(m.ProtoReflect().Descriptor().FullName())
		}
		return t.String()
	}
	for i := range methods.Len() {
		want := methods.Get(i)
		method, ok := client.MethodByName(string(want.Name()))
		if !ok {
			t.Errorf("Client has no method %s", want.Name())
			continue
		}
		if got := message(method.Type.In(2)); got != string(want.Input().FullName()) {
			t.Errorf("%s takes %s, want %s", want.Name(), got, want.Input().FullName())
		}
		output := method.Type.Out(0)
		if msg, streams := output.MethodByName("Msg"); streams != want.IsStreamingServer() {
			t.Errorf("%s gives a stream: %v, want %v", want.Name(), streams, want.IsStreamingServer())
		} else if streams {
			output = msg.Type.Out(0)
		}
		if got := message(output); got != string(want.Output().FullName()) {
			t.Errorf("%s gives %s, want %s", want.Name(), got, want.Output().FullName())
		}
	}
}

// FuzzHead: whatever comes back, reading it ends, and gives no more than came.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
		"HTTP/1.1 99999 \r\n\r\n", "", "\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		a, err := readHead(bufio.NewReader(bytes.NewReader(in)))
		if err != nil {
			return
		}
		content, err := io.ReadAll(a.body)
		if len(content) > len(in) {
			t.Errorf("%q has a body of %d bytes, %v", in, len(content), err)
		}
		if err == nil && !bytes.Contains(in, []byte("\n\r\n")) && !bytes.Contains(in, []byte("\n\n")) {
			t.Errorf("%q is taken for an answer", in)
		}
		_, _, _ = readEnvelope(bytes.NewReader(content))
		_ = refusal(a.status, content)
		_ = ended(content)
	})
}
