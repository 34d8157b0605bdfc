package yield

import (
	"sync"
	"time"
)

const (
	// laterBound is how long a call waits at the most.
	laterBound = time.Second
	// laterLimit is how many calls wait at the most. Beyond that they are made at once.
	laterLimit = 1000
)

// later holds calls that nobody waits for, in order.
type later struct {
	mu    sync.Mutex
	calls []func()
	// timed says that a flush will come.
	timed bool
	// flushing is held while calls are made, which keeps their order.
	flushing sync.Mutex
}

// add adds call, and makes all calls if they are not to wait. It reports whether the caller has to see to a flush.
func (l *later) add(call func(), wait bool) bool {
	l.mu.Lock()
	l.calls = append(l.calls, call)
	wait = wait && len(l.calls) <= laterLimit
	first := wait && !l.timed
	l.timed = l.timed || first
	l.mu.Unlock()
	if !wait {
		l.flush()
	}
	return first
}

// flush makes all calls that wait.
func (l *later) flush() {
	l.flushing.Lock()
	defer l.flushing.Unlock()
	l.mu.Lock()
	calls := l.calls
	l.calls, l.timed = nil, false
	l.mu.Unlock()
	for _, call := range calls {
		call()
	}
}
