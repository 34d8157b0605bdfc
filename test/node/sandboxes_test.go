package node

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

const namespace = "default"

// pair is a Sandbox and the Pod of its name.
type pair struct {
	Sandbox, Pod types.UID
	// Owner is the controller of the Sandbox.
	Owner types.UID
	// Started is when the container started. A restart of the container changes it.
	Started metav1.Time
}

// pairs returns the Sandboxes of the namespace with their Pods, by name. Each Sandbox must have one running Pod, and no Pod
// may have another name.
func (n *node) pairs(t *testing.T) map[string]pair {
	t.Helper()
	sandboxes, pods := &sandboxv1.SandboxList{}, &corev1.PodList{}
	for _, list := range []client.ObjectList{sandboxes, pods} {
		if err := n.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
	}
	pairs := map[string]pair{}
	for _, sandbox := range sandboxes.Items {
		p := pair{Sandbox: sandbox.UID}
		if owner := metav1.GetControllerOf(&sandbox); owner != nil {
			p.Owner = owner.UID
		}
		pairs[sandbox.Name] = p
	}
	for _, pod := range pods.Items {
		p, found := pairs[pod.Name]
		owner := metav1.GetControllerOf(&pod)
		if !found || owner == nil || owner.UID != p.Sandbox {
			t.Errorf("the Pod %q is not that of a Sandbox of its name: %v", pod.Name, owner)
			continue
		}
		if len(pod.Status.ContainerStatuses) != 1 || pod.Status.ContainerStatuses[0].State.Running == nil {
			t.Errorf("the Pod %q does not run: %v", pod.Name, pod.Status)
			continue
		}
		p.Pod, p.Started = pod.UID, pod.Status.ContainerStatuses[0].State.Running.StartedAt
		pairs[pod.Name] = p
	}
	for name, p := range pairs {
		if p.Pod == "" {
			t.Errorf("the Sandbox %q has no Pod", name)
		}
	}
	return pairs
}

// mustBe checks that exactly these pairs exist.
func (n *node) mustBe(t *testing.T, want map[string]pair, when string) {
	t.Helper()
	if diff := cmp.Diff(want, n.pairs(t)); diff != "" {
		t.Errorf("%s the Sandboxes are others (-before +now):\n%s", when, diff)
	}
}

// awaitFull waits until the pool is full.
func (n *node) awaitFull(t *testing.T) {
	t.Helper()
	kubectl(t, "wait", "sandboxwarmpool/toolbox", "--for=jsonpath={.status.readyReplicas}=3", patience)
}

// claimed waits until the claim is Ready, and returns its Sandbox's name.
func (n *node) claimed(t *testing.T, name string) string {
	t.Helper()
	kubectl(t, "wait", "sandboxclaim/"+name, "--for=condition=Ready", patience)
	claim := &extensionsv1.SandboxClaim{}
	if err := n.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, claim); err != nil {
		t.Fatal(err)
	}
	return claim.Status.Sandbox.Name
}

// clear deletes what users made, and waits until the Pods of it are gone.
func (n *node) clear(t *testing.T) {
	t.Helper()
	kubectl(t, "delete", "sandboxclaim,sandboxwarmpool,sandboxtemplate,sandbox", "--all", "--wait", patience)
	kubectl(t, "delete", "pod", "--all", "--wait", patience)
}
