package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/test/model/claims"
)

// What holds with webhooks, without them, and without any admission, is what docs/guarantees.md says.
func TestModes(t *testing.T) {
	t.Parallel()
	rows := make([]string, len(claims.Promises()))
	for i, promise := range claims.Promises() {
		rows[i] = "| " + promise + " |"
	}
	head, line := "| promise |", "|---|"
	for n, mode := range claims.Modes() {
		tried := mode.Try(1_000_000)
		if !tried.Whole {
			t.Errorf("%s: the worlds have more than %d states", mode.Name, tried.States)
		}
		t.Logf("%s: all %d states, %v", mode.Name, tried.States, tried.Holds)
		head, line = head+" "+mode.Name+" |", line+"---|"
		for i, holds := range tried.Holds {
			if n == 0 && !holds {
				t.Errorf("with webhooks, this does not hold: %s", claims.Promises()[i])
			}
			rows[i] += fmt.Sprintf(" %s |", map[bool]string{true: "yes", false: "no"}[holds])
		}
	}
	comparePage(t, "modes", strings.Join(append([]string{head, line}, rows...), "\n")+"\n")
}
