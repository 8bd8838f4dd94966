package node

import (
	"context"
	"errors"
	"fmt"

	"votive/node/store"
	"votive/node/vault"
)

// Finding is what a check of one part of a home came to.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Fix    string `json:"fix"` // the command that mends it, or ""
}

// Hint is the command that helps with an error of Open, or "".
func Hint(err error) string {
	switch {
	case errors.Is(err, ErrRunning), errors.Is(err, store.ErrInUse):
		return "votive status"
	case errors.Is(err, store.ErrDamaged), errors.Is(err, vault.ErrDamaged):
		return "votive doctor"
	case errors.Is(err, vault.ErrWrongPassphrase):
		return "votive unlock"
	}
	return ""
}

// Check looks whether everything in a home can be read, and with mend puts
// right what can be, losing nothing that is whole. No daemon may run on it.
func Check(ctx context.Context, cfg Config, mend bool) ([]Finding, error) {
	if err := cfg.complete(); err != nil {
		return nil, BadConfig{err}
	}
	h, err := openHome(cfg.Home)
	if err != nil {
		return nil, err
	}
	found := []Finding{{Name: "home", OK: true, Detail: cfg.Home + " can be written"}}
	found = append(found, checkStore(ctx, h, cfg, mend), checkVault(ctx, h, cfg, mend))
	return found, h.close()
}

const mendIt = "votive doctor --mend"

func checkStore(ctx context.Context, h *home, cfg Config, mend bool) Finding {
	f := Finding{Name: "store", Fix: mendIt}
	o := store.Options{Quota: cfg.Quota, Log: cfg.Log}
	report, err := readStore(ctx, h.path("store"), o)
	if err == nil && report.Damaged == 0 {
		return Finding{Name: "store", OK: true, Detail: fmt.Sprintf("all %d frames are whole", report.Whole)}
	}
	f.Detail = fmt.Sprintf("%d frames are whole, %d are damaged", report.Whole, report.Damaged)
	if err != nil {
		f.Detail = err.Error()
	}
	if !mend {
		return f
	}
	report, err = store.Salvage(ctx, h.path("store"), o)
	if err != nil {
		f.Detail = fmt.Sprintf("not mended: %v", err)
		return f
	}
	return Finding{Name: "store", OK: true, Detail: fmt.Sprintf(
		"mended: %d whole frames kept, the damaged store is set aside; peers have the rest", report.Whole)}
}

func readStore(ctx context.Context, dir string, o store.Options) (store.Report, error) {
	s, err := store.Open(dir, o)
	if err != nil {
		return store.Report{}, err
	}
	report, err := s.Check(ctx)
	return report, errors.Join(err, s.Close())
}

// checkVault reads the whole vault. Whether its rows open as well can be seen
// only where there is no passphrase; otherwise votive status says, once it is
// unlocked, how many did not.
func checkVault(ctx context.Context, h *home, cfg Config, mend bool) Finding {
	f := Finding{Name: "vault", Fix: mendIt}
	o := vault.Options{Log: cfg.Log}
	detail, err := readVault(ctx, h.path("vault"), o)
	unread := vault.DamagedError{}
	switch {
	case err == nil:
		return Finding{Name: "vault", OK: true, Detail: detail}
	case errors.As(err, &unread):
		f.Detail = fmt.Sprintf("%s; %v: they are left out, and peers may have them still", detail, err)
		f.Fix = "votive up"
		return f
	case errors.Is(err, vault.ErrKeyDamaged):
		f.Detail = err.Error() + "; the 24 words bring back in another home what peers still carry"
		f.Fix = "votive --home DIR init --restore"
		return f
	case !errors.Is(err, vault.ErrDamaged):
		f.Detail, f.Fix = err.Error(), ""
		return f
	}
	f.Detail = err.Error()
	if !mend {
		return f
	}
	report, err := vault.Salvage(ctx, h.path("vault"), o)
	if err == nil {
		detail, err = readVault(ctx, h.path("vault"), o)
	}
	if errors.As(err, &unread) {
		f.Detail = fmt.Sprintf("mended, the damaged database is set aside; %s; %v: peers may have them still", detail, err)
		f.Fix = "votive up"
		return f
	}
	if err != nil {
		f.Detail = fmt.Sprintf("not mended: %v; the 24 words bring back in another home what peers still carry", err)
		f.Fix = "votive --home DIR init --restore"
		return f
	}
	return Finding{Name: "vault", OK: true, Detail: fmt.Sprintf(
		"mended: %d whole entries kept, the damaged database is set aside; peers may have the rest", report.Rows)}
}

// readVault reads all of a vault, and says what there is.
func readVault(ctx context.Context, dir string, o vault.Options) (detail string, err error) {
	v, err := vault.Open(dir, o)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	if !v.Exists() {
		return "there is none; this node carries frames for others only", nil
	}
	if err := v.Check(ctx); err != nil {
		return "", err
	}
	if v.Locked() {
		return "it is there, and locked", nil
	}
	rows := 0
	err = v.Scan(ctx, func(string, []byte) error { rows++; return nil })
	if err != nil {
		return fmt.Sprintf("%d entries can be read", rows), err
	}
	return fmt.Sprintf("all %d entries can be read", rows), nil
}
