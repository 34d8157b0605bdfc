package rules

import (
	"strconv"

	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// AdoptionPatch returns the JSON patch by which claim adopts sandbox out of its pool. sandbox must be controlled by a
// pool. The patch tests the Sandbox's UID and its controller's UID, and nothing else of a Sandbox that has labels and
// annotations, as a pool's has. These tests make it a compare-and-swap: another adoption conflicts with it, a status write
// does not. The claim is the only owner then, or the Sandbox would outlive it. The patch changes the spec, and so the
// generation, only if the claim adds metadata to its Pod. If that metadata is not allowed, AdoptionPatch returns the
// reason instead. pool is the pool that the Sandbox leaves, or nil if it is gone: it may ask for the Pod's protection. domains are the
// domains of the labels that a claim may add.
func AdoptionPatch(
	sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim, pool *extensionsv1.SandboxWarmPool, domains LabelDomains,
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
	}
	if word, ok := claim.Annotations[sandboxv1.AnnotationVolumesWhenDeleted]; ok {
		annotations[sandboxv1.AnnotationVolumesWhenDeleted] = word
	}
	if ProtectsClaimedPods(pool) {
		annotations[sandboxv1.AnnotationProtectClaimedPods] = "true"
	}
	ops = append(ops, SetStoredKeys("/metadata/labels", sandbox.Labels, labels)...)
	ops = append(ops, SetStoredKeys("/metadata/annotations", sandbox.Annotations, annotations)...)
	if wanted != sandbox { // As a whole, because only the controller writes the spec of a Sandbox in a pool.
		ops = append(ops, jsonpatch.NewOperation("add", "/spec/podTemplate/metadata", wanted.Spec.PodTemplate.Metadata))
	}
	return ops, nil
}
