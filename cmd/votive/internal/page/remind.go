package page

import (
	"strings"
	"time"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// begins says when something begins, or that it did.
func (r Reader) begins(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return plain.Line(rfc3339)
	}
	word := "begins "
	if t.Before(r.Now) {
		word = "began "
	}
	own := t.In(r.Zone)
	return sentence(word+own.Format("Mon 2 January, "+clockForm), r.daysTo(own))
}

// Settings are all that can be chosen, and what is when nothing was. system is
// the zone of the system, or empty.
func Settings(r *localpb.SettingsResponse, system string) string {
	s := r.GetSettings()
	zone := plain.Line(s.GetZone())
	if zone == "" {
		zone = sentence("not set", "the system's is used")
		if system != "" {
			zone = sentence("not set", "the system's is "+plain.Line(system))
		}
	}
	reminders := beforehand(s.GetReminders())
	if len(s.GetReminders()) > 0 {
		reminders += " each event of yours"
	}
	var b strings.Builder
	for _, row := range [][2]string{
		{"zone", zone},
		{"notifications", plain.Line(s.GetNotifications()) + ": " + shown(s.GetNotifications(), r.GetDesktop())},
		{"reminders", reminders},
	} {
		const margin = 15
		label := row[0]
		for _, line := range plain.Wrap(row[1], plain.Columns-margin) {
			b.WriteString(plain.Pad(label, margin) + line + "\n")
			label = ""
		}
	}
	return b.String()
}

// Setting is one of them, as it is set, for programs and for who knows what it
// is; false where there is none of that name.
func Setting(r *localpb.SettingsResponse, name string) (string, bool) {
	s := r.GetSettings()
	switch name {
	case "zone":
		return plain.Line(s.GetZone()), true
	case "notifications":
		return plain.Line(s.GetNotifications()), true
	case "reminders":
		return plain.Line(strings.Join(s.GetReminders(), ",")), true
	}
	return "", false
}

// shown says where reminders come.
func shown(notifications string, desktop bool) string {
	switch {
	case notifications == "off":
		return "reminders come in votive watch alone"
	case !desktop:
		return "there is no desktop, so reminders come in the daemon's log and in votive watch"
	case notifications == "full":
		return "the desktop shows what begins, and when"
	default:
		return "the desktop shows that something of yours begins, and when, and not what"
	}
}

// beforehand says how long before an event reminders come.
func beforehand(before []string) string {
	if len(before) == 0 {
		return "none"
	}
	var all []string
	for _, b := range before {
		all = append(all, plain.Line(b))
	}
	list := all[0]
	if n := len(all) - 1; n > 0 {
		list = strings.Join(all[:n], ", ") + " and " + all[n]
	}
	return list + " before"
}

// Reminders say when the person is reminded: of an event, or of all.
func Reminders(r *localpb.RemindersResponse) string {
	var s sheet
	if e := r.GetEvent(); e != nil {
		s.row("Event", plain.Line(e.GetTitle())+"  "+Short(e.GetId()))
		whose := "as for everything of yours"
		switch {
		case r.GetOwn():
			whose = "chosen for this event"
		case len(r.GetBefore()) == 0 && You(e) == "":
			whose = "it is not one of yours"
		}
		s.row("Reminders", sentence(beforehand(r.GetBefore()), whose))
	} else {
		all := beforehand(r.GetBefore())
		if len(r.GetBefore()) > 0 {
			all += " each event of yours"
		}
		s.row("Reminders", all)
		var own []string
		for _, o := range r.GetEvents() {
			own = append(own, plain.Line(o.GetEvent().GetTitle())+"  "+Short(o.GetEvent().GetId())+": "+beforehand(o.GetBefore()))
		}
		s.rows("Their own", own)
	}
	s.row("Shown", plain.Line(r.GetNotifications())+": "+shown(r.GetNotifications(), r.GetDesktop()))
	return s.String()
}
