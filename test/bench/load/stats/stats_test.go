package stats

import (
	"math"
	"testing"
)

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	for name, test := range map[string]struct {
		samples []float64
		percent float64
		want    float64
	}{
		"the median of a hundred is the fiftieth":           {hundred, 50, 50},
		"the 99th percentile of a hundred leaves one out":   {hundred, 99, 99},
		"all of a hundred are at most the longest":          {hundred, 100, 100},
		"the lowest percentile is the shortest":             {hundred, 0, 1},
		"one sample is every percentile":                    {[]float64{7}, 99, 7},
		"a percentile is a sample, and not between two":     {[]float64{1, 2}, 50, 1},
		"the 99th percentile of a few is the longest":       {[]float64{3, 1, 2}, 99, 3},
		"there is no percentile of nothing":                 {nil, 50, math.NaN()},
		"more than a hundred percent is the longest sample": {[]float64{3, 1}, 120, 3},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Percentile(test.samples, test.percent); got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
				t.Errorf("Percentile(%v) = %v, want %v", test.percent, got, test.want)
			}
		})
	}
	if hundred[0] != 100 {
		t.Error("the samples were sorted where they are")
	}
}

func TestMedian(t *testing.T) {
	for name, test := range map[string]struct {
		samples []float64
		want    float64
	}{
		"of an odd number it is the one in the middle":    {[]float64{9, 1, 5}, 5},
		"of an even number it is between the middle ones": {[]float64{4, 1, 2, 9}, 3},
		"of one it is that one":                           {[]float64{4}, 4},
		"there is none of nothing":                        {nil, math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Median(test.samples); got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
				t.Errorf("Median = %v, want %v", got, test.want)
			}
		})
	}
}
