package model

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/namesake-sandbox/namesake/test/model/pools"
)

// Every schedule of some small worlds keeps the invariants of pools, and every pool comes to have what it wants from each of their states.
func TestPools(t *testing.T) {
	t.Parallel()
	for _, world := range pools.Worlds(*long) {
		t.Run(world.Name, func(t *testing.T) {
			t.Parallel()
			m := pools.New(world.Size, pools.Off{})
			explore(t, m, m.Settle, 2_500_000, !*long)
			t.Logf("%+v", m.Reached())
		})
	}
}

// Random schedules of larger worlds keep them, too.
func TestPoolsAtRandom(t *testing.T) {
	t.Parallel()
	var reached pools.Reached
	for _, world := range pools.Large() {
		m := pools.New(world.Size, pools.Off{})
		schedules, steps := 0, 0
		rapid.Check(t, func(t *rapid.T) {
			schedules++
			steps += walk(t, m, m.Settle, pools.IsOurs, draws(t))
		})
		t.Logf("%s: %d schedules, %d steps, 0 violations; %+v", world.Name, schedules, steps, m.Reached())
		reached = reached.And(m.Reached())
	}
	if nothing := reached.Nothing(); nothing != "" {
		t.Errorf("no schedule reaches %s", nothing)
	}
}
