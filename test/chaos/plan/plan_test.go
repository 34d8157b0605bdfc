package plan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/chaos/plan"
)

func TestTheSamePlanFromTheSameSeed(t *testing.T) {
	options := plan.Options{Duration: 10 * time.Minute, Rate: 5, Elects: true}
	first := plan.New(1, options)
	if diff := cmp.Diff(first, plan.New(1, options)); diff != "" {
		t.Errorf("one seed has two plans:\n%s", diff)
	}
	if cmp.Equal(first.Operations, plan.New(2, options).Operations) || cmp.Equal(first.Faults, plan.New(2, options).Faults) {
		t.Error("two seeds have one plan")
	}
}

func TestAPlanHasEverything(t *testing.T) {
	p := plan.New(7, plan.Options{Duration: 20 * time.Minute, Rate: 5, Elects: true})
	if n := len(p.Operations); n < 5500 || n > 6500 {
		t.Errorf("%d operations, want about 6000", n)
	}
	operations, faults := map[plan.OperationKind]int{}, map[plan.FaultKind]int{}
	for _, o := range p.Operations {
		operations[o.Kind]++
	}
	for _, f := range p.Faults {
		faults[f.Kind]++
	}
	for _, kind := range plan.OperationKinds() {
		if operations[kind] == 0 {
			t.Errorf("no %s", kind)
		}
	}
	for _, kind := range plan.FaultKinds() {
		if faults[kind] < 2 {
			t.Errorf("%s: %d times", kind, faults[kind])
		}
	}
}

func TestAtMostTwoFaultsAtATime(t *testing.T) {
	for seed := range uint64(50) {
		p := plan.New(seed, plan.Options{Duration: 5 * time.Minute, Rate: 1, Elects: true})
		for i, f := range p.Faults {
			overlapping := 0
			for _, other := range p.Faults[:i] {
				if other.At+other.For > f.At {
					overlapping++
				}
			}
			if overlapping > 1 {
				t.Fatalf("seed %d: at %s there are %d faults", seed, f.At, overlapping+1)
			}
			if f.At+f.For >= p.Duration {
				t.Errorf("seed %d: %s is not over at the end", seed, f.Kind)
			}
		}
		if !slices.IsSortedFunc(p.Faults, func(a, b plan.Fault) int { return int(a.At - b.At) }) {
			t.Errorf("seed %d: the faults are not in the order of time", seed)
		}
	}
}

// The seed and the duration are those of the target e2e of the Makefile.
func TestTheShortFormHasEveryFault(t *testing.T) {
	without := []plan.FaultKind{plan.Upgrade, plan.ClockJump}
	p := plan.New(947, plan.Options{Duration: 90 * time.Second, Rate: 5, Elects: true, Without: without})
	for _, kind := range plan.FaultKinds() {
		has := slices.ContainsFunc(p.Faults, func(f plan.Fault) bool { return f.Kind == kind })
		if has == slices.Contains(without, kind) {
			t.Errorf("%s: %t", kind, has)
		}
	}
}

func TestAPlanLeavesOutWhatCannotBe(t *testing.T) {
	p := plan.New(1, plan.Options{Duration: 20 * time.Minute, Rate: 1, Without: []plan.FaultKind{plan.Upgrade}})
	for _, f := range p.Faults {
		if f.Kind == plan.Upgrade || f.Kind == plan.LeaderStopped {
			t.Errorf("%s, although it was left out or there is no leader", f.Kind)
		}
	}
}
