package diagnosis

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

func progressing(s *Snapshot) metav1.Condition {
	if c := meta.FindStatusCondition(s.Pool.Status.Conditions, extensionsv1.ConditionProgressing); c != nil {
		return *c
	}
	return metav1.Condition{Status: metav1.ConditionTrue, Reason: sandboxv1.ReasonPending}
}

// starts is for a Sandbox that is on its way, with nothing that tells of trouble.
func starts(s *Snapshot) *Cause {
	if s.Sandbox == nil {
		return nil
	}
	r := ready(s.Sandbox.Status.Conditions)
	ordinary := r.Reason == "" || r.Reason == sandboxv1.ReasonPending || r.Reason == sandboxv1.ReasonDependenciesNotReady
	if !ordinary && r.Status != metav1.ConditionTrue {
		return nil
	}
	cause := &Cause{
		ID: "starting", Object: s.sandbox(), Passing: true, Words: brief(r.Message),
		Command: s.kubectl("wait sandbox %s --for=condition=Ready --timeout=2m", s.Sandbox.Name),
	}
	switch pod := s.Pod; {
	case pod == nil && s.sees(kindPod):
		cause.Says = fmt.Sprintf("%s has no Pod yet: the controller creates it", s.sandbox())
	case pod == nil:
		cause.Says = fmt.Sprintf("%s starts", s.sandbox())
	case pod.Spec.NodeName == "":
		cause.Object, cause.Says = s.pod(), fmt.Sprintf("%s waits for the scheduler", s.pod())
	case pod.Status.Phase == corev1.PodPending:
		cause.Object = s.pod()
		cause.Says = fmt.Sprintf("%s starts on node %s: its image is pulled, its volumes are mounted, or its containers start",
			s.pod(), pod.Spec.NodeName)
		if words := lastWords(s, s.pod()); words != "" {
			cause.Words = brief(words)
		}
	case podIsReady(pod):
		cause.Says = fmt.Sprintf("%s is Ready, and the controller has not said so of %s yet", s.pod(), s.sandbox())
	default:
		cause.Object, cause.Says = s.pod(), fmt.Sprintf("%s runs, and is not Ready yet", s.pod())
	}
	return cause
}

// reported is what is left: the words of the condition of what is nearest to the Pod.
func reported(s *Snapshot) *Cause {
	for _, object := range []struct {
		is         bool
		ref        func() Ref
		conditions func() []metav1.Condition
	}{
		{s.Sandbox != nil, func() Ref { return s.sandbox() }, func() []metav1.Condition { return s.Sandbox.Status.Conditions }},
		{s.Claim != nil, func() Ref { return s.claim() }, func() []metav1.Condition { return s.Claim.Status.Conditions }},
		{s.Pool != nil, func() Ref { return s.pool() }, func() []metav1.Condition { return s.Pool.Status.Conditions }},
	} {
		if !object.is {
			continue
		}
		r := ready(object.conditions())
		if r.Status == metav1.ConditionTrue {
			continue
		}
		return &Cause{
			ID: "reported", Object: object.ref(), Words: brief(r.Message),
			Says:    fmt.Sprintf("%s says %s", object.ref(), cmp.Or(r.Reason, "nothing yet")),
			Command: s.kubectl("describe %s %s", resourceOf[object.ref().Kind], object.ref().Name),
			Advice:  "docs/troubleshooting.md says what the reason means",
			Passing: r.Reason == "" || r.Reason == sandboxv1.ReasonPending || r.Reason == extensionsv1.ReasonAdoptionConflict,
		}
	}
	return nil
}

// resourceOf is how kubectl takes a kind.
var resourceOf = map[string]string{
	kindClaim: "sandboxclaim", kindPool: "sandboxwarmpool", kindTemplate: "sandboxtemplate", kindSandbox: "sandbox", kindPod: "pod",
}
