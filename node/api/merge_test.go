package api

import (
	"errors"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"votive/proto/localpb"
)

// A version is named by how its id begins, and an event of one has nothing to
// be chosen.
func TestMergeNamesAVersion(t *testing.T) {
	host := diarist(t)
	title, zone := "Vigil", "Asia/Hong_Kong"
	r, err := host.Announce(t.Context(), &localpb.AnnounceRequest{
		Draft: &localpb.Draft{Title: &title, Start: &localpb.Time{Local: "2027-06-04T20:00:00", Zone: &zone}},
	})
	if err != nil {
		t.Fatal(err)
	}
	head := r.GetEvent().GetHeads()[0]
	for _, c := range []struct {
		take string
		want connect.Code
		text string
	}{
		{"", connect.CodeInvalidArgument, "at least 6 characters"},
		{head[:5], connect.CodeInvalidArgument, "at least 6 characters"},
		{strings.Repeat("0", 64), connect.CodeNotFound, "0 versions of it"},
		{head + "0", connect.CodeNotFound, "0 versions of it"},
		{strings.ToUpper(head[:6]), connect.CodePermissionDenied, "only one version"},
		{head, connect.CodePermissionDenied, "only one version"},
	} {
		_, err := host.MergeEvent(t.Context(), &localpb.MergeEventRequest{Event: "Vigil", Take: c.take})
		if err = coded(err); connect.CodeOf(err) != c.want || !strings.Contains(err.Error(), c.text) {
			t.Errorf("MergeEvent that takes %q = %v, want %v, %q", c.take, err, c.want, c.text)
		}
		if e := new(connect.Error); c.want == connect.CodeNotFound && (!errors.As(err, &e) || len(e.Details()) != 1) {
			t.Errorf("MergeEvent that takes %q has no hint", c.take)
		}
	}
}
