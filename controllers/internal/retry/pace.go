package retry

import "time"

const (
	// refusalInterval is the time between two tries of a namespace's refused work, once refusalBurst of them came at once. So what a
	// quota refuses costs the same few requests a second, however many objects it refuses.
	refusalInterval = 100 * time.Millisecond
	refusalBurst    = 10
	// idleNamespaces is how many namespaces are remembered before those are dropped that have nothing to wait for.
	idleNamespaces = 1000
)

// pace spreads the tries of each namespace's refused work over time. It is the generic cell rate algorithm of ATM networks
// (ITU-T I.371), which keeps a single time for each namespace.
type pace struct {
	now func() time.Time
	// free is from when on a namespace has all of its burst again.
	free map[string]time.Time
}

func newPace(now func() time.Time) *pace {
	return &pace{now: now, free: map[string]time.Time{}}
}

// next returns how long the next try has to wait in that namespace, and counts it.
func (p *pace) next(namespace string) time.Duration {
	now := p.now()
	if len(p.free) >= idleNamespaces {
		for name, free := range p.free {
			if !free.After(now) {
				delete(p.free, name)
			}
		}
	}
	free := p.free[namespace]
	if free.Before(now) {
		free = now
	}
	free = free.Add(refusalInterval)
	p.free[namespace] = free
	return max(0, free.Sub(now)-refusalBurst*refusalInterval)
}
