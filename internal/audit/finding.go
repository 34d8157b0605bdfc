package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Severity says what a finding means.
type Severity string

const (
	// Violation: the guarantee is broken.
	Violation Severity = "violation"
	// Warning: something is left over, lost or out of date. The guarantee holds.
	Warning Severity = "warning"
)

// Kinds of objects that are not Namesake's own.
const (
	KindPod           = "Pod"
	KindNetworkPolicy = "NetworkPolicy"
)

// Object identifies an object that a finding is about. UID is empty if the object does not exist, or is known by its name alone.
type Object struct {
	Kind      string    `json:"kind"`
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       types.UID `json:"uid,omitempty"`
}

// String returns the object for a message: `Pod "a"`.
func (o Object) String() string { return fmt.Sprintf("%s %q", o.Kind, o.Name) }

// ObjectOf returns what identifies obj, which is of a kind in a Snapshot.
func ObjectOf(obj metav1.Object) Object {
	return Object{Kind: kindOf(obj), Namespace: obj.GetNamespace(), Name: obj.GetName(), UID: obj.GetUID()}
}

func kindOf(obj metav1.Object) string {
	switch obj.(type) {
	case *sandboxv1.Sandbox:
		return sandboxv1.KindSandbox
	case *extensionsv1.SandboxClaim:
		return extensionsv1.KindSandboxClaim
	case *extensionsv1.SandboxWarmPool:
		return extensionsv1.KindSandboxWarmPool
	case *extensionsv1.SandboxTemplate:
		return extensionsv1.KindSandboxTemplate
	case *corev1.Pod:
		return KindPod
	case *networkingv1.NetworkPolicy:
		return KindNetworkPolicy
	}
	return ""
}

// Finding is one thing that should not be.
type Finding struct {
	// Check is the ID of the check that found it.
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	// Object is what is wrong. There is one finding of a check for an object.
	Object Object `json:"object"`
	// Involved are the other objects that the finding rests on. One that the finding says is not there is among them.
	Involved []Object `json:"involved,omitempty"`
	// Message says what is wrong, and Remedy what to do about it.
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// Key identifies a finding, however it is worded.
type Key struct {
	Check, Namespace, Name string
	UID                    types.UID
}

// Key returns the finding's key.
func (f *Finding) Key() Key {
	return Key{Check: f.Check, Namespace: f.Object.Namespace, Name: f.Object.Name, UID: f.Object.UID}
}

// reads returns the objects that have to be read to tell whether the finding still holds.
func (f *Finding) reads() []Object {
	return append([]Object{f.Object}, f.Involved...)
}

// add merges a second finding of the same check about the same object into f.
func (f *Finding) add(other *Finding) {
	f.Message = strings.TrimSuffix(f.Message, ".") + "; " + other.Message
	for _, object := range other.Involved {
		if !slices.Contains(f.Involved, object) {
			f.Involved = append(f.Involved, object)
		}
	}
}

// Sort orders findings: violations first, then by check, namespace and name.
func Sort(findings []Finding) {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity, b.Severity), // "violation" sorts before "warning".
			cmp.Compare(a.Check, b.Check), cmp.Compare(a.Object.Namespace, b.Object.Namespace),
			cmp.Compare(a.Object.Name, b.Object.Name), cmp.Compare(a.Object.UID, b.Object.UID))
	})
}
