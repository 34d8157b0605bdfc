package webhooks

import (
	"maps"

	"gomodules.xyz/jsonpatch/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// podPatch returns the operations that give pod, which a Sandbox controls, the name and the identity labels that it lacks.
// Validation judges what pod already has, right or wrong. sandbox is nil if the Sandbox does not exist, or is another
// one of that name. Validation then refuses the Pod, under the name that it would have.
func podPatch(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) []jsonpatch.Operation {
	var ops []jsonpatch.Operation
	if pod.Name == "" {
		ops = append(ops, jsonpatch.NewOperation("add", "/metadata/name", rules.ControllerOf(pod).Name))
		if pod.GenerateName != "" {
			ops = append(ops, jsonpatch.NewOperation("remove", "/metadata/generateName", nil))
		}
	}
	if sandbox == nil {
		return ops
	}
	missing := rules.IdentityLabels(sandbox)
	maps.DeleteFunc(missing, func(key, _ string) bool { _, has := pod.Labels[key]; return has })
	return append(ops, rules.SetKeys("/metadata/labels", pod.Labels, missing)...)
}

// hasUID returns the goodEnough for an object that has to be a certain one.
func hasUID(uid types.UID) func(*sandboxv1.Sandbox) bool {
	return func(sandbox *sandboxv1.Sandbox) bool { return sandbox.UID == uid }
}
