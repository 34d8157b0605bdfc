package diagnosis

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// refusal is what an object reports of a write that the API server refused.
type refusal struct {
	of    Ref
	words string
}

// refusals returns what the target and what it depends on report of refused writes. What is nearer to the Pod comes first.
func refusals(s *Snapshot) []refusal {
	var all []refusal
	add := func(of Ref, conditions []metav1.Condition) {
		for _, c := range conditions {
			failed := []string{sandboxv1.ReasonReconcilerError, sandboxv1.ReasonInvalidConfiguration, extensionsv1.ReasonSandboxRefused}
			if c.Status != metav1.ConditionTrue && slices.Contains(failed, c.Reason) {
				all = append(all, refusal{of, brief(c.Message)})
			}
		}
	}
	if s.Sandbox != nil {
		add(s.sandbox(), s.Sandbox.Status.Conditions)
	}
	if s.Claim != nil {
		add(s.claim(), s.Claim.Status.Conditions)
	}
	if s.Pool != nil && (s.Target.Kind == kindPool || s.Target.Kind == kindTemplate) {
		add(s.pool(), s.Pool.Status.Conditions)
	}
	return all
}

// refused returns the first refusal that the pattern matches, with its groups.
func refused(s *Snapshot, pattern *regexp.Regexp) (*refusal, []string) {
	for _, r := range refusals(s) {
		if groups := pattern.FindStringSubmatch(r.words); groups != nil {
			return &r, groups
		}
	}
	return nil, nil
}

// The words of refusals, by whom: Pod Security (k8s.io/pod-security-admission), ValidatingAdmissionPolicies (the dispatcher in
// k8s.io/apiserver/pkg/admission/plugin/policy/validating) and webhooks (k8s.io/apiserver/pkg/admission/plugin/webhook/errors).
var (
	podSecurityWords = regexp.MustCompile(`violates PodSecurity "([^"]*)"`)
	policyWords      = regexp.MustCompile(`ValidatingAdmissionPolicy '([^']*)'(?: with binding '([^']*)')? denied request`)
	webhookWords     = regexp.MustCompile(`admission webhook "([^"]*)" denied the request`)
	calledWords      = regexp.MustCompile(`failed calling webhook "([^"]*)"`)
	invalidWords     = regexp.MustCompile(` is invalid: `)
)

// podSecurity is for a Pod that the namespace's Pod Security Standard refuses.
func podSecurity(s *Snapshot) *Cause {
	r, groups := refused(s, podSecurityWords)
	if r == nil {
		return nil
	}
	command, from := s.editPod()
	return &Cause{
		ID: "pod-security", Object: Ref{kindSpace, s.InNamespace}, Words: r.words,
		Says:    fmt.Sprintf("the Pod Security Standard %q of namespace %s refuses the Pod of %s", groups[1], s.InNamespace, r.of),
		Command: command,
		Advice: fmt.Sprintf("make the Pod in %s as the standard wants it%s; or ask who administers the namespace for another standard",
			from, s.thenAgain()),
	}
}

// policyRefuses is for a policy, or a webhook of the cluster's own, that refuses what is needed.
func policyRefuses(s *Snapshot) *Cause {
	command, from := s.editPod()
	if r, groups := refused(s, policyWords); r != nil {
		return &Cause{
			ID: "policy", Object: Ref{kindPolicy, groups[1]}, Words: r.words,
			Says:    fmt.Sprintf("%s refuses what %s needs", Ref{kindPolicy, groups[1]}, r.of),
			Command: command,
			Advice: fmt.Sprintf("change %s as the policy says%s; or ask who maintains the policy (kubectl get validatingadmissionpolicy %s -o yaml)",
				from, s.thenAgain(), groups[1]),
		}
	}
	if r, groups := refused(s, webhookWords); r != nil {
		return &Cause{
			ID: "policy", Object: Ref{"Webhook", groups[1]}, Words: r.words,
			Says:    fmt.Sprintf("webhook %s refuses what %s needs", groups[1], r.of),
			Command: command,
			Advice:  fmt.Sprintf("change %s as the webhook says%s; or ask who maintains it", from, s.thenAgain()),
		}
	}
	return nil
}

// ownWebhooks ends the names of Namesake's webhooks.
const ownWebhooks = ".namesake.agents.x-k8s.io"

// saysOwnWebhookDown reports whether something was refused because a webhook of Namesake's own did not answer.
func saysOwnWebhookDown(s *Snapshot) bool {
	r, groups := refused(s, calledWords)
	return r != nil && strings.HasSuffix(groups[1], ownWebhooks)
}

// foreignWebhookDown is for a webhook of the cluster's own that the API server could not call.
func foreignWebhookDown(s *Snapshot) *Cause {
	r, groups := refused(s, calledWords)
	if r == nil {
		return nil
	}
	cause := &Cause{
		ID: "webhook-down", Object: Ref{"Webhook", groups[1]}, Words: r.words,
		Says:    fmt.Sprintf("the API server cannot call webhook %s, which it has to ask about what %s needs", groups[1], r.of),
		Command: "kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations",
		Advice:  "ask who maintains that webhook to bring it back",
	}
	if strings.HasSuffix(groups[1], ownWebhooks) {
		cause.Command = "kubectl namesake check"
		cause.Advice = "see what is wrong with the managers; if nothing is, it is tried again within a minute"
		cause.Passing = true
	}
	return cause
}

// invalid is for what the API server's own validation refuses.
func invalid(s *Snapshot) *Cause {
	r, _ := refused(s, invalidWords)
	if r == nil {
		return nil
	}
	command, from := s.editPod()
	return &Cause{
		ID: "invalid", Object: from, Words: r.words, Says: fmt.Sprintf("the API server finds invalid what %s needs", r.of),
		Command: command, Advice: "correct the fields that it names" + s.thenAgain(),
	}
}
