package diagnosis

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// walk returns what the target depends on, from the claim to the node, and the installation last.
func walk(s *Snapshot) []Step {
	var steps []Step
	if s.Claim != nil {
		steps = append(steps, ofCondition(s.claim(), s.Claim.Status.Conditions))
	}
	if s.PoolName != "" {
		steps = append(steps, poolStep(s))
	}
	if s.TemplateName != "" {
		steps = append(steps, templateStep(s))
	}
	if s.Sandbox != nil {
		step := ofCondition(s.sandbox(), s.Sandbox.Status.Conditions)
		step.Says = rules.Cut(launched(s)+step.Says, stepLimit)
		steps = append(steps, step)
	} else if s.Claim != nil {
		steps = append(steps, noSandbox(s))
	}
	for i := range s.Volumes {
		steps = append(steps, volumeStep(&s.Volumes[i]))
	}
	steps = append(steps, podSteps(s)...)
	return append(steps, installationStep(s))
}

// ofCondition returns the step of what has a Ready condition.
func ofCondition(ref Ref, conditions []metav1.Condition) Step {
	r := ready(conditions)
	step := Step{Ref: ref, State: StateWaits, Says: cmp.Or(r.Reason, "no status yet")}
	if r.Status == metav1.ConditionTrue {
		step.State = StateOK
		return step
	}
	if r.Message != "" {
		step.Says = rules.Cut(step.Says+": "+oneLine(r.Message), stepLimit)
	}
	return step
}

func poolStep(s *Snapshot) Step {
	ref := Ref{kindPool, s.PoolName}
	switch {
	case s.Pool == nil && !s.sees(kindPool):
		return Step{ref, StateUnknown, "it could not be read"}
	case s.Pool == nil:
		return Step{ref, StateMissing, "it does not exist"}
	}
	step := Step{ref, StateOK, fmt.Sprintf("%d of %d Ready", s.Pool.Status.ReadyReplicas, rules.Replicas(s.Pool))}
	if !isTrue(s.Pool.Status.Conditions, "Ready") {
		step.State = StateWaits
		if p := progressing(s); p.Status != metav1.ConditionTrue {
			step.State = StateBlocked
			step.Says = rules.Cut(step.Says+"; "+p.Reason+": "+oneLine(p.Message), stepLimit)
		}
	}
	return step
}

func templateStep(s *Snapshot) Step {
	switch event := templateEvent(s); {
	case s.Template == nil && !s.sees(kindTemplate):
		return Step{s.template(), StateUnknown, "it could not be read"}
	case s.Template == nil:
		return Step{s.template(), StateMissing, "it does not exist"}
	case event != nil:
		return Step{s.template(), StateBlocked, rules.Cut(event.Reason+": "+oneLine(event.Message), stepLimit)}
	}
	return Step{s.template(), StateOK, ""}
}

// launched says how the Sandbox came about, if its claim is the target's.
func launched(s *Snapshot) string {
	switch launch := s.Sandbox.Labels[sandboxv1.LabelLaunchType]; {
	case launch != "" && s.Claim != nil && rules.ControlledBy(s.Sandbox, s.Claim):
		return "(" + launch + ") "
	case s.Holder != "":
		return "(of claim " + s.Holder + ") "
	}
	return ""
}

// noSandbox is the step of a claim whose Sandbox is not there.
func noSandbox(s *Snapshot) Step {
	name := cmp.Or(s.Claim.Status.Sandbox.Name, rules.Binding(s.Claim))
	switch {
	case !s.sees(kindSandbox):
		return Step{Ref{kindSandbox, cmp.Or(name, "?")}, StateUnknown, "it could not be read"}
	case name == "":
		return Step{Ref{kindSandbox, "-"}, StateMissing, "the claim has none yet"}
	}
	return Step{Ref{kindSandbox, name}, StateMissing, "it does not exist"}
}

func volumeStep(volume *corev1.PersistentVolumeClaim) Step {
	step := Step{Ref{kindVolume, volume.Name}, StateOK, string(volume.Status.Phase)}
	if volume.Status.Phase != corev1.ClaimBound {
		step.State = StateWaits
	}
	return step
}

// podSteps returns the steps of the Pod and of its node.
func podSteps(s *Snapshot) []Step {
	switch {
	case s.Pod == nil && s.Sandbox == nil:
		return nil
	case s.Pod == nil && !s.sees(kindPod):
		return []Step{{Ref{kindPod, rules.PodName(s.Sandbox)}, StateUnknown, "it could not be read"}}
	case s.Pod == nil:
		return []Step{{Ref{kindPod, rules.PodName(s.Sandbox)}, StateMissing, "it does not exist"}}
	}
	step := Step{s.pod(), StateOK, "Ready"}
	if !podIsReady(s.Pod) {
		step.State, step.Says = StateWaits, string(s.Pod.Status.Phase)
		if c := notScheduled(s.Pod); c != nil {
			step.Says = rules.Cut(c.Reason+": "+oneLine(c.Message), stepLimit)
		} else if w := waitingContainer(s.Pod, append(append([]string{crashLoop}, pullReasons...), configReasons...)...); w != nil {
			step.State, step.Says = StateBlocked, rules.Cut(w.reason+": "+oneLine(w.message), stepLimit)
		}
	}
	if s.Pod.DeletionTimestamp != nil {
		step.State, step.Says = StateWaits, "it is being deleted"
	}
	steps := []Step{step}
	if s.Pod.Spec.NodeName == "" {
		return steps
	}
	return append(steps, nodeStep(s))
}

func nodeStep(s *Snapshot) Step {
	step := Step{Ref{kindNode, s.Pod.Spec.NodeName}, StateUnknown, "it could not be read"}
	for i := range s.Nodes {
		if s.Nodes[i].Name != s.Pod.Spec.NodeName {
			continue
		}
		step.State, step.Says = StateOK, "Ready"
		for _, c := range s.Nodes[i].Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
				step.State, step.Says = StateBlocked, "not Ready: "+c.Reason
			}
		}
		if s.Nodes[i].Spec.Unschedulable {
			step.Says += ", cordoned"
		}
		return step
	}
	if s.sees(kindNode) {
		step.State, step.Says = StateMissing, "it does not exist"
	}
	return step
}

// installationStep says in one line how the installation is.
func installationStep(s *Snapshot) Step {
	ref := Ref{kindNamesake, "installation"}
	if blocking := installation.Blocking(s.Installation); blocking != nil {
		return Step{ref, StateBlocked, rules.Cut(blocking.Part+": "+oneLine(blocking.Says), stepLimit)}
	}
	answers, leads := false, false
	for _, finding := range s.Installation {
		well := finding.Level == installation.OK
		answers = answers || well && finding.Part == installation.PartWebhooks
		leads = leads || well && finding.Part == installation.PartLeader
	}
	switch {
	case answers && leads:
		return Step{ref, StateOK, "the webhooks answer, and somebody leads"}
	case answers:
		return Step{ref, StateOK, "the webhooks answer; you may not see who leads"}
	case leads:
		return Step{ref, StateOK, "somebody leads; you may not try the webhooks"}
	}
	return Step{ref, StateUnknown, "you may not see it"}
}
