package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// print writes an answer: as the one JSON document of the run, or as a page.
func (a *app) print(m proto.Message, page func() string) error {
	if !a.json {
		_, err := io.WriteString(a.Out, page())
		return err
	}
	document, err := encode(m)
	if err != nil {
		return err
	}
	return a.document(document)
}

// document writes JSON so that people can read it too.
func (a *app) document(compact []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := a.Out.Write(plain.JSON(b.Bytes()))
	return err
}

// line writes JSON on one line, as streams do.
func (a *app) line(m proto.Message) error {
	document, err := encode(m)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Out, "%s\n", plain.JSON(document))
	return err
}

// encode writes a message of the local API as protojson does with
// UseProtoNames and EmitUnpopulated, which a test holds it to, but the same
// from one build to the next: protojson changes its white space on purpose.
func encode(m proto.Message) ([]byte, error) {
	e := new(encoder)
	e.message(m.ProtoReflect())
	// What is optional and absent is left out. For the zone of a date that is
	// right; a status has all its fields.
	if s, ok := m.(*localpb.StatusResponse); ok && s.LastFrame == nil {
		e.Truncate(e.Len() - 1)
		e.WriteString(`,"last_frame":null}`)
	}
	return e.Bytes(), e.err
}

// encoder holds what is written so far, and what could not be.
type encoder struct {
	bytes.Buffer
	err error
}

func (e *encoder) message(m protoreflect.Message) {
	e.WriteByte('{')
	first := true
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		if field.HasOptionalKeyword() && !m.Has(field) {
			continue
		}
		if !first {
			e.WriteByte(',')
		}
		first = false
		e.string(string(field.Name()))
		e.WriteByte(':')
		switch value := m.Get(field); {
		case field.IsList():
			e.list(field, value.List())
		case field.Message() != nil && !m.Has(field):
			e.WriteString("null")
		default:
			e.value(field, value)
		}
	}
	e.WriteByte('}')
}

func (e *encoder) list(field protoreflect.FieldDescriptor, list protoreflect.List) {
	e.WriteByte('[')
	for i := range list.Len() {
		if i > 0 {
			e.WriteByte(',')
		}
		e.value(field, list.Get(i))
	}
	e.WriteByte(']')
}

func (e *encoder) value(field protoreflect.FieldDescriptor, value protoreflect.Value) {
	switch field.Kind() {
	case protoreflect.MessageKind:
		e.message(value.Message())
	case protoreflect.StringKind:
		e.string(value.String())
	case protoreflect.BytesKind:
		e.string(base64.StdEncoding.EncodeToString(value.Bytes()))
	case protoreflect.BoolKind:
		e.WriteString(strconv.FormatBool(value.Bool()))
	case protoreflect.DoubleKind:
		e.WriteString(strconv.FormatFloat(value.Float(), 'f', -1, 64))
	case protoreflect.Int32Kind:
		e.WriteString(strconv.FormatInt(value.Int(), 10))
	case protoreflect.Uint32Kind:
		e.WriteString(strconv.FormatUint(value.Uint(), 10))
	default:
		e.err = fmt.Errorf("%s is of a kind that this votive cannot print", field.FullName())
	}
}

func (e *encoder) string(s string) {
	to := json.NewEncoder(e)
	to.SetEscapeHTML(false)
	if err := to.Encode(s); err != nil {
		e.err = err
	}
	e.Truncate(e.Len() - 1) // its new line
}
