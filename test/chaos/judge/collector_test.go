package judge_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

func foreground(f judge.Facts) judge.Facts {
	return with(ending(f), func(f *judge.Facts) { f.Foreground = true })
}

// Each step is one second after the one before, and the garbage collector has ten seconds.
func TestStuck(t *testing.T) {
	const wait = 10 * time.Second
	cases := map[string]struct {
		steps []step
		after time.Duration // after the last step
		want  []string
	}{
		"a Sandbox in foreground deletion whose Pod is gone": {
			steps: []step{
				sees(standalone("one")), sees(pod("one", "pod", one)), sees(foreground(standalone("one"))), seesGone(pod("one", "pod", one)),
			}, after: wait, want: []string{"Sandbox n/one (one)"},
		},
		"its Pod has been gone for less": {
			steps: []step{
				sees(standalone("one")), sees(pod("one", "pod", one)), sees(foreground(standalone("one"))), seesGone(pod("one", "pod", one)),
			}, after: wait - 1,
		},
		"the second of its Pods is there": {
			steps: []step{
				sees(foreground(standalone("one"))), sees(pod("one", "first", one)), seesGone(pod("one", "first", one)),
				sees(ending(pod("one", "second", one))),
			}, after: wait,
		},
		"the second of its Pods is gone, which only a list showed": {
			steps: []step{
				sees(foreground(standalone("one"))), sees(pod("one", "first", one)), seesGone(pod("one", "first", one)),
				sees(pod("one", "second", one)), lists(judge.Pod),
			}, after: wait, want: []string{"Sandbox n/one (one)"},
		},
		"its volume is there": {
			steps: []step{sees(foreground(standalone("one"))), sees(owned(judge.Volume, "data-one", one))}, after: wait,
		},
		"another finalizer keeps it": {steps: []step{sees(ending(standalone("one")))}, after: wait},
		"it has gone":                {steps: []step{sees(foreground(standalone("one"))), seesGone(foreground(standalone("one")))}, after: wait},
		"a claim waits for a Sandbox that is stuck": {
			steps: []step{sees(foreground(claim("alice", "one", true))), sees(foreground(owned(judge.Sandbox, "one", alice)))},
			after: wait, want: []string{"Sandbox n/one (one)"},
		},
		"a Pod outlives its Sandbox": {
			steps: []step{sees(standalone("one")), sees(pod("one", "pod", one)), seesGone(standalone("one"))},
			after: wait, want: []string{"Pod n/one (pod)"},
		},
		"its Sandbox has been gone for less": {
			steps: []step{sees(standalone("one")), sees(pod("one", "pod", one)), seesGone(standalone("one"))}, after: wait - 1,
		},
		"a Pod outlives its Sandbox, and the kubelet has to end it": {
			steps: []step{sees(standalone("one")), sees(ending(pod("one", "pod", one))), seesGone(standalone("one"))}, after: wait,
		},
		"nothing is deleted": {steps: []step{sees(standalone("one")), sees(pod("one", "pod", one))}, after: wait},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			j, at := judge.New(), start
			for _, s := range c.steps {
				at = at.Add(time.Second)
				s(j, at)
			}
			var got []string
			for _, s := range j.Stuck(at.Add(c.after), wait) {
				got = append(got, s.Subject)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("what is stuck differs (-want +got):\n%s", diff)
			}
		})
	}
}
