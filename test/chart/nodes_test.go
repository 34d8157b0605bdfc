package chart

import (
	"slices"
	"strings"
	"testing"
)

// The managers are told of the taints that the values have, and of none by default.
func TestNodeDisruptionTaints(t *testing.T) {
	t.Parallel()
	if want := "--node-disruption-taints=example.com/draining,example.org/*,draining"; !slices.Contains(flagsOf(t, variants["taints of nodes"]...), want) {
		t.Errorf("no flag is %s", want)
	}
	for _, flag := range flagsOf(t) {
		if strings.HasPrefix(flag, "--node-disruption-taints") {
			t.Errorf("by default there is %s", flag)
		}
	}
}
