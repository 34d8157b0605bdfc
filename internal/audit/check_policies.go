package audit

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// policy is a NetworkPolicy whose selector is parsed once.
type policy struct {
	*networkingv1.NetworkPolicy

	selector labels.Selector
}

func newPolicy(found *networkingv1.NetworkPolicy) *policy {
	selector, err := metav1.LabelSelectorAsSelector(&found.Spec.PodSelector)
	if err != nil { // The API server stores none that is invalid.
		selector = labels.Nothing()
	}
	return &policy{NetworkPolicy: found, selector: selector}
}

// uncovered returns why p, which may be nil, does not cover pod, or "". What its rules allow is the template's business.
func (p *policy) uncovered(pod *corev1.Pod) string {
	switch {
	case p == nil:
		return "does not exist"
	case !exists(p):
		return "is being deleted"
	case !p.selector.Matches(labels.Set(pod.Labels)):
		return "does not select it"
	case !slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress),
		!slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress):
		return "does not cover both directions"
	}
	return ""
}

// eachProtected calls do for each Pod that should be under a managed NetworkPolicy, with that policy's name and what there is of it.
func (v *view) eachProtected(do func(pod *corev1.Pod, involved []Object, name string, policy *policy)) {
	v.eachOwned(func(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) {
		hash := templateHash(sandbox)
		if hash == "" || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			return
		}
		template := rules.TemplateOf(sandbox, v.templates[hash])
		name := rules.NetworkPolicyNameOf(sandbox, template)
		if name == "" || !isManaged(sandbox, template) {
			return
		}
		involved := []Object{ObjectOf(sandbox), {Kind: KindNetworkPolicy, Namespace: pod.Namespace, Name: name}}
		if template != nil {
			involved = append(involved, ObjectOf(template))
		} else if ref := sandbox.Annotations[sandboxv1.AnnotationTemplateRef]; ref != "" {
			involved = append(involved, Object{Kind: extensionsv1.KindSandboxTemplate, Namespace: pod.Namespace, Name: ref})
		}
		do(pod, involved, name, v.policyNamed[name])
	})
}

// isManaged reports whether the NetworkPolicy of template is managed. If the template is gone (nil), sandbox says how it was.
func isManaged(sandbox *sandboxv1.Sandbox, template *extensionsv1.SandboxTemplate) bool {
	if template != nil {
		return template.Spec.NetworkPolicyManagement != extensionsv1.NetworkPolicyUnmanaged
	}
	return sandbox.Annotations[sandboxv1.AnnotationNetworkPolicyManagement] != string(extensionsv1.NetworkPolicyUnmanaged)
}

// noNetworkPolicy looks for Pods that run without the NetworkPolicy of their template.
func (v *view) noNetworkPolicy() {
	v.eachProtected(func(pod *corev1.Pod, involved []Object, name string, policy *policy) {
		if why := policy.uncovered(pod); why != "" {
			v.report(CheckNoNetworkPolicy, pod, involved,
				fmt.Sprintf("Pod %q should be under NetworkPolicy %q, which %s", pod.Name, name, why),
				"See the events of the SandboxTemplate for why there is no such policy, and the runbook. A Pod without its label cannot be mended: delete it")
		}
	})
}

// podBeforePolicy looks for Pods that were there before their NetworkPolicy. Both times are in whole seconds.
func (v *view) podBeforePolicy() {
	v.eachProtected(func(pod *corev1.Pod, involved []Object, name string, policy *policy) {
		if policy.uncovered(pod) == "" && pod.CreationTimestamp.Time.Before(policy.CreationTimestamp.Time) {
			v.report(CheckPodBeforePolicy, pod, involved,
				fmt.Sprintf("Pod %q is older than its NetworkPolicy %q: it ran without for %s", pod.Name, name,
					policy.CreationTimestamp.Sub(pod.CreationTimestamp.Time)),
				"If what it could reach until then matters, replace it: "+deleteCommand(ObjectOf(pod)))
		}
	})
}
