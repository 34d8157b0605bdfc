package admission

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// transcribed is the minor version of Kubernetes whose words the transcripts have.
const transcribed = 36

// invalidValue matches how an API server shows a value that is wrong. Older ones show the type of an object instead of the object, or
// the types and addresses of Go.
var invalidValue = regexp.MustCompile(`Invalid value: (?:"(?:[^"\\]|\\.)*": |null: |-?[0-9.]+: |\[\{.*?\}\]: |\[\]v1\.\w+\{.*?\}\}: )?`)

// withoutKubernetesWords removes from a transcript what an API server and kubectl say in words of their own: values, a rule about
// names, and that the same is found again, which kubectl prints as a list. What is ours stays.
func withoutKubernetesWords(transcript string) string {
	text := invalidValue.ReplaceAllString(transcript, "Invalid value: ")
	for older, newer := range map[string]string{
		"Invalid value: name must not be empty":    "Invalid value: must not be empty",
		"Duplicate value: map[string]interface {}": "Duplicate value: ",
		" deleted from NAMESPACE namespace\n":      " deleted\n", // The older kubectl does not say from where.
	} {
		text = strings.ReplaceAll(text, older, newer)
	}
	var lines, list []string
	for line := range strings.Lines(text + "\n") {
		if strings.HasPrefix(line, "* ") {
			if !slices.Contains(list, line) {
				list = append(list, line)
			}
			continue
		}
		if last := len(lines) - 1; len(list) == 1 && strings.HasSuffix(lines[last], "is invalid: \n") {
			lines[last] = strings.TrimSuffix(lines[last], "\n") + strings.TrimPrefix(list[0], "* ")
		} else {
			lines = append(lines, list...)
		}
		lines, list = append(lines, line), nil
	}
	return strings.TrimSuffix(strings.Join(lines, ""), "\n")
}

func TestWithoutKubernetesWords(t *testing.T) {
	for name, tc := range map[string]struct{ older, newer string }{
		"a rule of the CRD about an object": {
			"The A \"a\" is invalid: spec: Invalid value: \"object\": set one\n", "The A \"a\" is invalid: spec: Invalid value: set one\n",
		},
		"a rule about a text": {
			"x: Invalid value: \"string\": name one\n", "x: Invalid value: \"My \\\" Volume\": name one\n",
		},
		"the same again": {
			"The A \"a\" is invalid: \n" +
				"* b: Invalid value: []v1.OwnerReference{v1.OwnerReference{UID:\"UID\", Controller:(*bool)(0x1)}}: only one\n" +
				"* b: Invalid value: []v1.OwnerReference{v1.OwnerReference{UID:\"UID\", Controller:(*bool)(0x2)}}: only one\n",
			"The A \"a\" is invalid: b: Invalid value: [{\"uid\":\"UID\",\"controller\":true}]: only one\n",
		},
		"a number":    {"x: Invalid value: \"integer\": at most 5\n", "x: Invalid value: 10001: at most 5\n"},
		"a key twice": {"Duplicate value: map[string]interface {}{\"name\":\"main\"}\n", "Duplicate value: {\"name\":\"main\"}\n"},
		"a deletion":  {"python deleted\n", "python deleted from NAMESPACE namespace\n"},
		"two that differ": {
			"The A \"a\" is invalid: \n* b: Invalid value: \"null\": c\n* d: e", "The A \"a\" is invalid: \n* b: Invalid value: null: c\n* d: e",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if older, newer := withoutKubernetesWords(tc.older), withoutKubernetesWords(tc.newer); older != newer {
				t.Errorf("older:\n%s\nnewer:\n%s", older, newer)
			}
		})
	}
	for _, ours := range []string{"use lower-case letters", "set both", "The A \"b\" is invalid: c: Required value"} {
		if got := withoutKubernetesWords("a: Invalid value: \"x\": " + ours + "\n"); !strings.Contains(got, ours) {
			t.Errorf("%q is left of %q", got, ours)
		}
	}
}
