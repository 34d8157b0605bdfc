package rules

import (
	"maps"
	"strconv"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// AdoptionPatch returns the JSON patch by which claim adopts sandbox out of its pool. Its tests make it a
// compare-and-swap on the Sandbox's identity and its owner, and on nothing else: a status written in between is no
// conflict, another adoption is. sandbox must be controlled by a pool. Only what the claim adds to its Pod changes the spec, and
// so the generation; or it is returned why that cannot be. domains are those of labels that a claim may add.
func AdoptionPatch(
	sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim, domains LabelDomains,
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
	ops = append(ops, SetKeys("/metadata/labels", sandbox.Labels, labels)...)
	ops = append(ops, SetKeys("/metadata/annotations", sandbox.Annotations, annotations)...)
	if wanted != sandbox { // As a whole: nobody but the controller writes the spec of a Sandbox in a pool.
		ops = append(ops, jsonpatch.NewOperation("add", "/spec/podTemplate/metadata", wanted.Spec.PodTemplate.Metadata))
	}
	return ops, nil
}

// PodMetadataPatch returns the JSON patch that gives pod, the Pod of sandbox, its labels and annotations, and a reference to
// the Sandbox as it is written today, or nil where it has them. It is tied to the Pod's UID: another Pod of this name may have others.
func PodMetadataPatch(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) []jsonpatch.Operation {
	labels, annotations := PodMetadata(sandbox, pod)
	ops := PatchMap("/metadata/labels", pod.Labels, labels)
	ops = append(ops, PatchMap("/metadata/annotations", pod.Annotations, annotations)...)
	ops = append(ops, migrateOwnersPatch(pod)...)
	if len(ops) == 0 {
		return nil
	}
	return append([]jsonpatch.Operation{jsonpatch.NewOperation("test", "/metadata/uid", pod.UID)}, ops...)
}

// controllerIndex returns the position of the controller among the owner references of obj, or -1.
func controllerIndex(obj metav1.Object) int {
	for i, ref := range obj.GetOwnerReferences() {
		if ref.Controller != nil && *ref.Controller {
			return i
		}
	}
	return -1
}

// SetKeys returns the JSON patch operations that bring the string map at path from current to what wanted says of its
// keys: the value, or, where that is empty, the key's absence. Keys that wanted does not name stay as they are.
func SetKeys(path string, current, wanted map[string]string) []jsonpatch.Operation {
	target := maps.Clone(current)
	if target == nil {
		target = map[string]string{}
	}
	for key, value := range wanted {
		if value == "" {
			delete(target, key)
		} else {
			target[key] = value
		}
	}
	return PatchMap(path, current, target)
}

// PatchMap returns the JSON patch operations, in the order of their keys, that turn the string map at path from current
// into target.
func PatchMap(path string, current, target map[string]string) []jsonpatch.Operation {
	if len(current) == 0 && len(target) > 0 { // An empty map is not there on the wire.
		return []jsonpatch.Operation{jsonpatch.NewOperation("add", path, target)}
	}
	var ops []jsonpatch.Operation
	for _, key := range sortedKeys(current) {
		if _, stays := target[key]; !stays {
			ops = append(ops, jsonpatch.NewOperation("remove", path+"/"+escape(key), nil))
		}
	}
	for _, key := range sortedKeys(target) {
		if value, has := current[key]; !has || value != target[key] {
			ops = append(ops, jsonpatch.NewOperation("add", path+"/"+escape(key), target[key]))
		}
	}
	return ops
}

// escape makes a key part of a JSON pointer (RFC 6901, section 3).
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
