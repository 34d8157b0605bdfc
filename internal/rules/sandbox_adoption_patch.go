package rules

import (
	"strconv"

	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Origin is where a warm Sandbox comes from, as it is when a claim gets the Sandbox. Either is nil if it is gone.
type Origin struct {
	// Pool may ask for the protection of the Pod.
	Pool *extensionsv1.SandboxWarmPool
	// Template may say what becomes of the volumes.
	Template *extensionsv1.SandboxTemplate
}

// AdoptionPatch returns the JSON patch by which claim adopts sandbox out of its pool. sandbox must be controlled by a
// pool. The patch tests the Sandbox's UID and its controller's UID, and nothing else of a Sandbox that has labels and
// annotations, as a pool's has. These tests make it a compare-and-swap: another adoption conflicts with it, a status write
// does not. The claim is the only owner then, or the Sandbox would outlive it. The patch changes the spec, and so the
// generation, only if the claim adds metadata to its Pod. If that metadata is not allowed, AdoptionPatch returns the
// reason instead. from is where the Sandbox comes from. domains are the domains of the labels that a claim may add.
func AdoptionPatch(
	sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim, from Origin, domains LabelDomains,
) ([]jsonpatch.Operation, *ConditionError) {
	wanted, problem := WithClaimMetadata(sandbox, claim, domains)
	if problem != nil {
		return nil, problem
	}
	ops := []jsonpatch.Operation{
		jsonpatch.NewOperation("test", "/metadata/uid", sandbox.UID),
		jsonpatch.NewOperation("test", "/metadata/ownerReferences/"+strconv.Itoa(controllerIndex(sandbox))+"/uid", ControllerOf(sandbox).UID),
		jsonpatch.NewOperation("replace", "/metadata/ownerReferences", []metav1.OwnerReference{*ClaimOwner(claim)}),
	}
	labels := map[string]string{
		sandboxv1.LabelWarmPool:        "",
		sandboxv1.LabelTemplateHash:    "",
		sandboxv1.LabelPodTemplateHash: "",
		sandboxv1.LabelLaunchType:      sandboxv1.LaunchTypeWarm,
		sandboxv1.LabelClaimUID:        string(claim.UID),
		sandboxv1.LabelCreatedBy:       claim.Labels[sandboxv1.LabelCreatedBy],
	}
	annotations := map[string]string{
		sandboxv1.AnnotationPodName:          sandbox.Name,
		sandboxv1.AnnotationTraceContext:     traceContext(claim),
		sandboxv1.AnnotationSafeToEvict:      "",
		sandboxv1.AnnotationClaimLabels:      wanted.Annotations[sandboxv1.AnnotationClaimLabels],
		sandboxv1.AnnotationClaimAnnotations: wanted.Annotations[sandboxv1.AnnotationClaimAnnotations],

		sandboxv1.AnnotationVolumesWhenDeleted: volumesWhenDeleted(sandbox, claim, from.Template),
	}
	if ProtectsClaimedPods(from.Pool) {
		annotations[sandboxv1.AnnotationProtectClaimedPods] = "true"
	}
	ops = append(ops, SetStoredKeys("/metadata/labels", sandbox.Labels, labels)...)
	ops = append(ops, SetStoredKeys("/metadata/annotations", sandbox.Annotations, annotations)...)
	if wanted != sandbox { // As a whole, because only the controller writes the spec of a Sandbox in a pool.
		ops = append(ops, jsonpatch.NewOperation("add", "/spec/podTemplate/metadata", wanted.Spec.PodTemplate.Metadata))
	}
	return ops, nil
}
