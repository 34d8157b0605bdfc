package reconcile

import (
	"testing"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A pool whose members take long to look at is left alone for a while after each look, whatever happens to it, and then catches up.
// A change of its spec does not wait for that.
func TestAPoolRests(t *testing.T) {
	s := newPoolStory(t, 2, onReplenish)
	s.step(t)
	s.startsNow(t)
	s.ready(t, s.members(t)...)
	s.step(t) // It writes the status, by which the spec has been seen.
	s.now = s.now.Add(time.Minute)

	slow := s.r.Now
	s.r.Now = func() time.Time { // Each look at the clock takes 10 ms, so a look at the members takes 20 at least.
		s.now = s.now.Add(10 * time.Millisecond)
		return s.now
	}
	s.step(t)
	s.Delete(t, s.Editor, s.members(t)[0])
	before := suite.Writes(t)
	rest := s.step(t).RequeueAfter
	if rest < 100*time.Millisecond || rest > time.Second {
		t.Errorf("the pool is left alone for %s", rest)
	}
	before.Expect(t, suite.Writes, suite.Counts{})

	s.r.Now = slow
	s.now = s.now.Add(rest)
	s.step(t)
	if n := len(s.members(t)); n != 2 {
		t.Errorf("after its rest the pool has %d members, want 2", n)
	}

	s.r.Now = func() time.Time {
		s.now = s.now.Add(10 * time.Millisecond)
		return s.now
	}
	s.now = s.now.Add(time.Minute)
	s.step(t)
	change(t, s.Namespace, "test-pool", func(pool *extensionsv1.SandboxWarmPool) { pool.Spec.Replicas = new(int32(3)) })
	s.step(t)
	if n := len(s.members(t)); n != 3 {
		t.Errorf("after it was scaled the pool has %d members, want 3", n)
	}
}
