package chart

import (
	"fmt"
	"testing"
)

// Names may consist of digits. Unless they are quoted, YAML reads them as numbers, and the API server refuses them.
func TestNumbersAreNames(t *testing.T) {
	out, problems, err := helm(t, "template", "1", chartFolder, "--namespace", "2",
		"--set", "certManager.enabled=false,webhook.caBundle=-----BEGIN CERTIFICATE-----",
		"--set-string", "serviceAccount.name=3,priorityClassName=4,webhook.tls.secretName=5")
	if err != nil {
		t.Fatalf("%v\n%s", err, problems)
	}
	for _, o := range parse(t, out) {
		mustBeNames(t, fmt.Sprint(o["kind"], " ", at(o, "metadata", "name")), o)
	}
}

// mustBeNames fails for every name in o that is not a string.
func mustBeNames(t *testing.T, path string, o any) {
	t.Helper()
	switch o := o.(type) {
	case object:
		for key, value := range o {
			switch key {
			case "name", "namespace", "serviceAccountName", "priorityClassName", "secretName", "app.kubernetes.io/instance":
				if _, isMap := value.(object); isMap { // This is a property of a CRD.
					break
				}
				if _, isText := value.(string); !isText {
					t.Errorf("%s.%s is %v", path, key, value)
				}
			}
			mustBeNames(t, path+"."+key, value)
		}
	case []any:
		for _, item := range o {
			mustBeNames(t, path, item)
		}
	}
}
