package daemon

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/proto"

	"votive/proto/localpb"
)

// The Connect protocol (https://connectrpc.com/docs/protocol): messages that
// are answered by one, and some that are answered by a stream.

// The bounds on what a daemon may answer, in bytes.
const (
	maxAnswer = 64 << 20
	maxChange = 4 << 20
)

// An Error is what the daemon answered instead: a code of Connect, a line for
// the person, and the command that helps, if there is one.
type Error struct {
	Code, Message, Hint string
}

func (e *Error) Error() string { return e.Message }

// ask sends a message and reads the one that answers it.
func ask[T proto.Message](ctx context.Context, h Home, method string, request proto.Message, response T) (T, error) {
	body, err := proto.Marshal(request)
	if err != nil { // nothing else in a message can be wrong
		return response, &Error{Code: "invalid_argument", Message: "this is not UTF-8 text, and votive takes no other"}
	}
	a, err := h.post(ctx, method, "proto", body)
	if err != nil {
		return response, err
	}
	defer a.close()
	content, err := io.ReadAll(io.LimitReader(a.body, maxAnswer+1))
	switch {
	case ctx.Err() != nil:
		return response, ctx.Err()
	case err != nil || len(content) > maxAnswer:
		return response, errBroken
	case a.status != 200:
		return response, refusal(a.status, content)
	}
	if err := proto.Unmarshal(content, response); err != nil {
		return response, errBroken
	}
	return response, nil
}

// said is how Connect writes an error down.
type said struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Details []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"details"`
}

// refusal is the error that came instead of an answer.
func refusal(status int, content []byte) error {
	s := new(said)
	switch err := json.Unmarshal(content, s); {
	case err == nil && s.Code != "":
		return s.error()
	case status == 404:
		return &Error{Code: "unimplemented", Message: "the daemon does not know this"}
	default:
		return &Error{Code: "unknown", Message: fmt.Sprintf("the daemon answered with HTTP status %d", status)}
	}
}

func (s *said) error() error {
	e := &Error{Code: s.Code, Message: s.Message}
	for _, detail := range s.Details {
		if detail.Type != string((*localpb.Hint)(nil).ProtoReflect().Descriptor().FullName()) {
			continue
		}
		hint := new(localpb.Hint)
		value, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(detail.Value, "="))
		if err == nil && proto.Unmarshal(value, hint) == nil {
			e.Hint = hint.GetCommand()
		}
	}
	return e
}

// Stream is what a method goes on answering. It has one owner.
type Stream[M proto.Message] struct {
	ctx   context.Context
	a     *answer
	fresh func() M
	msg   M
	err   error
}

// listen sends a message and reads the stream that answers it.
func listen[M proto.Message](ctx context.Context, h Home, method string, request proto.Message, fresh func() M) (*Stream[M], error) {
	body, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	a, err := h.post(ctx, method, "connect+proto", envelope(body))
	if err != nil {
		return nil, err
	}
	if a.status != 200 {
		defer a.close()
		content, err := io.ReadAll(io.LimitReader(a.body, maxChange))
		if err != nil {
			return nil, errBroken
		}
		return nil, refusal(a.status, content)
	}
	return &Stream[M]{ctx: ctx, a: a, fresh: fresh}, nil
}

// envelope puts the flags and the length of a message before it.
func envelope(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// Receive waits for the next message. It is false when there is none any more.
func (s *Stream[M]) Receive() bool {
	if s.err != nil {
		return false
	}
	flags, content, err := readEnvelope(s.a.body)
	switch {
	case s.ctx.Err() != nil:
		s.err = s.ctx.Err()
	case err != nil:
		s.err = fmt.Errorf("%w any more: it stopped", ErrNotRunning)
	case flags == 0:
		s.msg = s.fresh()
		if proto.Unmarshal(content, s.msg) != nil {
			s.err = errBroken
		}
	case flags == 2:
		s.err = ended(content)
	default:
		s.err = errBroken
	}
	return s.err == nil
}

// readEnvelope reads the flags and the content of an envelope.
func readEnvelope(in io.Reader) (byte, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > maxChange {
		return 0, nil, errBroken
	}
	content := make([]byte, size)
	_, err := io.ReadFull(in, content)
	return head[0], content, err
}

// ended is the error with which a stream ended, io.EOF for none.
func ended(content []byte) error {
	var end struct {
		Error *said `json:"error"`
	}
	switch err := json.Unmarshal(content, &end); {
	case err != nil:
		return errBroken
	case end.Error != nil:
		return end.Error.error()
	default:
		return io.EOF
	}
}

// Msg is what Receive received.
func (s *Stream[M]) Msg() M { return s.msg }

// Err is why there is no message any more, nil where the daemon ended it.
func (s *Stream[M]) Err() error {
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// Close ends the stream.
func (s *Stream[M]) Close() { s.a.close() }
