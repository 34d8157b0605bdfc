package endurance

import (
	"math"
	"testing"
	"time"
)

// made returns samples, one a minute.
func made(n int, value func(minute int) float64) *series {
	s := &series{}
	for i := range n {
		s.add(time.Duration(i)*time.Minute, value(i))
	}
	return s
}

func TestSlope(t *testing.T) {
	for name, tc := range map[string]struct {
		samples *series
		want    float64
	}{
		"nothing":          {&series{}, 0},
		"one sample":       {made(1, func(int) float64 { return 5 }), 0},
		"level":            {made(60, func(int) float64 { return 5 }), 0},
		"two a minute":     {made(60, func(minute int) float64 { return 7 + 2*float64(minute) }), 120},
		"falling":          {made(60, func(minute int) float64 { return -float64(minute) }), -60},
		"a saw that rises": {made(60, func(minute int) float64 { return float64(minute - minute%2) }), 60},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.samples.slope(); math.Abs(got-tc.want) > 0.1 {
				t.Errorf("got %g, want %g", got, tc.want)
			}
		})
	}
}

func TestFlat(t *testing.T) {
	for name, tc := range map[string]struct {
		samples *series
		bound   bound
		want    bool
	}{
		"level":               {made(90, func(int) float64 { return 50 }), bound{}, true},
		"filling, then level": {made(90, func(minute int) float64 { return float64(min(minute, 30)) }), bound{}, true},
		"a leak":              {made(90, func(minute int) float64 { return 50 + float64(minute) }), bound{share: 0.1}, false},
		"a small leak":        {made(90, func(minute int) float64 { return 50 + float64(minute)/30 }), bound{share: 0.1}, true},
		"noise":               {made(90, func(minute int) float64 { return float64(minute % 2) }), bound{units: 1}, true},
		"one peak at the end": {made(90, func(minute int) float64 { return 5 + 100*float64(minute/89) }), bound{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tc.samples.flat(tc.bound); (err == nil) != tc.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
