package rules_test

import (
	"testing"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestMissingMembers(t *testing.T) {
	for name, tc := range map[string]struct {
		n       int
		own     rules.OwnCreations
		missing int
		certain bool
	}{
		"nothing is missing":                        {0, rules.OwnCreations{}, 0, true},
		"nothing, before the cache has caught up":   {0, rules.OwnCreations{Unseen: 2}, 0, true},
		"before the process has created any":        {2, rules.OwnCreations{}, 0, false},
		"before the cache has shown any of these":   {3, rules.OwnCreations{Unseen: 1}, 0, false},
		"the cache has caught up":                   {2, rules.OwnCreations{CaughtUp: true}, 2, true},
		"it lacks some of the process's own":        {3, rules.OwnCreations{Unseen: 1, CaughtUp: true}, 2, true},
		"all that is missing is its own":            {2, rules.OwnCreations{Unseen: 2, CaughtUp: true}, 0, false},
		"more than is missing is its own, and gone": {1, rules.OwnCreations{Unseen: 2, CaughtUp: true}, 0, false},
	} {
		if missing, certain := rules.MissingMembers(tc.n, tc.own); missing != tc.missing || certain != tc.certain {
			t.Errorf("%s: %d, %t; want %d, %t", name, missing, certain, tc.missing, tc.certain)
		}
	}
}

func TestCountedMissing(t *testing.T) {
	pool := builder.MakePool("p").Replicas(3).Obj()
	for name, tc := range map[string]struct{ n, members, want int }{
		"none are there":                             {3, 0, 3},
		"fewer than the cache says are missing":      {3, 1, 2},
		"no more than the cache says, though it may": {1, 0, 1},
		"all are there":                              {2, 3, 0},
		"too many are there":                         {2, 5, 0},
	} {
		if got := rules.CountedMissing(pool, tc.n, tc.members); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}
