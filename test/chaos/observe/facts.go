package observe

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

// StandaloneLabel is what users put on a Sandbox that they make themselves.
const StandaloneLabel = "chaos.test/standalone"

// listOf returns an empty list of a kind. Of what is not the product's own, metadata is enough.
func listOf(kind judge.Kind) client.ObjectList {
	switch kind {
	case judge.Sandbox:
		return &sandboxv1.SandboxList{}
	case judge.Claim:
		return &extensionsv1.SandboxClaimList{}
	case judge.Pool:
		return &extensionsv1.SandboxWarmPoolList{}
	default:
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(string(kind) + "List"))
		return list
	}
}

// factsOf returns what the judge knows of an object of a kind.
func factsOf(kind judge.Kind, obj client.Object) (judge.Facts, error) {
	f := judge.Facts{
		Kind: kind, Namespace: obj.GetNamespace(), Name: obj.GetName(), UID: obj.GetUID(), Deleting: obj.GetDeletionTimestamp() != nil,
	}
	f.Foreground = f.Deleting && slices.Equal(obj.GetFinalizers(), []string{metav1.FinalizerDeleteDependents})
	for _, reference := range obj.GetOwnerReferences() {
		owner := ownerOf(reference)
		f.Owners = append(f.Owners, owner)
		if reference.Controller != nil && *reference.Controller {
			f.Controller = owner
		}
	}
	switch obj := obj.(type) {
	case *sandboxv1.Sandbox:
		f.Standalone = obj.Labels[StandaloneLabel] != ""
		f.Ready, f.Reason = ready(obj.Status.Conditions)
		f.ShutdownTime, f.Kept = timeOf(obj.Spec.ShutdownTime), obj.Spec.ShutdownPolicy != sandboxv1.ShutdownPolicyDelete
	case *extensionsv1.SandboxClaim:
		f.Binding = obj.Annotations[sandboxv1.AnnotationBinding]
		f.StatusName, f.StatusUID = obj.Status.Sandbox.Name, obj.Status.Sandbox.UID
		f.Ready, f.Reason = ready(obj.Status.Conditions)
		if lifecycle := obj.Spec.Lifecycle; lifecycle != nil {
			f.ShutdownTime, f.Kept = timeOf(lifecycle.ShutdownTime), lifecycle.ShutdownPolicy == extensionsv1.ShutdownPolicyRetain
		}
	case *extensionsv1.SandboxWarmPool:
		if obj.Spec.Replicas != nil {
			f.Replicas = *obj.Spec.Replicas
		}
		f.ReadyReplicas = obj.Status.ReadyReplicas
	case *metav1.PartialObjectMetadata:
	default:
		return judge.Facts{}, fmt.Errorf("a watch sent %T", obj)
	}
	return f, nil
}

// groups are those of the owners that the judge knows. An owner of another group keeps its kind with the group.
var groups = []string{sandboxv1.GroupName, extensionsv1.GroupName, corev1.GroupName}

func ownerOf(reference metav1.OwnerReference) judge.Owner {
	kind := judge.Kind(reference.Kind)
	if group := schema.FromAPIVersionAndKind(reference.APIVersion, reference.Kind).Group; !slices.Contains(groups, group) {
		kind = judge.Kind(reference.Kind + "." + group)
	}
	return judge.Owner{Kind: kind, Name: reference.Name, UID: reference.UID}
}

func ready(conditions []metav1.Condition) (status, reason string) {
	condition := meta.FindStatusCondition(conditions, "Ready")
	if condition == nil {
		return "", ""
	}
	return string(condition.Status), condition.Reason
}

func timeOf(at *metav1.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}
