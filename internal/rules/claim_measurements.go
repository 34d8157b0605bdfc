package rules

import (
	"cmp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// These values stand for what an object does not say. Dashboards know both words for a missing template, and where each
// is used.
const (
	// LaunchTypeUnknown is the launch type of a claim whose Sandbox no longer exists.
	LaunchTypeUnknown = "unknown"
	// TemplateUnknown is the template of a claim whose Sandbox names none.
	TemplateUnknown = "__unknown__"
	// NoTemplate is the template of a Sandbox that names none, in the count of Sandboxes.
	NoTemplate = "unknown"
	// NoPool is the pool of a claim that names a template and got a Sandbox of its own.
	NoPool = "none"
	// NoOwner is the owner of a Sandbox that neither a claim nor a pool controls.
	NoOwner = "None"
)

// Startup is how long a claim took until it was first Ready. A duration is nil if the claim does not record its start.
type Startup struct {
	Namespace, LaunchType, Template string
	// SinceWebhook, SinceController and SinceClient start when the claim was first recorded by, in this order, an
	// admission webhook of the cluster's own, Namesake, and the client.
	SinceWebhook, SinceController, SinceClient *time.Duration
	// Creation is how long the Sandbox took from its creation until it turned Ready, in whole seconds. A warm Sandbox
	// spent that time in its pool.
	Creation *time.Duration
}

// ClaimStartup measures claim, which was first Ready at that time. sandbox is the claim's Sandbox, or nil if it is
// gone. A Sandbox without a launch type counts as cold, because an older agent-sandbox created it cold. SandboxSeriesOf
// has a similar rule.
func ClaimStartup(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox, at time.Time) Startup {
	startup := Startup{
		Namespace: claim.Namespace, LaunchType: LaunchTypeUnknown, Template: TemplateUnknown,
		SinceWebhook:    sinceAnnotated(claim, sandboxv1.AnnotationWebhookFirstObservedAt, at),
		SinceController: sinceAnnotated(claim, sandboxv1.AnnotationControllerFirstObservedAt, at),
		SinceClient:     sinceAnnotated(claim, sandboxv1.AnnotationClientFirstRequestedAt, at),
	}
	if sandbox == nil {
		return startup
	}
	switch launchType := cmp.Or(sandbox.Labels[sandboxv1.LabelLaunchType], sandboxv1.LaunchTypeCold); launchType {
	case sandboxv1.LaunchTypeWarm, sandboxv1.LaunchTypeCold:
		startup.LaunchType = launchType
	}
	startup.Template = cmp.Or(sandbox.Annotations[sandboxv1.AnnotationTemplateRef], TemplateUnknown)
	ready := readyOf(sandbox.Status.Conditions)
	if ready != nil && ready.Status == metav1.ConditionTrue {
		startup.Creation = nonNegative(ready.LastTransitionTime.Sub(sandbox.CreationTimestamp.Time))
	}
	return startup
}

// sinceAnnotated returns the time from the one in that annotation until at. The two may come from different clocks.
func sinceAnnotated(claim *extensionsv1.SandboxClaim, annotation string, at time.Time) *time.Duration {
	began, err := time.Parse(time.RFC3339Nano, claim.Annotations[annotation])
	if err != nil || began.IsZero() {
		return nil
	}
	return nonNegative(at.Sub(began))
}

// nonNegative returns nil for a negative duration, which comes from clocks that differ.
func nonNegative(d time.Duration) *time.Duration {
	if d < 0 {
		return nil
	}
	return &d
}

// Provision is a Sandbox that a claim got, by the properties that it is counted by.
type Provision struct {
	Namespace, Template, LaunchType, Pool string
	// Ready says whether the Sandbox was Ready when the claim got it.
	Ready     bool
	CreatedBy string
}

// ClaimProvision describes sandbox as it was when claim got it. That is in its pool just before adoption, or just after
// creation. After an adoption, the Sandbox may have a generation in which it was never Ready.
func ClaimProvision(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) Provision {
	launchType, pool := sandboxv1.LaunchTypeCold, ""
	if owner := ControllerOf(sandbox); IsPool(owner) {
		launchType, pool = sandboxv1.LaunchTypeWarm, owner.Name
	} else if claim.Spec.WarmPoolRef != nil {
		pool = claim.Spec.WarmPoolRef.Name
	}
	return Provision{
		Namespace: claim.Namespace, LaunchType: launchType, Pool: cmp.Or(pool, NoPool),
		Template: cmp.Or(sandbox.Annotations[sandboxv1.AnnotationTemplateRef], TemplateUnknown),
		Ready:    IsReady(sandbox), CreatedBy: CreatedBy(claim),
	}
}
