package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

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

// encode writes every field by its name in the proto file. protojson changes
// its white space from one build to the next on purpose; this does not.
func encode(m proto.Message) ([]byte, error) {
	loose, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, loose); err != nil {
		return nil, err
	}
	// protojson leaves out what is optional and absent. For the zone of a date
	// that is right; a status has all its fields.
	if s, ok := m.(*localpb.StatusResponse); ok && s.LastFrame == nil {
		b.Truncate(b.Len() - 1)
		b.WriteString(`,"last_frame":null}`)
	}
	return b.Bytes(), nil
}
