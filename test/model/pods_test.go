package model

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/namesake-sandbox/namesake/test/model/pods"
)

// Every schedule of some small worlds keeps the invariants of Pods, and every Sandbox comes to have its Pod from each of their states.
func TestPods(t *testing.T) {
	t.Parallel()
	for _, world := range pods.Worlds(*long) {
		t.Run(world.Name, func(t *testing.T) {
			t.Parallel()
			m := pods.New(world.Size, pods.Off{})
			explore(t, m, m.Settle, 2_500_000, !*long)
		})
	}
}

// Random schedules of larger worlds keep them, too.
func TestPodsAtRandom(t *testing.T) {
	t.Parallel()
	for _, size := range []pods.Size{pods.Large(false, false), pods.Large(true, false), pods.Large(false, true), pods.Large(true, true)} {
		m := pods.New(size, pods.Off{})
		schedules, steps := 0, 0
		rapid.Check(t, func(t *rapid.T) {
			schedules++
			steps += walk(t, m, m.Settle, pods.IsOurs, draws(t))
		})
		t.Logf("%d schedules, %d steps, 0 violations", schedules, steps)
	}
}
