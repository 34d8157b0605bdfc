package chart

import (
	"slices"
	"strings"
	"testing"
)

// The managers are told of the nameservers that the values have, and of none by default.
func TestDefaultNameservers(t *testing.T) {
	t.Parallel()
	if want := "--default-nameservers=2001:4860:4860::8888,fd00::53,9.9.9.9"; !slices.Contains(flagsOf(t, variants["nameservers"]...), want) {
		t.Errorf("no flag is %s", want)
	}
	for _, flag := range flagsOf(t) {
		if strings.HasPrefix(flag, "--default-nameservers") {
			t.Errorf("by default there is %s", flag)
		}
	}
}
