package diagnosis

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// installationFails is for an installation in which nobody reconciles, so that nothing gets on; or whose webhooks do not answer, if what
// the snapshot shows was refused for that.
func installationFails(s *Snapshot) *Cause {
	finding := installation.Blocking(s.Installation)
	if finding == nil {
		return nil
	}
	var stops *installation.Finding
	for i := range s.Installation {
		if f := &s.Installation[i]; f.Level == installation.Fail && f.Stops == installation.StopsReconciling {
			stops = f
		}
	}
	if stops == nil && !saysOwnWebhookDown(s) {
		return nil
	}
	cause := causeOf(finding)
	if stops != nil && stops != finding {
		cause.Says += "; and " + stops.Says
	}
	return cause
}

func causeOf(finding *installation.Finding) *Cause {
	return &Cause{
		ID: finding.Part, Object: Ref{kindNamesake, "installation"}, Says: finding.Says,
		Command: finding.Command, Advice: finding.Advice,
	}
}

// writesRefused is for a claim without a Sandbox of its own, in an installation whose webhooks do not answer. The controller needs them to
// bind the claim, and to adopt or create its Sandbox. All else it writes without them.
func writesRefused(s *Snapshot) *Cause {
	finding := installation.Blocking(s.Installation)
	if finding == nil || s.Claim == nil || s.Sandbox != nil && rules.ControlledBy(s.Sandbox, s.Claim) {
		return nil
	}
	return causeOf(finding)
}

// missingTemplate is for a claim or a pool whose template does not exist. A Sandbox that exists does not need it any more.
func missingTemplate(s *Snapshot) *Cause {
	if s.TemplateName == "" || s.Template != nil || !s.sees(kindTemplate) || s.Sandbox != nil && s.Target.Kind != kindPool {
		return nil
	}
	who := s.Target
	if s.Pool != nil {
		who = s.pool()
	}
	return &Cause{
		ID: "template-missing", Object: s.template(), Says: fmt.Sprintf("%s, which %s names, does not exist", s.template(), who),
		Command: s.kubectl("get sandboxtemplates"),
		Advice: fmt.Sprintf("apply a SandboxTemplate of the name %s (an example: config/samples/template.yaml), and %s goes on at once; "+
			"or name one that exists", s.TemplateName, who),
	}
}

// missingPool is for a claim whose pool does not exist.
func missingPool(s *Snapshot) *Cause {
	if s.PoolName == "" || s.Pool != nil || s.Claim == nil || s.Sandbox != nil || !s.sees(kindPool) {
		return nil
	}
	return &Cause{
		ID: "pool-missing", Object: Ref{kindPool, s.PoolName},
		Says:    fmt.Sprintf("%s %s, which %s names, does not exist", kindPool, s.PoolName, s.claim()),
		Command: s.kubectl("get sandboxwarmpools"),
		Advice: fmt.Sprintf("apply a SandboxWarmPool of the name %s (an example: config/samples/warmpool.yaml), and the claim goes on at once; "+
			"or make a claim that names one that exists", s.PoolName),
	}
}

// sandboxGone is for a claim that had a Sandbox, which no longer exists.
func sandboxGone(s *Snapshot) *Cause {
	if s.Claim == nil || s.Claim.Status.Sandbox.Name == "" || s.Sandbox != nil || !s.sees(kindSandbox) {
		return nil
	}
	gone := Ref{kindSandbox, s.Claim.Status.Sandbox.Name}
	return &Cause{
		ID: "sandbox-missing", Object: gone,
		Says:    fmt.Sprintf("%s, which %s had, was deleted: a claim gets no second one", gone, s.claim()),
		Command: s.kubectl("delete sandboxclaim %s", s.Claim.Name), Advice: "and make another claim",
	}
}

// templateEvent returns the newest event that says that the template's NetworkPolicy is not as it should be, or nil.
func templateEvent(s *Snapshot) *corev1.Event {
	for i := len(s.Events) - 1; i >= 0; i-- {
		event := &s.Events[i]
		about := event.InvolvedObject.Kind == kindTemplate && event.InvolvedObject.Name == s.TemplateName
		if about && (event.Reason == extensionsv1.EventNetworkPolicyFailed || event.Reason == extensionsv1.EventNameCollision) {
			return event
		}
	}
	return nil
}
