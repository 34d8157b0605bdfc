package diagnosis

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// nameTaken is for a claim whose Sandbox's name another Sandbox has, which is not the claim's.
func nameTaken(s *Snapshot) *Cause {
	if s.Claim == nil || s.Sandbox == nil || rules.ControlledBy(s.Sandbox, s.Claim) || !rules.IsColdName(s.Claim, s.Sandbox.Name) {
		return nil
	}
	return &Cause{
		ID: "name-taken", Object: s.sandbox(), Words: brief(ready(s.Claim.Status.Conditions).Message),
		Says:    fmt.Sprintf("%s has the name that the Sandbox of %s is to have, and is %s", s.sandbox(), s.claim(), holder(s.Sandbox)),
		Command: s.kubectl("delete sandbox %s", s.Sandbox.Name),
		Advice:  "if nobody needs that Sandbox; else delete the claim, and make it under another name",
	}
}

// holder says whose an object is.
func holder(obj metav1.Object) string {
	if owner := rules.ControllerOf(obj); owner != nil {
		return fmt.Sprintf("controlled by %s %s", owner.Kind, owner.Name)
	}
	return "nobody's"
}

// podNameTaken is for a Sandbox whose Pod's name another Pod has.
func podNameTaken(s *Snapshot) *Cause {
	if s.Sandbox == nil || s.Pod == nil || rules.ControlledBy(s.Pod, s.Sandbox) {
		return nil
	}
	return &Cause{
		ID: "pod-name-taken", Object: s.pod(), Words: brief(ready(s.Sandbox.Status.Conditions).Message),
		Says:    fmt.Sprintf("%s has the name that the Pod of %s is to have, and is %s", s.pod(), s.sandbox(), holder(s.Pod)),
		Command: s.kubectl("delete pod %s", s.Pod.Name), Advice: "if nobody needs that Pod",
	}
}

// severalPods is for a Sandbox that controls more than one Pod, from a time before admission.
func severalPods(s *Snapshot) *Cause {
	if s.Sandbox == nil || !rules.IsReportedMultiplePods(s.Sandbox.Status.Conditions) {
		return nil
	}
	return &Cause{
		ID: "several-pods", Object: s.sandbox(), Words: brief(ready(s.Sandbox.Status.Conditions).Message),
		Says:    fmt.Sprintf("%s controls more than one Pod, and the controller chooses none", s.sandbox()),
		Command: s.kubectl("get pods --selector %s=%s", sandboxv1.LabelSandboxNameHash, rules.Hash(s.Sandbox.Name)),
		Advice:  "delete those that are too many",
	}
}

// volumeInTheWay is for a Sandbox whose PersistentVolumeClaim's name another one has.
func volumeInTheWay(s *Snapshot) *Cause {
	if s.Sandbox == nil {
		return nil
	}
	for i := range s.Sandbox.Spec.VolumeClaimTemplates {
		name := rules.VolumeName(s.Sandbox, i)
		for j := range s.Volumes {
			volume := &s.Volumes[j]
			if volume.Name != name {
				continue
			}
			if _, err := rules.NextVolumeClaim(s.Sandbox, volume); err == nil {
				continue
			}
			cause := &Cause{
				ID: "volume-in-the-way", Object: Ref{kindVolume, name}, Words: brief(ready(s.Sandbox.Status.Conditions).Message),
				Says:    fmt.Sprintf("%s has the name that a volume of %s is to have, and is %s", Ref{kindVolume, name}, s.sandbox(), holder(volume)),
				Command: s.kubectl("delete persistentvolumeclaim %s", name),
				Advice:  "if nobody needs what is on it",
			}
			if rules.ControllerOf(volume) == nil && rules.ControllerOf(s.Sandbox) == nil {
				cause.Advice += fmt.Sprintf("; to let the Sandbox have it, label it %s=%s", sandboxv1.LabelAdoptable, sandboxv1.AdoptableTrue)
			}
			return cause
		}
	}
	return nil
}

// networkPolicyMissing is for a Sandbox that waits for the NetworkPolicy of its template, and for a template that cannot have it.
func networkPolicyMissing(s *Snapshot) *Cause {
	waits := s.Sandbox != nil && ready(s.Sandbox.Status.Conditions).Reason == sandboxv1.ReasonNetworkPolicyNotReady
	event := templateEvent(s)
	if !waits && (event == nil || s.Target.Kind != kindTemplate) {
		return nil
	}
	cause := &Cause{ID: "network-policy", Object: s.template()}
	if waits {
		cause.Says = fmt.Sprintf("%s gets no Pod before the NetworkPolicy of its template is as it should be", s.sandbox())
		cause.Words = brief(ready(s.Sandbox.Status.Conditions).Message)
	}
	if event != nil {
		cause.Says = fmt.Sprintf("%s: its NetworkPolicy is not what it should be, and no new Pod is created: %s", s.template(), event.Reason)
		cause.Words = brief(event.Message)
	}
	cause.Command = s.kubectl("get networkpolicies --selector %s=%s", sandboxv1.LabelTemplateRefHash, rules.Hash(s.TemplateName))
	cause.Advice = "delete or rename the policy that is in the way, or see which quota or policy refuses it; " +
		"or set networkPolicyManagement: Unmanaged in the template"
	if s.Sandbox != nil && strings.Contains(cause.Words, "label") && event == nil {
		cause.Advice += "; if labels were removed, let the cluster's webhooks and policies leave the keys of agents.x-k8s.io/ alone"
	}
	return cause
}
