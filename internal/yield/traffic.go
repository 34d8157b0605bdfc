package yield

import (
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// onItsWay is for how long a claim counts as on its way, from when its Sandbox was picked, and again from when it was first seen.
// Mostly it is Ready within milliseconds. In a burst that a small control plane is busy with, its creation takes some seconds, and so
// do the writes that follow. One that takes longer waits for something else.
const onItsWay = 5 * time.Second

// Traffic knows the claims that are on their way, by the warm Sandboxes that they are bound to: a claim has no name yet, and no
// UID, when admission binds it. It is safe for concurrent use. Use NewTraffic. One that is nil knows none.
type Traffic struct {
	clock clock.WithDelayedExecution

	mu sync.Mutex
	// claims are those that were picked or first seen within onItsWay. order says when that was, in order.
	claims map[types.NamespacedName]claim
	order  []moment
	// count is how many of them are on their way.
	count int
	// quiet are told when no claim is left.
	quiet map[*Lot]bool
	// later are calls that wait for that.
	later later
	// served says when each other replica was last seen to serve a claim.
	served map[uint64]time.Time
}

// claim is what is known of a claim.
type claim struct {
	// onItsWay says that it still is.
	onItsWay bool
	// here says that this replica serves it: it has picked its Sandbox, or helps.
	here bool
	// seen is when the claim was first seen. It is zero if its creation has not ended, and if it was listed.
	seen time.Time
	// listed says that the claim was there when this replica began to look.
	listed bool
	// moments is how many entries of order are the claim's.
	moments int
}

// moment is when the claim that is bound to a Sandbox was picked, or first seen.
type moment struct {
	sandbox types.NamespacedName
	at      time.Time
}

// NewTraffic returns a Traffic without claims.
func NewTraffic(now clock.WithDelayedExecution) *Traffic {
	return &Traffic{clock: now, claims: map[types.NamespacedName]claim{}, quiet: map[*Lot]bool{}, served: map[uint64]time.Time{}}
}

// Begin records that the claim that is bound to sandbox is seen on its way. That counts once: a claim that was Ready, or took too
// long, does not count again.
func (t *Traffic) Begin(sandbox types.NamespacedName) { t.begin(sandbox, asSeen) }

// List is Begin for a claim that was there when this replica began to look. Nobody knows since when.
func (t *Traffic) List(sandbox types.NamespacedName) { t.begin(sandbox, asListed) }

// Pick records that this replica has bound a claim to sandbox, which so is on its way. An earlier claim that was bound to sandbox did
// not get it, and counts no more.
func (t *Traffic) Pick(sandbox types.NamespacedName) { t.begin(sandbox, asPicked) }

// manner is how a Traffic learns of a claim.
type manner int

const (
	asSeen manner = iota
	asListed
	asPicked
)

func (t *Traffic) begin(sandbox types.NamespacedName, how manner) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	before, known := t.claims[sandbox]
	c := before.told(how, known, t.clock.Now())
	if c.onItsWay && !before.onItsWay {
		t.count++
	}
	if c != before {
		c.moments++
		t.order = append(t.order, moment{sandbox, t.clock.Now()})
		t.claims[sandbox] = c
	}
}

// told returns what is known of a claim after a Traffic learned of it at the time now.
func (c claim) told(how manner, known bool, now time.Time) claim {
	if !known || how == asPicked && !c.onItsWay {
		c = claim{onItsWay: true, moments: c.moments}
	}
	c.here = c.here || how == asPicked
	c.listed = c.listed || how == asListed
	if how == asSeen && c.seen.IsZero() && !c.listed {
		c.seen = now
	}
	return c
}

// Help records that this replica serves the claim that is bound to sandbox, whoever has bound it.
func (t *Traffic) Help(sandbox types.NamespacedName) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, known := t.claims[sandbox]; known {
		c.here = true
		t.claims[sandbox] = c
	}
}

// Seen returns when this replica first saw the claim that is bound to sandbox, and whether this replica has bound it, or serves it
// already. It returns the zero time and false if it did neither lately.
func (t *Traffic) Seen(sandbox types.NamespacedName) (at time.Time, picked bool) {
	if t == nil {
		return time.Time{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	c := t.claims[sandbox]
	return c.seen, c.here
}

// Serve is End for a claim that is Ready, or waits for something. by is the replica that has probably bound it. If this replica did not
// serve the claim, that one is at work.
func (t *Traffic) Serve(sandbox types.NamespacedName, by uint64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	if c := t.claims[sandbox]; c.onItsWay && !c.here {
		t.served[by] = t.clock.Now()
	}
	t.mu.Unlock()
	t.End(sandbox)
}

// LastServed returns when the replica by was last seen to serve a claim, or the zero time if it was not lately.
func (t *Traffic) LastServed(by uint64) time.Time {
	if t == nil {
		return time.Time{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.served, func(_ uint64, at time.Time) bool { return t.clock.Since(at) >= onItsWay })
	return t.served[by]
}

// End records that the claim that is bound to sandbox is not on its way any more: it is Ready, or gone, or waits for something.
func (t *Traffic) End(sandbox types.NamespacedName) {
	if t != nil && t.end(sandbox) {
		go t.later.flush()
	}
}

// end reports whether that claim was the last, and tells the Lots if it was.
func (t *Traffic) end(sandbox types.NamespacedName) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.claims[sandbox]
	if !c.onItsWay {
		return false
	}
	c.onItsWay = false
	t.claims[sandbox] = c
	t.count--
	if t.count > 0 {
		return false
	}
	for lot := range t.quiet {
		lot.signal()
	}
	return true
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

// expire drops the claims that were picked and seen too long ago to count.
func (t *Traffic) expire() {
	now := t.clock.Now()
	for len(t.order) > 0 && now.Sub(t.order[0].at) >= onItsWay {
		sandbox := t.order[0].sandbox
		t.order = t.order[1:]
		c := t.claims[sandbox]
		c.moments--
		if c.moments > 0 {
			t.claims[sandbox] = c
			continue
		}
		if c.onItsWay {
			t.count--
		}
		delete(t.claims, sandbox)
	}
}

// Later makes call, which must not block, at once if no claim is on its way, and otherwise when none is left, or after
// laterBound. Calls are made in order.
func (t *Traffic) Later(call func()) {
	if t == nil {
		call()
		return
	}
	if t.later.add(call, t.Busy()) {
		t.clock.AfterFunc(laterBound, t.later.flush)
	}
}

// tell adds lot to those that are told when no claim is left, or removes it.
func (t *Traffic) tell(lot *Lot, add bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if add {
		t.quiet[lot] = true
	} else {
		delete(t.quiet, lot)
	}
}
