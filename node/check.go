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
		return nil, err
	}
	h, err := openHome(cfg.Home)
	if err != nil {
		return nil, err
	}
	found := []Finding{{Name: "home", OK: true, Detail: cfg.Home + " can be written"}}
	found = append(found, checkStore(ctx, h, cfg, mend), checkVault(ctx, h, cfg))
	return found, h.close()
}

const mendStore = "votive doctor --mend"

func checkStore(ctx context.Context, h *home, cfg Config, mend bool) Finding {
	f := Finding{Name: "store", Fix: mendStore}
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

// checkVault says whether the vault opens. Its rows can be read only with the
// passphrase; votive status says how many could not.
func checkVault(ctx context.Context, h *home, cfg Config) Finding {
	f := Finding{Name: "vault"}
	v, err := vault.Open(h.path("vault"), vault.Options{Log: cfg.Log})
	if err != nil {
		f.Detail = err.Error() + "; the 24 words bring back in another home what peers still carry"
		f.Fix = "votive --home DIR init --restore"
		return f
	}
	defer func() { _ = v.Close() }()
	switch {
	case !v.Exists():
		f.OK, f.Detail = true, "there is none; this node carries frames for others only"
		return f
	case v.Locked():
		f.OK, f.Detail = true, "it is there, and locked"
		return f
	}
	rows := 0
	err = v.Scan(ctx, func(string, []byte) error { rows++; return nil })
	f.OK, f.Detail = err == nil, fmt.Sprintf("all %d entries can be read", rows)
	if err != nil {
		f.Detail = fmt.Sprintf("%d entries can be read; %v: they are left out, and peers may have them still", rows, err)
		f.Fix = "votive up"
	}
	return f
}
