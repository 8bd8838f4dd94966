package daemon

import (
	"context"
	"errors"

	"votive/proto/localpb"
)

// ErrNotRunning says that nobody answers at the home's socket.
var ErrNotRunning = errors.New("the daemon is not running")

// Client asks the daemon of a home; its methods are those of the service. What
// is not answered is an *Error, ErrNotRunning, or the end of the context.
type Client struct{ home Home }

// Client is for asking the daemon of the home. Nothing is connected before
// something is asked.
func (h Home) Client() Client { return Client{h} }

// Init makes the vault.
func (c Client) Init(ctx context.Context, r *localpb.InitRequest) (*localpb.InitResponse, error) {
	return ask(ctx, c.home, "Init", r, new(localpb.InitResponse))
}

// Unlock opens the vault.
func (c Client) Unlock(ctx context.Context, r *localpb.UnlockRequest) (*localpb.UnlockResponse, error) {
	return ask(ctx, c.home, "Unlock", r, new(localpb.UnlockResponse))
}

// Lock closes the vault.
func (c Client) Lock(ctx context.Context, r *localpb.LockRequest) (*localpb.LockResponse, error) {
	return ask(ctx, c.home, "Lock", r, new(localpb.LockResponse))
}

// ChangePassphrase has another passphrase open the vault, or none.
func (c Client) ChangePassphrase(ctx context.Context, r *localpb.ChangePassphraseRequest) (*localpb.ChangePassphraseResponse, error) {
	return ask(ctx, c.home, "ChangePassphrase", r, new(localpb.ChangePassphraseResponse))
}

// ShowBackup shows the 24 words again.
func (c Client) ShowBackup(ctx context.Context, r *localpb.ShowBackupRequest) (*localpb.ShowBackupResponse, error) {
	return ask(ctx, c.home, "ShowBackup", r, new(localpb.ShowBackupResponse))
}

// Wipe destroys the vault.
func (c Client) Wipe(ctx context.Context, r *localpb.WipeRequest) (*localpb.WipeResponse, error) {
	return ask(ctx, c.home, "Wipe", r, new(localpb.WipeResponse))
}

// Status says how the daemon is doing.
func (c Client) Status(ctx context.Context, r *localpb.StatusRequest) (*localpb.StatusResponse, error) {
	return ask(ctx, c.home, "Status", r, new(localpb.StatusResponse))
}

// Shutdown stops the daemon.
func (c Client) Shutdown(ctx context.Context, r *localpb.ShutdownRequest) (*localpb.ShutdownResponse, error) {
	return ask(ctx, c.home, "Shutdown", r, new(localpb.ShutdownResponse))
}

// ShowID is the person's contact card.
func (c Client) ShowID(ctx context.Context, r *localpb.ShowIDRequest) (*localpb.ShowIDResponse, error) {
	return ask(ctx, c.home, "ShowID", r, new(localpb.ShowIDResponse))
}

// NewCircle makes a closed circle.
func (c Client) NewCircle(ctx context.Context, r *localpb.NewCircleRequest) (*localpb.CirclesResponse, error) {
	return ask(ctx, c.home, "NewCircle", r, new(localpb.CirclesResponse))
}

// JoinCircle enters an open circle.
func (c Client) JoinCircle(ctx context.Context, r *localpb.JoinCircleRequest) (*localpb.CirclesResponse, error) {
	return ask(ctx, c.home, "JoinCircle", r, new(localpb.CirclesResponse))
}

// ListCircles lists the circles.
func (c Client) ListCircles(ctx context.Context, r *localpb.ListCirclesRequest) (*localpb.CirclesResponse, error) {
	return ask(ctx, c.home, "ListCircles", r, new(localpb.CirclesResponse))
}

// LeaveCircle leaves a circle.
func (c Client) LeaveCircle(ctx context.Context, r *localpb.LeaveCircleRequest) (*localpb.CirclesResponse, error) {
	return ask(ctx, c.home, "LeaveCircle", r, new(localpb.CirclesResponse))
}

// ReadTime says how a time is understood.
func (c Client) ReadTime(ctx context.Context, r *localpb.ReadTimeRequest) (*localpb.ReadTimeResponse, error) {
	return ask(ctx, c.home, "ReadTime", r, new(localpb.ReadTimeResponse))
}

// Announce announces an event.
func (c Client) Announce(ctx context.Context, r *localpb.AnnounceRequest) (*localpb.EventResponse, error) {
	return ask(ctx, c.home, "Announce", r, new(localpb.EventResponse))
}

// ListEvents lists what is coming.
func (c Client) ListEvents(ctx context.Context, r *localpb.ListEventsRequest) (*localpb.EventsResponse, error) {
	return ask(ctx, c.home, "ListEvents", r, new(localpb.EventsResponse))
}

// ShowEvent is everything about an event.
func (c Client) ShowEvent(ctx context.Context, r *localpb.ShowEventRequest) (*localpb.ShowEventResponse, error) {
	return ask(ctx, c.home, "ShowEvent", r, new(localpb.ShowEventResponse))
}

// EditEvent changes an event.
func (c Client) EditEvent(ctx context.Context, r *localpb.EditEventRequest) (*localpb.EventResponse, error) {
	return ask(ctx, c.home, "EditEvent", r, new(localpb.EventResponse))
}

// CancelEvent calls an event off.
func (c Client) CancelEvent(ctx context.Context, r *localpb.CancelEventRequest) (*localpb.EventResponse, error) {
	return ask(ctx, c.home, "CancelEvent", r, new(localpb.EventResponse))
}

// MergeEvent chooses one of several versions of an event.
func (c Client) MergeEvent(ctx context.Context, r *localpb.MergeEventRequest) (*localpb.EventResponse, error) {
	return ask(ctx, c.home, "MergeEvent", r, new(localpb.EventResponse))
}

// ChangeOccurrence moves or calls off one date of an event.
func (c Client) ChangeOccurrence(ctx context.Context, r *localpb.ChangeOccurrenceRequest) (*localpb.EventResponse, error) {
	return ask(ctx, c.home, "ChangeOccurrence", r, new(localpb.EventResponse))
}

// Invite makes an invitation.
func (c Client) Invite(ctx context.Context, r *localpb.InviteRequest) (*localpb.InviteResponse, error) {
	return ask(ctx, c.home, "Invite", r, new(localpb.InviteResponse))
}

// ListInvites lists the invitations to an event.
func (c Client) ListInvites(ctx context.Context, r *localpb.ListInvitesRequest) (*localpb.InvitesResponse, error) {
	return ask(ctx, c.home, "ListInvites", r, new(localpb.InvitesResponse))
}

// Revoke takes an invitation back.
func (c Client) Revoke(ctx context.Context, r *localpb.RevokeRequest) (*localpb.InvitesResponse, error) {
	return ask(ctx, c.home, "Revoke", r, new(localpb.InvitesResponse))
}

// Inspect says what is behind a link.
func (c Client) Inspect(ctx context.Context, r *localpb.InspectRequest) (*localpb.AcceptResponse, error) {
	return ask(ctx, c.home, "Inspect", r, new(localpb.AcceptResponse))
}

// Accept takes what is behind a link.
func (c Client) Accept(ctx context.Context, r *localpb.AcceptRequest) (*localpb.AcceptResponse, error) {
	return ask(ctx, c.home, "Accept", r, new(localpb.AcceptResponse))
}

// Rsvp answers an invitation.
func (c Client) Rsvp(ctx context.Context, r *localpb.RsvpRequest) (*localpb.RsvpResponse, error) {
	return ask(ctx, c.home, "Rsvp", r, new(localpb.RsvpResponse))
}

// ListGuests lists the answers to an event.
func (c Client) ListGuests(ctx context.Context, r *localpb.ListGuestsRequest) (*localpb.GuestsResponse, error) {
	return ask(ctx, c.home, "ListGuests", r, new(localpb.GuestsResponse))
}

// ListContacts lists people.
func (c Client) ListContacts(ctx context.Context, r *localpb.ListContactsRequest) (*localpb.ContactsResponse, error) {
	return ask(ctx, c.home, "ListContacts", r, new(localpb.ContactsResponse))
}

// AddContact keeps a contact card.
func (c Client) AddContact(ctx context.Context, r *localpb.AddContactRequest) (*localpb.ContactsResponse, error) {
	return ask(ctx, c.home, "AddContact", r, new(localpb.ContactsResponse))
}

// ExportBundle gives a bundle, a part at a time.
func (c Client) ExportBundle(ctx context.Context, r *localpb.ExportBundleRequest) (*Stream[*localpb.BundlePart], error) {
	return listen(ctx, c.home, "ExportBundle", r, func() *localpb.BundlePart { return new(localpb.BundlePart) })
}

// ImportBundle takes a bundle.
func (c Client) ImportBundle(ctx context.Context, r *localpb.ImportBundleRequest) (*localpb.BundleResponse, error) {
	return ask(ctx, c.home, "ImportBundle", r, new(localpb.BundleResponse))
}

// ImportCalendar keeps what is in a calendar.
func (c Client) ImportCalendar(ctx context.Context, r *localpb.ImportCalendarRequest) (*localpb.ImportCalendarResponse, error) {
	return ask(ctx, c.home, "ImportCalendar", r, new(localpb.ImportCalendarResponse))
}

// ListImports lists the calendars that were imported.
func (c Client) ListImports(ctx context.Context, r *localpb.ListImportsRequest) (*localpb.ImportsResponse, error) {
	return ask(ctx, c.home, "ListImports", r, new(localpb.ImportsResponse))
}

// ForgetImport forgets one of them.
func (c Client) ForgetImport(ctx context.Context, r *localpb.ForgetImportRequest) (*localpb.ImportsResponse, error) {
	return ask(ctx, c.home, "ForgetImport", r, new(localpb.ImportsResponse))
}

// ReadCalendar says what is in a calendar.
func (c Client) ReadCalendar(ctx context.Context, r *localpb.ReadCalendarRequest) (*localpb.ReadCalendarResponse, error) {
	return ask(ctx, c.home, "ReadCalendar", r, new(localpb.ReadCalendarResponse))
}

// Free is when the person has nothing.
func (c Client) Free(ctx context.Context, r *localpb.FreeRequest) (*localpb.FreeResponse, error) {
	return ask(ctx, c.home, "Free", r, new(localpb.FreeResponse))
}

// Watch tells what changes, as it happens.
func (c Client) Watch(ctx context.Context, r *localpb.WatchRequest) (*Stream[*localpb.Change], error) {
	return listen(ctx, c.home, "Watch", r, func() *localpb.Change { return new(localpb.Change) })
}

// WriteCalendar writes events as iCalendar text.
func (c Client) WriteCalendar(ctx context.Context, r *localpb.WriteCalendarRequest) (*localpb.WriteCalendarResponse, error) {
	return ask(ctx, c.home, "WriteCalendar", r, new(localpb.WriteCalendarResponse))
}

// ShowSettings is what the person chose for this computer.
func (c Client) ShowSettings(ctx context.Context, r *localpb.ShowSettingsRequest) (*localpb.SettingsResponse, error) {
	return ask(ctx, c.home, "ShowSettings", r, new(localpb.SettingsResponse))
}

// ChangeSetting sets one.
func (c Client) ChangeSetting(ctx context.Context, r *localpb.ChangeSettingRequest) (*localpb.SettingsResponse, error) {
	return ask(ctx, c.home, "ChangeSetting", r, new(localpb.SettingsResponse))
}

// ShowReminders is when the person is reminded.
func (c Client) ShowReminders(ctx context.Context, r *localpb.ShowRemindersRequest) (*localpb.RemindersResponse, error) {
	return ask(ctx, c.home, "ShowReminders", r, new(localpb.RemindersResponse))
}

// ChangeReminders chooses when the person is reminded.
func (c Client) ChangeReminders(ctx context.Context, r *localpb.ChangeRemindersRequest) (*localpb.RemindersResponse, error) {
	return ask(ctx, c.home, "ChangeReminders", r, new(localpb.RemindersResponse))
}

// NewCalendar gives a calendar to a program.
func (c Client) NewCalendar(ctx context.Context, r *localpb.NewCalendarRequest) (*localpb.NewCalendarResponse, error) {
	return ask(ctx, c.home, "NewCalendar", r, new(localpb.NewCalendarResponse))
}

// ListCalendars lists the calendars that programs were given.
func (c Client) ListCalendars(ctx context.Context, r *localpb.ListCalendarsRequest) (*localpb.CalendarsResponse, error) {
	return ask(ctx, c.home, "ListCalendars", r, new(localpb.CalendarsResponse))
}

// RevokeCalendar takes a calendar back.
func (c Client) RevokeCalendar(ctx context.Context, r *localpb.RevokeCalendarRequest) (*localpb.CalendarsResponse, error) {
	return ask(ctx, c.home, "RevokeCalendar", r, new(localpb.CalendarsResponse))
}

// SettleDeletion cancels an event that a calendar deleted, or keeps it.
func (c Client) SettleDeletion(ctx context.Context, r *localpb.SettleDeletionRequest) (*localpb.EventResponse, error) {
	return ask(ctx, c.home, "SettleDeletion", r, new(localpb.EventResponse))
}
