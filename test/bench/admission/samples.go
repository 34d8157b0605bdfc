package main

import (
	"math"
	"slices"
	"time"
)

// samples are durations, by the name of what took them.
type samples map[string][]time.Duration

func (s samples) add(name string, d time.Duration) { s[name] = append(s[name], d) }

// percentile returns the smallest sample that at least percent of all samples do not exceed, or 0 if there is none.
func (s samples) percentile(name string, percent float64) time.Duration {
	sorted := slices.Sorted(slices.Values(s[name]))
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(float64(len(sorted)) * percent / 100))
	return sorted[max(rank, 1)-1]
}

// everyOther splits the samples, which came in turns of n, into those of every other turn and the rest.
func (s samples) everyOther(n int) (even, odd samples) {
	even, odd = samples{}, samples{}
	for name, taken := range s {
		for i, d := range taken {
			if i/n%2 == 0 {
				even.add(name, d)
			} else {
				odd.add(name, d)
			}
		}
	}
	return even, odd
}
