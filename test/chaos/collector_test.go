package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

// What a fresh garbage collector leaves is never a reason for another restart: then the verdict is about it.
func TestCollector(t *testing.T) {
	a, b := judge.Stuck{UID: "a", Subject: "Sandbox a"}, judge.Stuck{UID: "b", Subject: "Pod b"}
	steps := []struct {
		stuck, lost []judge.Stuck
	}{
		{nil, nil},
		{[]judge.Stuck{a}, []judge.Stuck{a}},
		{[]judge.Stuck{a}, nil},
		{nil, nil},
		{[]judge.Stuck{a, b}, []judge.Stuck{b}},
		{[]judge.Stuck{a, b}, nil},
	}
	var c collector
	for i, s := range steps {
		lost := c.lost(s.stuck)
		if diff := cmp.Diff(s.lost, lost); diff != "" {
			t.Errorf("step %d: what is lost differs (-want +got):\n%s", i, diff)
		}
		if len(lost) > 0 {
			c.restarted(s.stuck)
		}
	}
	if c.restarts != 2 {
		t.Errorf("the garbage collector was restarted %d times, want 2", c.restarts)
	}
}
