package rules

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var (
	// sandboxLabels and sandboxAnnotations say where a Sandbox came from and who owns it.
	sandboxLabels = []string{
		sandboxv1.LabelWarmPool, sandboxv1.LabelTemplateRefHash, sandboxv1.LabelTemplateHash,
		sandboxv1.LabelPodTemplateHash, sandboxv1.LabelLaunchType, sandboxv1.LabelClaimUID,
	}
	sandboxAnnotations = []string{
		sandboxv1.AnnotationTemplateRef, sandboxv1.AnnotationNetworkPolicyManagement,
		sandboxv1.AnnotationClaimLabels, sandboxv1.AnnotationClaimAnnotations,
		sandboxv1.AnnotationProtectClaimedPods,
	}

	// claimLabels and claimAnnotations hold a claim's binding and the times from which its latency is measured.
	claimLabels      = []string{sandboxv1.LabelBinding}
	claimAnnotations = []string{
		sandboxv1.AnnotationBinding, sandboxv1.AnnotationControllerFirstObservedAt, sandboxv1.AnnotationClaimFirstReadyAt,
	}

	// podLabels are the labels by which Services, NetworkPolicies and routers select a Sandbox's Pod.
	podLabels = []string{
		sandboxv1.LabelSandboxNameHash, sandboxv1.LabelSandboxUID, sandboxv1.LabelWarmPool,
		sandboxv1.LabelTemplateRefHash, sandboxv1.LabelClaimUID, sandboxv1.LabelCreatedBy,
	}
	// identityLabels are the podLabels by which anything selects. No Pod but a Sandbox's gets one. The match condition of
	// the webhook for Pods lists them, too.
	identityLabels = []string{
		sandboxv1.LabelSandboxNameHash, sandboxv1.LabelSandboxUID, sandboxv1.LabelWarmPool,
		sandboxv1.LabelTemplateRefHash, sandboxv1.LabelClaimUID,
	}
	podAnnotations = []string{sandboxv1.AnnotationPropagatedLabels, sandboxv1.AnnotationPropagatedAnnotations}
)

// Keys are labels and annotations that only the controller writes.
type Keys struct {
	Labels, Annotations []string
}

// SandboxKeys returns those of Sandboxes. CheckPodName covers the annotation with the Pod's name.
func SandboxKeys() Keys { return Keys{slices.Clone(sandboxLabels), slices.Clone(sandboxAnnotations)} }

// ClaimKeys returns those of claims.
func ClaimKeys() Keys { return Keys{slices.Clone(claimLabels), slices.Clone(claimAnnotations)} }

// PodKeys returns those of Pods.
func PodKeys() Keys { return Keys{slices.Clone(podLabels), slices.Clone(podAnnotations)} }

// IdentityKeys returns the labels by which anything selects a Sandbox's Pod, and which no other Pod gets.
func IdentityKeys() []string { return slices.Clone(identityLabels) }

// IsReserved reports whether key, of a label or an annotation, belongs to the controllers. A reserved key is never
// copied from a pod template or a claim to a Pod.
func IsReserved(key string) bool {
	return strings.HasPrefix(key, sandboxv1.ReservedPrefix) || strings.HasPrefix(key, extensionsv1.ReservedPrefix) ||
		key == sandboxv1.AnnotationTraceContext
}

// CheckSandboxReserved returns a Forbidden error for each changed label and annotation of a Sandbox that only the
// controller writes. CheckPodName covers the annotation with the Pod's name. old is nil on create.
func CheckSandboxReserved(old, obj *sandboxv1.Sandbox) field.ErrorList {
	if old == nil {
		old = &sandboxv1.Sandbox{}
	}
	return checkReserved(old, obj, sandboxLabels, sandboxAnnotations)
}

// SandboxReservedLabels returns the labels of a Sandbox that only the controller writes, in a fixed order.
func SandboxReservedLabels(sandbox metav1.Object) []string {
	return present(sandbox.GetLabels(), sandboxLabels)
}

// SandboxReservedAnnotations is SandboxReservedLabels for annotations. The one with the Pod's name is not among them: a user may
// write the Sandbox's own name.
func SandboxReservedAnnotations(sandbox metav1.Object) []string {
	return present(sandbox.GetAnnotations(), sandboxAnnotations)
}

// present returns those of keys that are in values.
func present(values map[string]string, keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		_, has := values[key]
		return !has
	})
}

// CheckClaimReserved is CheckSandboxReserved for the labels and annotations of an existing claim.
func CheckClaimReserved(old, obj *extensionsv1.SandboxClaim) field.ErrorList {
	return checkReserved(old, obj, claimLabels, claimAnnotations)
}

// checkReserved compares the values of the given keys and refuses each difference.
func checkReserved(old, obj metav1.Object, labels, annotations []string) field.ErrorList {
	meta := field.NewPath("metadata")
	errs := changed(meta.Child("labels"), old.GetLabels(), obj.GetLabels(), labels)
	return append(errs, changed(meta.Child("annotations"), old.GetAnnotations(), obj.GetAnnotations(), annotations)...)
}

func changed(path *field.Path, old, obj map[string]string, keys []string) field.ErrorList {
	refuse := func(key string, words Words, found ...any) *field.Error {
		return field.Forbidden(path.Key(key), words.With(found...))
	}
	var errs field.ErrorList
	for _, key := range keys {
		before, had := old[key]
		after, has := obj[key]
		switch {
		case before == after && had == has:
		case !had:
			errs = append(errs, refuse(key, WordsKeySet, after))
		case !has:
			errs = append(errs, refuse(key, WordsKeyRemoved, before))
		default:
			errs = append(errs, refuse(key, WordsKeyChanged, after, before))
		}
	}
	return errs
}
