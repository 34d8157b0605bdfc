package phases

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func decode(t *testing.T, text string) (object map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// A copy is of another group, has the one version, and nothing by which somebody would find it instead of the original.
func TestCopyOf(t *testing.T) {
	const versions = `{"name":"v1alpha1","served":true,"storage":true},{"name":"v1beta1","served":false,"storage":false,"schema":{"x":1}}`
	got, err := copyOf(decode(t, `{"metadata":{"name":"sandboxes.agents.x-k8s.io","uid":"u"},"status":{"x":1},"spec":{
		"group":"agents.x-k8s.io","scope":"Namespaced","conversion":{"strategy":"Webhook"},
		"names":{"kind":"Sandbox","plural":"sandboxes","shortNames":["sb"],"categories":["all"]},"versions":[`+versions+`]}}`),
		"sandboxes.bench.example", "bench.example")
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, `{"metadata":{"name":"sandboxes.bench.example"},"spec":{"group":"bench.example","scope":"Namespaced",
		"names":{"kind":"Sandbox","plural":"sandboxes"},"versions":[{"name":"v1beta1","served":true,"storage":true,"schema":{"x":1}}]}}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := copyOf(decode(t, `{"spec":{"names":{},"versions":[{"name":"v1"}]}}`), "n", "g"); err == nil {
		t.Error("a kind without that version was copied")
	}
}
