package main

import (
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	const minute = time.Minute
	for name, test := range map[string]struct {
		remaining       time.Duration
		left            int
		whole, brief    time.Duration
		begins, isBrief bool
	}{
		"the first one is whole":                                {20 * minute, 5, 0, 0, true, false},
		"there is time for all of them":                         {20 * minute, 4, 5 * minute, 0, true, false},
		"there is time for all of them, but not whole":          {16 * minute, 4, 5 * minute, 0, true, true},
		"what was saved lets a later one be whole":              {12 * minute, 2, 5 * minute, 3 * minute, true, false},
		"even without optional steps there is no time left":     {2 * minute, 1, 5 * minute, 3 * minute, false, true},
		"how long it takes without optional steps is not known": {4 * minute, 1, 5 * minute, 0, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			begins, brief := next(test.remaining, test.left, test.whole, test.brief)
			if begins != test.begins || brief != test.isBrief {
				t.Errorf("next = %t, %t, want %t, %t", begins, brief, test.begins, test.isBrief)
			}
		})
	}
}
