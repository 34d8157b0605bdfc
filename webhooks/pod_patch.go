package webhooks

import (
	"maps"

	"gomodules.xyz/jsonpatch/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// podPatch returns the operations that give pod, which a Sandbox controls, its name where it has none, and the identity
// labels that it lacks; what it brings along, right or wrong, is for validation to judge. sandbox is nil when the Sandbox
// does not exist: validation refuses such a Pod, under the name it would have.
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

// hasUID is the goodEnough of an object that has to be a certain one.
func hasUID(uid types.UID) func(*sandboxv1.Sandbox) bool {
	return func(sandbox *sandboxv1.Sandbox) bool { return sandbox.UID == uid }
}
