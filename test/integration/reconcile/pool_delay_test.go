package reconcile

import (
	"testing"
	"time"
)

// A pool waits five seconds for more claims after it has lost a member, and loses one every two seconds. It does not run
// empty: the wait counts from the first loss. Neighbours: a loss at the moment when the wait ends, and a pool that makes up
// for its losses slowly.
func TestAPoolThatWaitsDoesNotRunEmpty(t *testing.T) {
	for name, tc := range map[string]struct {
		every  time.Duration
		rate   float64
		fewest int
	}{
		"a loss every two seconds":       {2 * time.Second, 0, 2},
		"a loss every five seconds":      {5 * time.Second, 0, 3},
		"and made up for at a slow rate": {2 * time.Second, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPoolStory(t, 5, onReplenish)
			s.r.Settings.Refill.Probes = 0
			s.r.Settings.Refill.Delay = 5 * time.Second
			s.step(t)
			s.ready(t, s.members(t)...)
			s.r.Settings.Refill.Rate = tc.rate
			s.step(t)
			fewest, lost := 5, s.now
			for range 60 {
				s.now = s.now.Add(time.Second / 2)
				if s.now.Sub(lost) >= tc.every {
					lost = s.now
					s.Delete(t, s.Editor, s.members(t)[0])
				}
				s.step(t)
				members := s.members(t)
				fewest = min(fewest, len(members))
				for _, member := range members {
					if !isReady(member.Status.Conditions) {
						s.ready(t, member)
					}
				}
			}
			if fewest < tc.fewest {
				t.Errorf("the pool had %d members at the least, want %d", fewest, tc.fewest)
			}
		})
	}
}
