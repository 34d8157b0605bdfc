package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPercentile(t *testing.T) {
	hundred := samples{}
	for i := range 100 {
		hundred.add("x", time.Duration(100-i))
	}
	for name, tc := range map[string]struct {
		samples samples
		percent float64
		want    time.Duration
	}{
		"of nothing":            {samples{}, 50, 0},
		"of one":                {samples{"x": {7}}, 99, 7},
		"the median of two":     {samples{"x": {2, 1}}, 50, 1},
		"the median of three":   {samples{"x": {3, 1, 2}}, 50, 2},
		"99 of a hundred":       {hundred, 99, 99},
		"all of a hundred":      {hundred, 100, 100},
		"as good as none":       {hundred, 0, 1},
		"between two of a few":  {samples{"x": {1, 2, 3}}, 99, 3},
		"half of a hundred":     {hundred, 50, 50},
		"of something else not": {samples{"y": {7}}, 50, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.samples.percentile("x", tc.percent); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

func TestEveryOther(t *testing.T) {
	even, odd := samples{"x": {1, 2, 3, 4, 5}}.everyOther(2)
	if diff := cmp.Diff(samples{"x": {1, 2, 5}}, even); diff != "" {
		t.Errorf("even turns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(samples{"x": {3, 4}}, odd); diff != "" {
		t.Errorf("odd turns (-want +got):\n%s", diff)
	}
}
