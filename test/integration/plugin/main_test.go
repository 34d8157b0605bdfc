// Package plugin runs "kubectl namesake" by the real kubectl, as the editor of a namespace, against a real API server. What it prints
// is in testdata.
package plugin

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Options{Plugin: true}) }

// These differ from run to run: ages and times, names that the API server makes up, versions, and how long something took.
var changing = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`<?\b\d+(\.\d+)?m?s\b`), "TOOK"},
	{regexp.MustCompile(`(?m)(\S) {3,}`), "$1   "}, // Columns are as wide as what is in them.
	{regexp.MustCompile(`(Milliseconds"?): \d+`), "$1: N"},
	{regexp.MustCompile(`"resourceVersion": "\d+"`), `"resourceVersion": "N"`},
	{regexp.MustCompile(`resourceVersion: "\d+"`), `resourceVersion: "N"`},
	{regexp.MustCompile(`go1\.\d+(\.\d+)?`), "GO"},
}

func stable(text string) string {
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.replacement)
	}
	return text
}

// transcript runs commands one after the other, and compares what they print with a file.
func transcript(t *testing.T, n *suite.Namespace, file string, commands ...[]string) {
	t.Helper()
	var text strings.Builder
	for _, args := range commands {
		fmt.Fprintf(&text, "$ kubectl namesake %s\n%s\n", strings.Join(args, " "), stable(n.Namesake(t, args...).String()))
	}
	suite.Golden(t, file, text.String(), "what users read has changed")
}
