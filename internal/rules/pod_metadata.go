package rules

import (
	"maps"
	"slices"
	"strings"

	"gomodules.xyz/jsonpatch/v2"
	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// PodMetadata returns the labels and annotations that pod, the Pod of sandbox, should have. They are the Pod's own, the
// template's, and the identity labels. Keys that came from the Sandbox's template earlier and are no longer in it are
// removed. pod is nil if it does not exist yet.
func PodMetadata(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) (labels, annotations map[string]string) {
	template := sandbox.Spec.PodTemplate.Metadata
	fromTemplateLabels, fromTemplateAnnotations := unreserved(template.Labels), withEviction(sandbox, unreserved(template.Annotations))
	labels, annotations = map[string]string{}, map[string]string{}
	if pod != nil {
		maps.Copy(labels, pod.Labels)
		maps.Copy(annotations, pod.Annotations)
	}
	deleteKeys(labels, strings.Split(annotations[sandboxv1.AnnotationPropagatedLabels], ","))
	deleteKeys(annotations, strings.Split(annotations[sandboxv1.AnnotationPropagatedAnnotations], ","))
	deleteKeys(labels, podLabels)
	deleteKeys(annotations, podAnnotations)

	maps.Copy(labels, fromTemplateLabels)
	maps.Copy(labels, IdentityLabels(sandbox))
	maps.Copy(annotations, fromTemplateAnnotations)
	recordKeys(annotations, sandboxv1.AnnotationPropagatedLabels, fromTemplateLabels)
	recordKeys(annotations, sandboxv1.AnnotationPropagatedAnnotations, fromTemplateAnnotations)
	return labels, annotations
}

// withEviction returns annotations, which come from sandbox's template, with the Sandbox's own value for the eviction
// of its Pod. That value counts only while the Sandbox is in a pool, and only if the template has none. Once it is claimed, the
// Pod may be protected instead. A pool of
// agent-sandbox wrote its value into the pod template, together with its labels. That value also counts only in the
// pool.
func withEviction(sandbox *sandboxv1.Sandbox, annotations map[string]string) map[string]string {
	const key = sandboxv1.AnnotationSafeToEvict
	if words := protection(sandbox); len(words) > 0 {
		annotations = withKeys(annotations, words)
	}
	said, has := annotations[key]
	word, inPool := sandbox.Annotations[key], IsPool(ControllerOf(sandbox))
	switch {
	case inPool && !has && word != "":
		return withKeys(annotations, map[string]string{key: word})
	case !inPool && isOfReferencePool(sandbox) && said == "true":
		kept := maps.Clone(annotations)
		delete(kept, key)
		return kept
	}
	return annotations
}

// isOfReferencePool reports whether a pool of agent-sandbox made sandbox. Such a pool puts its label into the pod
// template, too.
func isOfReferencePool(sandbox *sandboxv1.Sandbox) bool {
	return sandbox.Spec.PodTemplate.Metadata.Labels[sandboxv1.LabelWarmPool] != ""
}

// unreserved returns m without the keys that belong to the controllers.
func unreserved(m map[string]string) map[string]string {
	free := maps.Clone(m)
	maps.DeleteFunc(free, func(key, _ string) bool { return IsReserved(key) })
	return free
}

func deleteKeys(m map[string]string, keys []string) {
	for _, key := range keys {
		delete(m, key)
	}
}

// recordKeys records under key which keys came from the template, if any did.
func recordKeys(annotations map[string]string, key string, from map[string]string) {
	if len(from) > 0 {
		annotations[key] = strings.Join(sortedKeys(from), ",")
	}
}

func sortedKeys(m map[string]string) []string {
	return slices.Sorted(maps.Keys(m))
}

// PodMetadataPatch returns the JSON patch that gives pod, the Pod of sandbox, its labels, its annotations, and an owner
// reference in today's form. It returns nil if the Pod has all of them. The patch tests the Pod's UID, because another
// Pod of this name may have other metadata.
func PodMetadataPatch(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) []jsonpatch.Operation {
	labels, annotations := PodMetadata(sandbox, pod)
	ops := PatchStoredMap("/metadata/labels", pod.Labels, labels)
	ops = append(ops, PatchStoredMap("/metadata/annotations", pod.Annotations, annotations)...)
	ops = append(ops, migrateOwnersPatch(pod)...)
	if len(ops) == 0 {
		return nil
	}
	return append([]jsonpatch.Operation{jsonpatch.NewOperation("test", "/metadata/uid", pod.UID)}, ops...)
}
