package suite

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// transcribed is the minor version of Kubernetes whose words the transcripts have.
const transcribed = 36

// GoldenTranscript compares what kubectl printed with testdata/<file>.golden, in the words of the Kubernetes of which that file has them.
func GoldenTranscript(t *testing.T, file, text string) {
	t.Helper()
	var same func(string) string
	if minor := KubernetesMinor(t); minor < transcribed {
		t.Logf("this is Kubernetes 1.%d, whose own words are not compared: the transcripts have those of 1.%d", minor, transcribed)
		same = withoutKubernetesWords
	}
	GoldenBut(t, file, text, "what users read has changed", same)
}

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
