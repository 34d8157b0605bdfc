// Package stats computes what a benchmark says of its samples.
package stats

import (
	"math"
	"slices"
)

// Percentile returns the smallest sample that at least percent of all samples do not exceed, or NaN if there is none.
func Percentile(samples []float64, percent float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(samples))
	rank := int(math.Ceil(float64(len(sorted)) * percent / 100))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median returns the middle of the samples, of an even number the mean of the two in the middle, or NaN if there is none.
func Median(samples []float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(samples))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
