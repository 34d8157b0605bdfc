package audit

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// identityLabels are the labels by which Services, NetworkPolicies, pools and routers select.
var identityLabels = []string{
	sandboxv1.LabelSandboxNameHash, sandboxv1.LabelSandboxUID, sandboxv1.LabelWarmPool, sandboxv1.LabelTemplateRefHash,
	sandboxv1.LabelClaimUID,
}

// IsLabelled reports whether obj has a label that makes it a Sandbox's.
func IsLabelled(obj metav1.Object) bool {
	return slices.ContainsFunc(identityLabels, func(key string) bool { return obj.GetLabels()[key] != "" })
}

// plantedLabels looks for labels that no reconciler can have left where they are. A label that its owner has just left, or that a
// reconciler has not written yet, is not among them.
func (v *view) plantedLabels() {
	v.eachOwned(v.plantedOnOwned)
	for _, pod := range v.Pods {
		if exists(pod) && !rules.IsSandbox(rules.ControllerOf(pod)) {
			v.plantedOnForeign(pod)
		}
	}
	for _, sandbox := range v.Sandboxes {
		if exists(sandbox) {
			v.plantedOnSandbox(sandbox)
		}
	}
}

// plantedOnOwned compares the labels of pod with the Sandbox that controls it.
func (v *view) plantedOnOwned(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) {
	owner := rules.ControllerOf(sandbox)
	planted := func(key, why string) {
		v.report(CheckPlantedLabels, pod, []Object{ObjectOf(sandbox)},
			fmt.Sprintf("Pod %q of Sandbox %q has the label %s=%s, and %s", pod.Name, sandbox.Name, key, pod.Labels[key], why), removeLabel(pod.Namespace))
	}
	if said := pod.Labels[sandboxv1.LabelSandboxNameHash]; said != "" && said != rules.Hash(sandbox.Name) && said != sandboxv1.SharedNameHash {
		planted(sandboxv1.LabelSandboxNameHash, "the hash of that Sandbox's name is "+rules.Hash(sandbox.Name))
	}
	if said := pod.Labels[sandboxv1.LabelClaimUID]; said != "" && (rules.IsPool(owner) || rules.IsClaim(owner) && said != string(owner.UID)) {
		planted(sandboxv1.LabelClaimUID, "that Sandbox is controlled by "+describe(owner))
	}
	if said := pod.Labels[sandboxv1.LabelWarmPool]; said != "" && rules.IsPool(owner) && said != rules.Hash(owner.Name) {
		planted(sandboxv1.LabelWarmPool, fmt.Sprintf("that Sandbox is in pool %q, whose hash is %s", owner.Name, rules.Hash(owner.Name)))
	}
	if said := pod.Labels[sandboxv1.LabelTemplateRefHash]; said != "" && said != templateHash(sandbox) {
		planted(sandboxv1.LabelTemplateRefHash, "that Sandbox is not of such a template")
	}
}

// templateHash returns the hash of the name of sandbox's template, or "".
func templateHash(sandbox *sandboxv1.Sandbox) string {
	if hash := sandbox.Labels[sandboxv1.LabelTemplateRefHash]; hash != "" {
		return hash
	}
	if name := sandbox.Annotations[sandboxv1.AnnotationTemplateRef]; name != "" {
		return rules.Hash(name)
	}
	return ""
}

// plantedOnForeign looks for labels that make pod, which no Sandbox controls, one of an existing Sandbox.
func (v *view) plantedOnForeign(pod *corev1.Pod) {
	planted := func(key string, sandbox *sandboxv1.Sandbox, involved ...Object) {
		v.report(CheckPlantedLabels, pod, append(involved, ObjectOf(sandbox)),
			fmt.Sprintf("Pod %q has the label %s=%s of Sandbox %q, which does not control it", pod.Name, key, pod.Labels[key], sandbox.Name),
			removeLabel(pod.Namespace))
	}
	if sandbox := v.sandboxes[types.UID(pod.Labels[sandboxv1.LabelSandboxUID])]; sandbox != nil && exists(sandbox) {
		planted(sandboxv1.LabelSandboxUID, sandbox)
	}
	hash := pod.Labels[sandboxv1.LabelSandboxNameHash]
	if sandbox := v.sandboxHashed[hash]; sandbox != nil && sandbox.Name != pod.Name { // One of its own name may be about to be taken over.
		planted(sandboxv1.LabelSandboxNameHash, sandbox)
	}
	claim := types.UID(pod.Labels[sandboxv1.LabelClaimUID])
	if held := v.heldBy[claim]; claim != "" && len(held) > 0 {
		involved := []Object{}
		if found := v.claims[claim]; found != nil {
			involved = append(involved, ObjectOf(found))
		}
		planted(sandboxv1.LabelClaimUID, held[0], involved...)
	}
}

// plantedOnSandbox compares the labels of sandbox with its controller. A pool's and a claim's labels come and go in one write with their
// owner.
func (v *view) plantedOnSandbox(sandbox *sandboxv1.Sandbox) {
	owner := rules.ControllerOf(sandbox)
	planted := func(key string, involved ...Object) {
		v.report(CheckPlantedLabels, sandbox, involved,
			fmt.Sprintf("Sandbox %q has the label %s=%s, and is controlled by %s", sandbox.Name, key, sandbox.Labels[key], describe(owner)),
			removeLabel(sandbox.Namespace))
	}
	pool, claim := sandbox.Labels[sandboxv1.LabelWarmPool], types.UID(sandbox.Labels[sandboxv1.LabelClaimUID])
	if pool != "" && (rules.IsClaim(owner) || rules.IsPool(owner) && pool != rules.Hash(owner.Name)) {
		planted(sandboxv1.LabelWarmPool)
	}
	if claim == "" {
		return
	}
	switch found := v.claims[claim]; {
	case rules.IsPool(owner):
		planted(sandboxv1.LabelClaimUID)
	case !rules.IsClaim(owner) && found != nil && exists(found):
		planted(sandboxv1.LabelClaimUID, ObjectOf(found))
	}
}

// removeLabel returns the remedy for a label that is another's.
func removeLabel(namespace string) string {
	return fmt.Sprintf("Find out who wrote the label (the audit log, or metadata.managedFields), and take it off: kubectl -n %s label KIND NAME KEY-", namespace)
}

// podOrphan looks for identity labels on Pods that no Sandbox controls. A Pod keeps them when its Sandbox is deleted without it.
func (v *view) podOrphan() {
	for _, pod := range v.Pods {
		if !exists(pod) || rules.IsSandbox(rules.ControllerOf(pod)) {
			continue
		}
		for _, key := range identityLabels {
			if value := pod.Labels[key]; value != "" {
				v.report(CheckPodOrphan, pod, []Object{{Kind: sandboxv1.KindSandbox, Namespace: pod.Namespace, Name: pod.Name}},
					fmt.Sprintf("Pod %q has the label %s=%s, and is controlled by %s", pod.Name, key, value, describe(rules.ControllerOf(pod))),
					"If it is left from a Sandbox, save what it holds and delete it: "+deleteCommand(ObjectOf(pod))+". If not, take the label off")
				break
			}
		}
	}
}

// podStaleLabels looks for labels that should have followed the Sandbox.
func (v *view) podStaleLabels() {
	v.eachOwned(func(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) {
		owner := rules.ControllerOf(sandbox)
		stale := func(key string) {
			v.report(CheckPodStaleLabels, pod, []Object{ObjectOf(sandbox)},
				fmt.Sprintf("Pod %q has the label %s=%s, and its Sandbox is controlled by %s by now", pod.Name, key, pod.Labels[key], describe(owner)),
				"See why the manager does not follow: its log, and whether a webhook or a policy of the cluster refuses its writes of Pods")
		}
		if pod.Labels[sandboxv1.LabelWarmPool] != "" && !rules.IsPool(owner) {
			stale(sandboxv1.LabelWarmPool)
		}
		if pod.Labels[sandboxv1.LabelClaimUID] != "" && !rules.IsPool(owner) && !rules.IsClaim(owner) {
			stale(sandboxv1.LabelClaimUID)
		}
	})
}
