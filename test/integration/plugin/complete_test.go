package plugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// kubectl completes commands, kinds and the names of objects by the plugin.
func TestCompletion(t *testing.T) {
	n := inUse(t)
	for words, want := range map[string][]string{
		"tree ":             {"template/", "pool/", "claim/", "sandbox/", "pod/"},
		"tree s":            {"sandbox/"},
		"tree claim/":       {"claim/agent", "claim/late"},
		"tree claim/ag":     {"claim/agent"},
		"tree sandbox pyth": {"python-aaaaa", "python-bbbbb"},
		"tree claim/agent ": {},
		"claim --pool ":     {"python"},
		"claim --template ": {"python"},
		"tree -o ":          {"wide", "json", "yaml", "name"},
		"top --sort-by ":    {"need", "name", "claimed", "arrivals", "waits"},
		"--color ":          {"auto", "always", "never"},
		"--context ":        {n.Name}, // See below.
	} {
		printed := n.NamesakeCompletes(t, strings.Split(words, " ")...)
		var got []string
		for line := range strings.Lines(printed.Out) {
			if !strings.HasPrefix(line, ":") {
				word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
				got = append(got, word)
			}
		}
		if words == "--context " {
			if len(got) != 1 || got[0] == "" {
				t.Errorf("contexts: %q", got)
			}
			continue
		}
		if diff := cmp.Diff(strings.Join(want, " "), strings.Join(got, " ")); diff != "" {
			t.Errorf("%q (-want +got):\n%s\n%s", words, diff, printed)
		}
	}
}
