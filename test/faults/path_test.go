package faults

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// path is something that the manager does.
type path struct {
	name string
	// prepare brings about what is there before, and starts the manager. No fault happens meanwhile.
	prepare func(*run)
	// act is what a user does, and what has to come of each but the last.
	act func(*run)
	// missing says what is missing from the end, or "".
	missing func(*world) string
	// open says that the end is not the same each time: it is right if nothing is missing. Otherwise it is right if it is the same as
	// without a fault.
	open bool
}

// outcome is what came of a run.
type outcome struct {
	// start and end are the states of the world before and after.
	start, end []string
	points     []point
	calls      int
}

// walk takes the path without a fault, and returns what it found to be right.
func (s *stage) walk(t *testing.T, p *path) *outcome {
	t.Helper()
	r := s.begin(t, fault{})
	p.prepare(r)
	r.settle(nil)
	o := &outcome{start: r.snapshot()}
	r.faults.arm(true)
	p.act(r)
	r.await("the end of the path", p.missing)
	r.settle(nil)
	r.faults.arm(false)
	o.end = r.snapshot()
	o.points, o.calls, _ = r.faults.report()
	r.await("the end of the path, at rest", p.missing)
	r.release()
	r.judge()
	return o
}

// try takes the path with a fault, and fails the test unless all ends as it does without. It reports whether the fault happened.
func (s *stage) try(t *testing.T, p *path, f fault, want *outcome) bool {
	t.Helper()
	r := s.begin(t, f)
	defer func() {
		if t.Failed() {
			t.Logf("the calls and events:\n%s", r.faults)
		}
	}()
	p.prepare(r)
	r.arrive("the beginning of the path", want.start)
	r.faults.arm(true)
	p.act(r)
	end := func() {
		t.Helper()
		if p.open {
			r.await("the end of the path", p.missing)
		} else {
			r.arrive("the end of the path", want.end)
		}
	}
	end()
	fired := func() bool { _, _, fired := r.faults.report(); return fired }
	if !fired() { // What it happens to may come after all that can be seen.
		r.settle(fired)
		end()
	}
	r.faults.arm(false)
	if _, calls, _ := r.faults.report(); calls > bound(want.calls, p, f.kind) {
		t.Errorf("%d calls, where it takes %d without a fault: no more than %d are expected", calls, want.calls, bound(want.calls, p, f.kind))
	}
	r.release()
	r.judge()
	return fired()
}

// bound returns how many calls a run of p may take with a fault of that kind, where it takes that many without: a dozen for the fault,
// and of more than a dozen no more than thrice as many. A pool that is deleted takes no call. But where its members' end is seen before
// its own, it makes others, which end like them: two calls of theirs each, and what they and the pool say in between. An informer whose
// watch has failed is behind for a second, which is ten of the manager's. What works on its stale view tries again with backoff
// meanwhile, ten times for each object. A path whose end is open may take the longer way, such as a cold Sandbox for a warm one.
func bound(calls int, p *path, k kind) int {
	if p.open || k == cut || k == expired {
		return 3*calls + 24
	}
	return max(min(calls+12, 3*calls), 12)
}

// judge fails the test if anything was seen that must never happen.
func (r *run) judge() {
	r.t.Helper()
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	for rule, lines := range r.world.history.Violations() {
		r.t.Errorf("%s: %v", rule, lines)
	}
}

// left reports whether obj may be left when all that users made is gone: the policy of a template, for five minutes (docs/design.md,
// section 4), and volumes that are to outlive their Sandbox.
func left(obj client.Object) bool {
	policy, ok := obj.(*networkingv1.NetworkPolicy)
	return ok && rules.ControllerOf(policy) == nil
}

// difference says how two states differ.
func difference(want, got []string) string {
	return fmt.Sprintf("%d objects, want %d (-want +got):\n%s", len(got), len(want), cmp.Diff(want, got))
}
