package node

import (
	"os"
	"strconv"
	"testing"
)

// installsVariable names the variable that says how often the product is installed in a row.
const installsVariable = "NAMESAKE_INSTALLS"

// When "helm install --wait" has returned, admission works: objects that are applied at once are accepted.
func TestInstalls(t *testing.T) {
	n := open(t)
	n.remove(t)
	times, err := strconv.Atoi(os.Getenv(installsVariable))
	if err != nil || times < 1 {
		t.Fatalf("%s: found %q, must be a number of 1 at least", installsVariable, os.Getenv(installsVariable))
	}
	accepted := 0
	for i := range times {
		n.install(t)
		sandbox := sandboxNamed("at-once")
		if err := n.Create(t.Context(), sandbox); err != nil {
			t.Errorf("installation %d: a Sandbox right after it: %v", i+1, err)
		} else {
			accepted++
			if i == times-1 {
				kubectl(t, "wait", "sandbox/at-once", "--for=condition=Ready", patience)
			}
			kubectl(t, "delete", "sandbox/at-once", "--wait", patience)
		}
		n.uninstall(t)
		n.forget(t)
	}
	t.Logf("%d of %d Sandboxes were accepted right after helm install --wait", accepted, times)
}
