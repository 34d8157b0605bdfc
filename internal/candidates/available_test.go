package candidates

import (
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// What is picked, or on a node that claims do not get Sandboxes of, is not available; nor is what is gone.
func TestAvailable(t *testing.T) {
	index := filled(3)
	uid := pool.UID
	for _, step := range []struct {
		name string
		do   func()
		want int
	}{
		{"nothing happened", func() {}, 3},
		{"one was picked", func() { index.Pick(byPool, start) }, 2},
		{"one is gone", func() { index.Forget(key("s-2")) }, 1},
		{"one is on a node that nobody knows", func() { index.Observe(member("s-1", template).Node("n").Obj()) }, 0},
		{"the node is known", func() { index.ObserveNode(builder.MakeNode("n").Obj()) }, 1},
		{"the pick was forgotten", func() { index.Peek(byPool, start.Add(time.Hour)) }, 2},
	} {
		step.do()
		if got := index.Available(uid); got != step.want {
			t.Errorf("%s: %d are available, want %d", step.name, got, step.want)
		}
	}
	if got := index.Available("another"); got != 0 {
		t.Errorf("a pool that is not known has %d", got)
	}
}
