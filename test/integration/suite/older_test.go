package suite

import (
	"strings"
	"testing"
)

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
