package endurance

import (
	"fmt"
	"math"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/stats"
)

// series are the samples of one quantity, in order of time.
type series struct {
	at     []time.Duration
	values []float64
}

func (s *series) add(at time.Duration, value float64) {
	s.at, s.values = append(s.at, at), append(s.values, value)
}

// slope returns the rise in an hour of the line that fits the samples best, by least squares. It is 0 for less than two moments.
func (s *series) slope() float64 {
	var meanAt, meanValue float64
	for i, at := range s.at {
		meanAt += at.Hours() / float64(len(s.at))
		meanValue += s.values[i] / float64(len(s.at))
	}
	var covariance, variance float64
	for i, at := range s.at {
		covariance += (at.Hours() - meanAt) * (s.values[i] - meanValue)
		variance += (at.Hours() - meanAt) * (at.Hours() - meanAt)
	}
	if variance == 0 {
		return 0
	}
	return covariance / variance
}

// third returns the samples of the i-th third, from 0.
func (s *series) third(i int) []float64 {
	n := len(s.values)
	return s.values[n*i/3 : n*(i+1)/3]
}

// bound says how much a quantity may grow and count as flat: by a share of what it was, and by so many units besides, which are
// noise.
type bound struct{ share, units float64 }

// flat says that the median of the last third exceeds that of the one before by no more than the bound. The first third does not
// count: caches and pools fill then. Medians forget what comes and goes, such as a garbage collection or a slow second.
func (s *series) flat(b bound) error {
	before, after := stats.Median(s.third(1)), stats.Median(s.third(2))
	if limit := before*(1+b.share) + b.units; after > limit {
		return fmt.Errorf("grew from %s to %s, and %s is the limit", short(before), short(after), short(limit))
	}
	return nil
}

// short writes a number with three digits or more, as 1234, 12.3 or 0.123.
func short(value float64) string {
	if math.Abs(value) >= 100 {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.3g", value)
}
