package refusals

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// command is what a person types for a case.
type command struct {
	args []string
	// input is what kubectl reads.
	input string
}

// String is the command as a shell reads it.
func (c command) String() string {
	quoted := make([]string, len(c.args))
	for i, arg := range c.args {
		quoted[i] = arg
		if strings.ContainsAny(arg, ` {["`) {
			quoted[i] = "'" + arg + "'"
		}
	}
	text := "$ kubectl " + strings.Join(quoted, " ")
	if c.input != "" {
		text += " <<END\n" + c.input + "END"
	}
	return text
}

// spoken reports whether people read something in a mode when they try the case: a refusal, or what is dropped or kept. Which of several
// policies speaks is not promised, so such a case is not among them.
func (c instance) spoken(m mode) bool {
	said := c.Policies
	if m.webhooks {
		said = c.Webhooks
	}
	word, _, _ := strings.Cut(said, " ")
	return slices.Contains([]string{"refused", "dropped", "kept"}, word) && !strings.Contains(said, " or ")
}

// typed returns what a person types for the case. body is the object or the patch. ok is false if kubectl
// has no command for it.
func (c instance) typed(body []byte) (typed command, ok bool, err error) {
	kind, name, _ := strings.Cut(c.Change, "/")
	read := func(args ...string) (command, bool, error) {
		text, err := yaml.JSONToYAML(body)
		return command{args, string(text)}, true, err
	}
	switch {
	case c.Subresource == "ephemeralcontainers":
		return command{args: strings.Fields("debug " + name + " --image=busybox:1.36 --container=debugger --profile=general --attach=false --quiet")}, true, nil
	case c.Post != nil, c.kind() == "Binding": // People bind no Pods to nodes.
		return command{}, false, nil
	case c.how == howCreate:
		return read("create", "-f", "-")
	case c.how == howApply && c.Create != nil:
		return read("apply", "--server-side", "-f", "-")
	case c.how == howMerge, c.how == howStrategic, c.how == howJSON && c.Patch != nil:
		args := []string{"patch", strings.ToLower(kind), name, "--type=" + c.how}
		if c.Subresource != "" {
			args = append(args, "--subresource="+c.Subresource)
		}
		return command{args: append(args, "-p", string(body))}, true, nil
	}
	return command{}, false, nil
}

// transcribe types the first of an entry's cases for which kubectl has a command, and returns what is read then, or nothing if nobody
// reads anything.
func (s *stage) transcribe(t *testing.T, cases []instance) string {
	t.Helper()
	for _, c := range cases {
		if c.dryRun || !c.spoken(s.mode) {
			continue
		}
		s.set(t, c.Given, c.Cached)
		body, err := c.body(s.uids)
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		typed, ok, err := c.typed(body)
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		if !ok {
			continue
		}
		who := actors[c.by]
		output, ok := s.KubectlAs(t, who.user, who.groups, typed.input, typed.args...)
		if ok {
			s.clear(t)
		}
		if prefix, _, _ := unstructured.NestedString(c.Create, "metadata", "generateName"); prefix != "" {
			output = regexp.MustCompile(regexp.QuoteMeta(prefix)+"[a-z0-9]{5}").ReplaceAllString(output, prefix+"XXXXX")
		}
		return fmt.Sprintf("### %s: %s, by %s\n\n%s\n%s\n", c.rule, c.Title, c.by, s.Normalize(typed.String()), output)
	}
	return ""
}
