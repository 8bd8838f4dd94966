package api

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"votive/proto/localpb"
	"votive/proto/votive"
)

// parseGeo reads LATITUDE,LONGITUDE in degrees; nil for nothing.
func parseGeo(text string) (*votive.Geo, error) {
	if text == "" {
		return nil, nil
	}
	bad := fmt.Errorf("point %.40q is not understood; say its latitude and longitude in degrees: 22.2822,114.1917", text)
	north, east, found := strings.Cut(text, ",")
	if !found {
		return nil, bad
	}
	var read [2]int32
	for i, part := range []string{north, east} {
		part = strings.TrimSpace(part)
		degrees, err := strconv.ParseFloat(part, 64)
		if err != nil || strings.Trim(part, "+-.0123456789") != "" {
			return nil, bad
		}
		if most := float64(90 * (i + 1)); degrees < -most || degrees > most {
			return nil, fmt.Errorf("point %.40q is not on the earth: want -90 to 90 degrees north and -180 to 180 east", text)
		}
		read[i] = int32(math.Round(degrees * 1e6))
	}
	return &votive.Geo{Latitude: read[0], Longitude: read[1]}, nil
}

// geoMessage is a point in degrees, nil for none.
func geoMessage(g *votive.Geo) *localpb.Geo {
	if g == nil {
		return nil
	}
	return &localpb.Geo{Latitude: float64(g.Latitude) / 1e6, Longitude: float64(g.Longitude) / 1e6}
}
