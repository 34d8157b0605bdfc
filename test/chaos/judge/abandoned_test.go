package judge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

func TestAbandoned(t *testing.T) {
	const wait = 10 * time.Second
	namespace := judge.Facts{Kind: judge.Namespace, Name: "n", UID: "n"}
	cases := map[string]struct {
		steps []step
		after time.Duration // after the last step
		want  []string
	}{
		"a namespace goes before a claim in it": {
			steps: []step{sees(namespace), sees(claim("alice", "one", true)), seesGone(namespace)}, after: wait, want: []string{"n"},
		},
		"only a list showed that it is gone": {
			steps: []step{sees(namespace), sees(claim("alice", "one", true)), lists(judge.Namespace)}, after: wait, want: []string{"n"},
		},
		"it has been gone for less": {
			steps: []step{sees(namespace), sees(claim("alice", "one", true)), seesGone(namespace)}, after: wait - 1,
		},
		"the claim is gone, too": {
			steps: []step{sees(namespace), sees(claim("alice", "one", true)), seesGone(namespace), seesGone(claim("alice", "one", true))}, after: wait,
		},
		"the namespace is there again": {
			steps: []step{sees(namespace), sees(claim("alice", "one", true)), seesGone(namespace), sees(again(namespace))}, after: wait,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			j, at := judge.New(), start
			for _, s := range c.steps {
				at = at.Add(time.Second)
				s(j, at)
			}
			if got := j.Abandoned(at.Add(c.after), wait); !slices.Equal(got, c.want) {
				t.Errorf("abandoned are %v, want %v", got, c.want)
			}
		})
	}
}
