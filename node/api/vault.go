package api

import (
	"context"
	"errors"
	"time"

	"connectrpc.com/connect"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/localpb"
)

// Init makes the vault and an identity.
func (a *API) Init(ctx context.Context, r *localpb.InitRequest) (*localpb.InitResponse, error) {
	if len(r.Passphrase) == 0 && !r.NoPassphrase {
		return nil, badInput(errors.New("a vault needs a passphrase, or the word that it has none"))
	}
	defer clear(r.Passphrase)
	id, err := a.Secretary.Init(ctx, r.Passphrase, r.Restore)
	clear(r.Restore)
	if err != nil {
		return nil, err
	}
	if len(r.Restore) == 0 || r.Name != "" { // else the card of before comes back
		if err := a.Secretary.Introduce(ctx, r.Name); err != nil {
			return nil, err
		}
	}
	backup := id.Backup()
	return &localpb.InitResponse{Identity: identityMessage(id, r.Name), Backup: backup[:]}, nil
}

// Unlock opens the vault.
func (a *API) Unlock(ctx context.Context, r *localpb.UnlockRequest) (*localpb.UnlockResponse, error) {
	defer clear(r.Passphrase)
	if !a.Almanac.Vault.Exists() {
		return nil, almanac.ErrNoVault
	}
	return &localpb.UnlockResponse{}, a.Almanac.Unlock(ctx, r.Passphrase)
}

// Lock closes it.
func (a *API) Lock(context.Context, *localpb.LockRequest) (*localpb.LockResponse, error) {
	switch {
	case !a.Almanac.Vault.Exists():
		return nil, almanac.ErrNoVault
	case !a.Almanac.Vault.Protected():
		return nil, connect.NewError(connect.CodeFailedPrecondition,
			errors.New("this vault has no passphrase: locking it would keep nobody out"))
	}
	return &localpb.LockResponse{Locked: true}, a.Almanac.Lock()
}

// ChangePassphrase has another passphrase open the vault, or none.
func (a *API) ChangePassphrase(_ context.Context, r *localpb.ChangePassphraseRequest) (*localpb.ChangePassphraseResponse, error) {
	defer clear(r.Old)
	defer clear(r.Passphrase)
	switch {
	case !a.Almanac.Vault.Exists():
		return nil, almanac.ErrNoVault
	case (len(r.Passphrase) == 0) != r.NoPassphrase:
		return nil, badInput(errors.New("either a passphrase is needed, or the word that there is to be none"))
	}
	err := a.Almanac.Vault.ChangePassphrase(r.Old, r.Passphrase)
	return &localpb.ChangePassphraseResponse{Protected: !r.NoPassphrase}, err
}

// ShowBackup shows the 24 words again.
func (a *API) ShowBackup(_ context.Context, r *localpb.ShowBackupRequest) (*localpb.ShowBackupResponse, error) {
	defer clear(r.Passphrase)
	if !a.Almanac.Vault.Exists() {
		return nil, almanac.ErrNoVault
	}
	id, err := a.Almanac.Vault.Identity()
	if err != nil {
		return nil, err
	}
	if err := a.Almanac.Vault.Verify(r.Passphrase); err != nil {
		return nil, err
	}
	backup := id.Backup()
	return &localpb.ShowBackupResponse{Backup: backup[:]}, nil
}

// Wipe destroys the vault.
func (a *API) Wipe(context.Context, *localpb.WipeRequest) (*localpb.WipeResponse, error) {
	if !a.Almanac.Vault.Exists() {
		return nil, almanac.ErrNoVault
	}
	return &localpb.WipeResponse{}, a.Almanac.Wipe()
}

// Status is one honest screen.
func (a *API) Status(context.Context, *localpb.StatusRequest) (*localpb.StatusResponse, error) {
	m := &localpb.StatusResponse{Version: a.Version, Catchup: &localpb.Catchup{}}
	a.Network.Status(m)
	m.Frames = uint32(a.Almanac.Store.Len())
	if f := a.Almanac.Store.Floor(); f.Rank != 0 {
		m.Floor = &localpb.Floor{Rank: uint32(f.Rank), Expiry: f.Expiry.Time().Format(time.DateOnly)}
		today, most := a.Almanac.Store.Intake()
		m.Intake = &localpb.Intake{Today: uint32(today), Most: uint32(most)}
	}
	if t := a.Almanac.LastHeard(); !t.IsZero() {
		heard := t.UTC().Format(time.RFC3339)
		m.LastFrame = &heard
	}
	m.Vault = a.Almanac.Vault.Exists()
	m.Locked = m.Vault && a.Almanac.Vault.Locked()
	m.Protected = m.Vault && a.Almanac.Vault.Protected()
	m.Waiting = uint32(a.Almanac.Waiting())
	m.Damaged = uint32(a.Almanac.Damaged())
	m.Trouble = a.Almanac.Trouble()
	_ = a.Almanac.View(func(v *almanac.View) error {
		m.Circles, m.Events, m.Pending = uint32(len(v.Circles())), uint32(v.Events()), uint32(len(v.Pending()))
		return nil
	})
	return m, nil
}

// Shutdown asks the daemon to stop, once this answer is out.
func (a *API) Shutdown(context.Context, *localpb.ShutdownRequest) (*localpb.ShutdownResponse, error) {
	a.stop.Do(a.Options.Shutdown)
	return &localpb.ShutdownResponse{}, nil
}

// ShowID is the person's contact card.
func (a *API) ShowID(ctx context.Context, r *localpb.ShowIDRequest) (*localpb.ShowIDResponse, error) {
	link, err := a.Secretary.Card(ctx, r.Fresh, r.Here)
	if err != nil {
		return nil, err
	}
	m := &localpb.ShowIDResponse{Card: link.String(), Address: secretary.AddressOf(link)}
	return m, a.Almanac.View(func(v *almanac.View) error {
		m.Identity = identityMessage(v.Identity(), secretary.Name(v))
		return nil
	})
}
