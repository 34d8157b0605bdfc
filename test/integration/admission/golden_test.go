package admission

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// act is one kubectl command of a user.
type act struct {
	title string
	// command is the arguments of kubectl, separated by spaces. An argument in quotes may contain spaces.
	command string
	// input is what kubectl reads, if anything. Where input is long, the transcript contains shown instead.
	input, shown string
	// allowed says whether kubectl succeeds.
	allowed bool
}

// transcript runs acts one after the other, and compares what kubectl prints with a file.
func transcript(t *testing.T, n *suite.Namespace, file string, acts []act) {
	t.Helper()
	var text strings.Builder
	for _, a := range acts {
		n.Settle(t) // Admission reads other objects from the cache, and users are slower than this test.
		output, ok := n.Kubectl(t, a.input, fields(a.command)...)
		if ok != a.allowed {
			t.Errorf("%s: kubectl ended well: %t, want %t:\n%s", a.title, ok, a.allowed, output)
		}
		fmt.Fprintf(&text, "### %s\n\n$ kubectl %s", a.title, n.Normalize(a.command))
		if shown := cmp.Or(a.shown, a.input); shown != "" {
			fmt.Fprintf(&text, " <<END\n%s\nEND", n.Normalize(strings.TrimSpace(shown)))
		}
		fmt.Fprintf(&text, "\n%s\n", output)
	}
	suite.GoldenTranscript(t, file, text.String())
	for decision := range suite.Decisions(t) {
		if strings.Contains(decision, "rule=other") {
			t.Errorf("a refusal does not say by which rule: %s", decision)
		}
	}
}

// fields splits a command as a shell does: at spaces, but not between single quotes.
func fields(command string) []string {
	var args []string
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			args = append(args, part)
		} else {
			args = append(args, strings.Fields(part)...)
		}
	}
	return args
}
