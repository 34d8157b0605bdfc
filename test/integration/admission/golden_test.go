package admission

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// act is one thing that a user does with kubectl.
type act struct {
	title string
	// command is the arguments of kubectl, separated by spaces; one in quotes holds spaces.
	command string
	// input is what kubectl reads, if anything; shown stands for it in the transcript where it is long.
	input, shown string
	// allowed says whether kubectl ends well.
	allowed bool
}

// transcript does what acts say, one after the other, and compares what kubectl prints with a file.
func transcript(t *testing.T, n *suite.Namespace, file string, acts []act) {
	t.Helper()
	var text strings.Builder
	for _, a := range acts {
		n.Settle(t) // Admission looks for other objects in the cache, and people are not that fast.
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
	suite.Golden(t, file, text.String(), "what users read has changed")
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
