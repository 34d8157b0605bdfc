// Package schedule starts requests at moments that are fixed beforehand, however long the ones before take. A latency counts
// from the fixed moment: a server that stalls is charged for all that should have started meanwhile.
package schedule

import (
	"context"
	"sync"
	"time"
)

// Burst returns the offsets of n requests at once.
func Burst(n int) []time.Duration { return make([]time.Duration, n) }

// Rate returns the offsets of perSecond requests a second, evenly, for that long.
func Rate(perSecond int, long time.Duration) []time.Duration {
	offsets := make([]time.Duration, int(long.Seconds()*float64(perSecond)))
	for i := range offsets {
		offsets[i] = time.Duration(i) * time.Second / time.Duration(perSecond)
	}
	return offsets
}

// Start is when a request should have started, and when it did.
type Start struct{ Due, Began time.Time }

// Late returns how long after its moment the request started: what the generator itself adds.
func (s Start) Late() time.Duration { return s.Began.Sub(s.Due) }

// Run calls do once for each offset from now, each call in a goroutine of its own, and returns when all have returned. After
// ctx is done it starts no more: their Start is zero.
func Run(ctx context.Context, offsets []time.Duration, do func(i int, due time.Time)) []Start {
	starts := make([]Start, len(offsets))
	began := time.Now()
	var calls sync.WaitGroup
	for i, offset := range offsets {
		due := began.Add(offset)
		if !waitUntil(ctx, due) {
			break
		}
		calls.Go(func() {
			starts[i] = Start{Due: due, Began: time.Now()}
			do(i, due)
		})
	}
	calls.Wait()
	return starts
}

// waitUntil waits until that moment, and reports whether ctx was still not done then.
func waitUntil(ctx context.Context, moment time.Time) bool {
	wait := time.Until(moment)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
