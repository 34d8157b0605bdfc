// Package tree shows which object stands under which.
package tree

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// Node is an object in the tree.
type Node struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Ready is the status of the object's Ready condition, or "READY/WANTED" of a pool. A template has none.
	Ready string `json:"ready,omitempty"`
	// Reason says why it is not Ready, or what it does.
	Reason  string      `json:"reason,omitempty"`
	Message string      `json:"message,omitempty"`
	Created metav1.Time `json:"creationTimestamp"`
	// Terminating says that the object is being deleted.
	Terminating bool `json:"terminating,omitempty"`
	// Left is how many children are left out here, and LeftReady how many of them are Ready.
	Left      int     `json:"left,omitempty"`
	LeftReady int     `json:"leftReady,omitempty"`
	Children  []*Node `json:"children,omitempty"`

	kind *objects.Kind
}

// well reports whether nothing is wrong with the object, as far as it says.
func (n *Node) well() bool { return n.Ready == string(metav1.ConditionTrue) && !n.Terminating }

func newNode(kind *objects.Kind, o metav1.Object) *Node {
	return &Node{
		Kind: kind.Name, Namespace: o.GetNamespace(), Name: o.GetName(), Created: o.GetCreationTimestamp(),
		Terminating: o.GetDeletionTimestamp() != nil, kind: kind,
	}
}

func (n *Node) say(conditions []metav1.Condition) *Node {
	if ready := meta.FindStatusCondition(conditions, sandboxv1.ConditionReady); ready != nil {
		n.Ready, n.Reason, n.Message = string(ready.Status), ready.Reason, ready.Message
	}
	return n
}

func templateNode(template *extensionsv1.SandboxTemplate) *Node {
	return newNode(objects.Template, template)
}

func poolNode(pool *extensionsv1.SandboxWarmPool) *Node {
	n := newNode(objects.Pool, pool).say(pool.Status.Conditions)
	n.Ready = fmt.Sprintf("%d/%d", pool.Status.ReadyReplicas, ptr.Deref(pool.Spec.Replicas, 1)) // The schema's default.
	return n
}

func claimNode(claim *extensionsv1.SandboxClaim) *Node {
	return newNode(objects.Claim, claim).say(claim.Status.Conditions)
}

func sandboxNode(sandbox *sandboxv1.Sandbox) *Node {
	return newNode(objects.Sandbox, sandbox).say(sandbox.Status.Conditions)
}

func podNode(pod *corev1.Pod) *Node {
	n := newNode(objects.Pod, pod)
	n.Ready, n.Reason = string(metav1.ConditionFalse), string(pod.Status.Phase)
	for i := range pod.Status.Conditions {
		c := &pod.Status.Conditions[i]
		switch {
		case c.Type == corev1.PodReady:
			n.Ready = string(c.Status)
		case c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse:
			n.Reason, n.Message = c.Reason, c.Message
		}
	}
	for i := range pod.Status.ContainerStatuses {
		if waiting := pod.Status.ContainerStatuses[i].State.Waiting; waiting != nil && waiting.Reason != "" {
			n.Reason, n.Message = waiting.Reason, waiting.Message
			break
		}
	}
	return n
}
