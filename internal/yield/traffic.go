package yield

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// onItsWay is for how long a claim counts as on its way. Mostly it is Ready within milliseconds. In a burst that a small
// control plane is busy with it takes a second or two. One that takes longer waits for something else.
const onItsWay = 2 * time.Second

// Traffic knows the claims that are on their way. It is safe for concurrent use. Use NewTraffic. One that is nil knows none.
type Traffic struct {
	now func() time.Time

	mu sync.Mutex
	// claims are those that were seen within onItsWay, and whether they still are on their way. order is the order in which
	// they were first seen.
	claims map[types.UID]bool
	order  []firstSeen
	// count is how many of them are on their way.
	count int
	quiet []func()
}

// firstSeen says when a claim was first seen on its way.
type firstSeen struct {
	claim types.UID
	at    time.Time
}

// NewTraffic returns a Traffic without claims. now returns the current time.
func NewTraffic(now func() time.Time) *Traffic {
	return &Traffic{now: now, claims: map[types.UID]bool{}}
}

// Begin records that a claim is on its way. That counts once: a claim that was Ready, or took too long, does not count again.
func (t *Traffic) Begin(claim types.UID) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	if _, known := t.claims[claim]; known {
		return
	}
	t.claims[claim] = true
	t.order = append(t.order, firstSeen{claim, t.now()})
	t.count++
}

// End records that a claim is not on its way any more: it is Ready, or gone, or waits for something.
func (t *Traffic) End(claim types.UID) {
	if t != nil && t.end(claim) {
		for _, tell := range t.quiet {
			tell()
		}
	}
}

// end reports whether that claim was the last.
func (t *Traffic) end(claim types.UID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.claims[claim] {
		return false
	}
	t.claims[claim] = false
	t.count--
	return t.count == 0
}

// Busy reports whether any claim is on its way.
func (t *Traffic) Busy() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	return t.count > 0
}

// expire drops the claims that were first seen too long ago to count.
func (t *Traffic) expire() {
	now := t.now()
	for len(t.order) > 0 && now.Sub(t.order[0].at) >= onItsWay {
		if claim := t.order[0].claim; t.claims[claim] {
			t.count--
		}
		delete(t.claims, t.order[0].claim)
		t.order = t.order[1:]
	}
}

// onQuiet calls tell, which must not block, whenever the last claim that was on its way no longer is. It is called before the
// Traffic is used.
func (t *Traffic) onQuiet(tell func()) {
	t.quiet = append(t.quiet, tell)
}
