package yield

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	testclock "k8s.io/utils/clock/testing"
)

// calls records which calls were made.
type calls struct {
	*Traffic

	made []string
}

func (c *calls) do(names ...string) {
	for _, name := range names {
		c.Later(func() { c.made = append(c.made, name) })
	}
}

func (c *calls) expect(t *testing.T, when string, want ...string) {
	t.Helper()
	c.later.flushing.Lock()
	defer c.later.flushing.Unlock()
	if diff := cmp.Diff(want, c.made); diff != "" {
		t.Errorf("%s: made (-want +got):\n%s", when, diff)
	}
}

func TestLater(t *testing.T) {
	clock := testclock.NewFakeClock(start)
	traffic := NewTraffic(clock)
	c := &calls{Traffic: traffic}
	c.do("a")
	c.expect(t, "without claims", "a")
	traffic.Begin(sandbox("s"))
	c.do("b", "c")
	c.expect(t, "with a claim on its way", "a")
	clock.Step(laterBound)
	c.later.flush() // The clock calls it in a goroutine of its own; this waits for it.
	c.expect(t, "after the bound", "a", "b", "c")
	c.do("d")
	c.expect(t, "still with a claim on its way", "a", "b", "c")
	traffic.End(sandbox("s"))
	c.do("e")
	c.expect(t, "when it is quiet", "a", "b", "c", "d", "e")
}

func TestLaterIsBounded(t *testing.T) {
	traffic := NewTraffic(testclock.NewFakeClock(start))
	c := &calls{Traffic: traffic}
	traffic.Begin(sandbox("s"))
	for i := range laterLimit + 1 {
		c.do(fmt.Sprint(i))
	}
	if len(c.made) != laterLimit+1 || len(c.later.calls) > 0 {
		t.Errorf("%d calls were made, and %d wait", len(c.made), len(c.later.calls))
	}
}

func TestLaterWithoutTraffic(t *testing.T) {
	var c calls
	c.do("a")
	if len(c.made) != 1 {
		t.Error("the call was not made")
	}
}
