package rules

import (
	"maps"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var (
	// podPlacement are the fields of a Pod's spec that say where and when the Pod runs, and nothing of what is in it. The API
	// server itself lets them change only so that a Pod's node still fits, and most of them only while a scheduling gate holds
	// the Pod (ValidatePodUpdate in kubernetes/pkg/apis/core/validation). Queues and quota controllers write them.
	podPlacement = []string{"schedulingGates", "nodeSelector", "affinity", "tolerations"}
	// podSize are the fields of a Pod's spec, and of each container, that subresource resize changes, as a
	// VerticalPodAutoscaler does. No other write can change them.
	podSize = []string{"resources", "resizePolicy"}
	// podContainers are the lists of containers that have a size.
	podContainers = []string{"containers", "initContainers"}
)

// ephemeralContainers is the field that subresource ephemeralcontainers changes, as kubectl debug does.
const ephemeralContainers = "ephemeralContainers"

// IsPoolPod reports whether sandbox, which controls pod, is in a pool. sandbox is nil if it does not exist. Then, and if it is
// another Sandbox of that name, the Pod's own label says it. Otherwise the label counts for nothing: a policy of the cluster may have
// removed it, a Pod that SharesIdentity has none, and after an adoption it stays a moment too long.
func IsPoolPod(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) bool {
	if sandbox == nil || !ControlledBy(pod, sandbox) {
		return pod.Labels[sandboxv1.LabelWarmPool] != ""
	}
	return IsPool(ControllerOf(sandbox))
}

// CheckPodContent returns a Forbidden error for each field of a Pod's spec that says what is in the Pod and changes from
// before to after. It is for a Pod of which IsPoolPod is true: whoever adopts its Sandbox has to know what is in it. Where
// and when the Pod runs, and how large it is, are not its content. before and after are the specs as JSON, so that a field
// that this program does not know counts as well.
//
// A container of kubectl debug is refused, and not accepted and kept from claims. A claim may adopt the Sandbox at any
// moment, which is a write to another object than the Pod: no order of these two writes could be enforced.
func CheckPodContent(before, after map[string]any) field.ErrorList {
	var errs field.ErrorList
	was, is := podContent(before), podContent(after)
	names := slices.Sorted(maps.Keys(is))
	for name := range was {
		if _, stays := is[name]; !stays {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if reflect.DeepEqual(was[name], is[name]) {
			continue
		}
		advice := AdviceContent
		if name == ephemeralContainers {
			advice = AdviceDebug
		}
		errs = append(errs, field.Forbidden(field.NewPath("spec", name), WordsPoolPod.With(advice)))
	}
	return errs
}

// podContent returns spec, a Pod's spec as JSON, without what says where and when the Pod runs and how large it is.
func podContent(spec map[string]any) map[string]any {
	content := without(spec, slices.Concat(podSize, podPlacement))
	for _, list := range podContainers {
		containers, ok := content[list].([]any)
		if !ok {
			continue
		}
		sizeless := make([]any, len(containers))
		for i, container := range containers {
			sizeless[i] = container
			if fields, ok := container.(map[string]any); ok {
				sizeless[i] = without(fields, podSize)
			}
		}
		content[list] = sizeless
	}
	return content
}

// without returns a copy of m without keys.
func without(m map[string]any, keys []string) map[string]any {
	rest := maps.Clone(m)
	for _, key := range keys {
		delete(rest, key)
	}
	return rest
}
