package suite

import (
	"sync"
	"time"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// Clock is the time that webhooks and reconcilers see. It stands still until Step moves it.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *Clock { return &Clock{now: builder.Epoch} }

// Now returns the current time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Step moves the time forward.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
