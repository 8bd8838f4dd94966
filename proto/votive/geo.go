package votive

import (
	"fmt"

	"votive/proto/internal/wirepb"
)

// Geo is a point on the earth (WGS 84), in millionths of a degree. SPEC 6.12.
type Geo struct {
	Latitude  int32 // north; -90,000,000 to 90,000,000
	Longitude int32 // east; -180,000,000 to 180,000,000
}

// checkGeo is SPEC 6.12.
func checkGeo(g *Geo) error {
	if g == nil {
		return nil
	}
	for _, c := range []struct {
		what     string
		is, most int32
	}{{"latitude", g.Latitude, 90_000_000}, {"longitude", g.Longitude, 180_000_000}} {
		if c.is < -c.most || c.is > c.most {
			return fmt.Errorf("%s of %d millionths of a degree, want %d to %d", c.what, c.is, -c.most, c.most)
		}
	}
	return nil
}

func geoFrom(w *wirepb.Geo) *Geo {
	if w == nil {
		return nil
	}
	return &Geo{w.GetLatitude(), w.GetLongitude()}
}

func (g *Geo) wire() *wirepb.Geo {
	if g == nil {
		return nil
	}
	return &wirepb.Geo{Latitude: g.Latitude, Longitude: g.Longitude}
}
