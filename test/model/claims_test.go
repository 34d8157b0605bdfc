package model

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/namesake-sandbox/namesake/test/model/claims"
	"github.com/namesake-sandbox/namesake/test/model/search"
)

// Every schedule of some small worlds keeps the invariants, and every claim comes to its end from each of their states.
func TestClaims(t *testing.T) {
	t.Parallel()
	for _, world := range claims.Worlds(*long) {
		t.Run(world.Name, func(t *testing.T) {
			t.Parallel()
			m := claims.New(world.Size, claims.Off{})
			explore(t, m, m.Settle, 2_500_000, !*long)
		})
	}
}

// Random schedules of large worlds keep the invariants, and reach all that there is.
func TestClaimsAtRandom(t *testing.T) {
	t.Parallel()
	var reached claims.Reached
	for _, world := range claims.Large() {
		m := claims.New(world.Size, claims.Off{})
		schedules, steps := 0, 0
		rapid.Check(t, func(t *rapid.T) {
			schedules++
			steps += walk(t, m, m.Settle, claims.IsOurs, draws(t))
		})
		t.Logf("%s: %d schedules, %d steps, 0 violations; %+v", world.Name, schedules, steps, m.Reached())
		reached = reached.And(m.Reached())
	}
	if nothing := reached.Nothing(); nothing != "" {
		t.Errorf("no schedule reaches %s", nothing)
	}
}

// What docs/guarantees.md says is not needed is not.
func TestUnneeded(t *testing.T) {
	t.Parallel()
	m := claims.Unneeded()
	explore(t, m, m.Settle, 2_500_000, true)
}

// FuzzClaims lets the fuzzer choose the schedules: who does what next, and how stale what they see is.
func FuzzClaims(f *testing.F) {
	f.Add(uint8(0), []byte{})
	f.Add(uint8(1), []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"))
	worlds := claims.Large()
	f.Fuzz(func(t *testing.T, world uint8, schedule []byte) {
		m := claims.New(worlds[int(world)%len(worlds)].Size, claims.Off{})
		var numbers []uint16
		for i := 0; i+1 < len(schedule) && len(numbers) < mostSteps; i += 2 {
			numbers = append(numbers, uint16(schedule[i])<<8|uint16(schedule[i+1]))
		}
		walk(t, m, m.Settle, claims.IsOurs, numbers)
	})
}

// The search finds what a schedule by hand shows: it visits the states that lead there.
func TestSearchIsTheShortest(t *testing.T) {
	t.Parallel()
	p := claims.ScaleDown()
	found := p.Search(1000)
	if len(found.Schedule) != 5 || found.Depth != 4 {
		t.Errorf("%d steps, want 5: a claim, its worker's cache, the binding's adoption in two steps, and the deletion", len(found.Schedule))
	}
	if m := claims.New(p.Size, claims.Off{}); search.All(m, 100_000, nil).Broken != "" {
		t.Error("with the protection, the same world breaks")
	}
}
