package migrate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// sandboxes maps each claim to its Sandbox, which is the same before and after.
var sandboxes = map[string]string{
	"warm":     "python-f5x2t",
	"tagged":   "python-tggd9",
	"cold":     "cold",
	"recorded": "python-rcrdd",
	"labelled": "python-lblld",
	"halfway":  "python-hlfwy",
	"adopting": "python-dptng",
	"creating": "creating",
	"fresh":    "python-frshh",
	"late":     "late",
	"outrun":   "outrun",
	"bereft":   "python-gone2",
	"doubled":  "python-dbld1",
	"expired":  "",
}

// checkPairs fails unless each claim has its Sandbox, each Sandbox has its Pod, and both sides say so.
func checkPairs(t *testing.T, w world) {
	t.Helper()
	got := map[string]string{}
	for _, name := range w.of("SandboxClaim") {
		claim := w["SandboxClaim/"+name]
		had := text(claim, "status", "sandbox", "name")
		got[name] = had
		sandbox := w["Sandbox/"+had]
		if sandbox == nil { // This is the case for "bereft" and "expired".
			continue
		}
		if bound := claim.GetAnnotations()[binding]; bound != had {
			t.Errorf("claim %s has Sandbox %s and is bound to %q", name, had, bound)
		}
		if controller(sandbox) != claim.GetUID() || text(claim, "status", "sandbox", "uid") != string(sandbox.GetUID()) {
			t.Errorf("claim %s says that it has Sandbox %s, and the Sandbox does not, or the UID is another's", name, had)
		}
	}
	if diff := cmp.Diff(sandboxes, got); diff != "" {
		t.Errorf("claims and their Sandboxes (-want +got):\n%s", diff)
	}
	for _, name := range w.of("Pod") {
		checkPod(t, w, w["Pod/"+name])
	}
}

// checkPod fails unless the Pod is that of its Sandbox, has its name, and both say so. A Pod from an old pool of Pods keeps
// its name, or belongs to no Sandbox.
func checkPod(t *testing.T, w world, pod *unstructured.Unstructured) {
	t.Helper()
	name := pod.GetName()
	if old := w["SandboxWarmPool/pods"]; controller(pod) == old.GetUID() {
		return
	}
	if name == "pods-m8t3c" {
		if owners := pod.GetOwnerReferences(); len(owners) > 0 {
			t.Errorf("Pod %s is owned by %v: a takeover under another name rests on two objects at once", name, owners)
		}
		return
	}
	sandboxName := name
	if name == "pods-x7f2k" {
		sandboxName = "heir"
	}
	sandbox := w["Sandbox/"+sandboxName]
	if sandbox == nil || controller(pod) != sandbox.GetUID() {
		t.Errorf("Pod %s is not that of Sandbox %s", name, sandboxName)
		return
	}
	if got := text(sandbox, "status", "podUID"); got != string(pod.GetUID()) {
		t.Errorf("Sandbox %s says that its Pod is %s, want %s", sandboxName, got, pod.GetUID())
	}
	if got := pod.GetLabels()[group+"sandbox-uid"]; got != string(sandbox.GetUID()) {
		t.Errorf("Pod %s has the label of Sandbox %q, want %q", name, got, sandbox.GetUID())
	}
}

// controller returns the UID of the controller of object.
func controller(object *unstructured.Unstructured) types.UID {
	if owner := metav1.GetControllerOf(object); owner != nil {
		return owner.UID
	}
	return ""
}

func text(object *unstructured.Unstructured, path ...string) string {
	value, _, _ := unstructured.NestedString(object.Object, path...) // A value of another type counts as absent.
	return value
}
