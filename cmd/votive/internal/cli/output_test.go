package cli

import (
	"bytes"
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"votive/proto/localpb"
)

// fill sets every field of a message, and of those in it to some depth.
func fill(t *testing.T, m protoreflect.Message, depth int) {
	t.Helper()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		var value protoreflect.Value
		switch field.Kind() {
		case protoreflect.MessageKind:
			if depth == 0 {
				continue
			}
			if field.IsList() {
				fill(t, m.Mutable(field).List().AppendMutable().Message(), depth-1)
			} else {
				fill(t, m.Mutable(field).Message(), depth-1)
			}
			continue
		case protoreflect.StringKind:
			value = protoreflect.ValueOfString("六四 <a href=\"&\">\\ \x1b\n\u202e " + string(field.Name()))
		case protoreflect.BytesKind:
			value = protoreflect.ValueOfBytes([]byte{0xff, 0xfe, 0})
		case protoreflect.BoolKind:
			value = protoreflect.ValueOfBool(true)
		case protoreflect.DoubleKind:
			value = protoreflect.ValueOfFloat64(-114.190417)
		case protoreflect.Int32Kind:
			value = protoreflect.ValueOfInt32(-2_147_483_648)
		case protoreflect.Uint32Kind:
			value = protoreflect.ValueOfUint32(4_294_967_295)
		default:
			t.Fatalf("%s is of kind %s, which encode does not write", field.FullName(), field.Kind())
		}
		if field.IsList() {
			m.Mutable(field).List().Append(value)
			m.Mutable(field).List().Append(value)
		} else {
			m.Set(field, value)
		}
	}
}

// Every message of the local API, empty and full, means the same as what
// protojson writes, field by field in the same order.
func TestEncodeIsProtojson(t *testing.T) {
	messages := localpb.File_local_proto.Messages()
	for i := range messages.Len() {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(messages.Get(i).FullName())
		if err != nil {
			t.Fatal(err)
		}
		for depth := range 4 {
			m := kind.New()
			if depth > 0 {
				fill(t, m, depth-1)
			}
			got, err := encode(m.Interface())
			if err != nil {
				t.Errorf("encode(%s) = %v", kind.Descriptor().Name(), err)
				continue
			}
			if want := theirs(t, m.Interface()); !bytes.Equal(got, want) {
				t.Errorf("encode(%s) = %s, want %s", kind.Descriptor().Name(), got, want)
			}
		}
	}
}

// theirs is what protojson writes, without its white space and with its strings
// as encoding/json writes them.
func theirs(t *testing.T, m proto.Message) []byte {
	t.Helper()
	loose, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, loose); err != nil {
		t.Fatal(err)
	}
	if s, ok := m.(*localpb.StatusResponse); ok && s.LastFrame == nil {
		return append(bytes.TrimSuffix(b.Bytes(), []byte("}")), `,"last_frame":null}`...)
	}
	return b.Bytes()
}

func TestEncodeRefusesWhatItDoesNotKnow(t *testing.T) {
	if got, err := encode(wrapperspb.Int64(1)); err == nil {
		t.Errorf("encode(Int64Value) = %s, want an error", got)
	}
}
