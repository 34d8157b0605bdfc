package rules

import (
	"cmp"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// What measurements say where an object does not. Dashboards know the two words for a missing template, and where each stands.
const (
	// LaunchTypeUnknown is the launch type of a claim whose Sandbox is not there to tell.
	LaunchTypeUnknown = "unknown"
	// TemplateUnknown is the template of a claim whose Sandbox names none.
	TemplateUnknown = "__unknown__"
	// NoTemplate is the template of a Sandbox that names none, where Sandboxes are counted.
	NoTemplate = "unknown"
	// NoPool is the pool of a claim that names a template and got a Sandbox of its own.
	NoPool = "none"
	// NoOwner is the owner of a Sandbox that neither a claim nor a pool controls.
	NoOwner = "None"
)

// Startup is how long a claim took until it was first Ready. A duration is nil where the claim does not say when it began.
type Startup struct {
	Namespace, LaunchType, Template string
	// SinceWebhook, SinceController and SinceClient count from when an admission webhook of the cluster's own, Namesake and
	// the client first noted the claim.
	SinceWebhook, SinceController, SinceClient *time.Duration
	// Creation is how long the Sandbox took from its creation until it turned Ready, in a pool perhaps: whole seconds.
	Creation *time.Duration
}

// ClaimStartup measures claim, which was first Ready at that time. sandbox is the one that it has, or nil if it has gone. One that
// does not say how it was launched counts as cold, as for SandboxSeriesOf: an older agent-sandbox created it so.
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
	ready := meta.FindStatusCondition(sandbox.Status.Conditions, sandboxv1.ConditionReady)
	if ready != nil && ready.Status == metav1.ConditionTrue {
		startup.Creation = nonNegative(ready.LastTransitionTime.Sub(sandbox.CreationTimestamp.Time))
	}
	return startup
}

// sinceAnnotated returns the time from the moment in that annotation, of whoever's clock, until at.
func sinceAnnotated(claim *extensionsv1.SandboxClaim, annotation string, at time.Time) *time.Duration {
	began, err := time.Parse(time.RFC3339Nano, claim.Annotations[annotation])
	if err != nil || began.IsZero() {
		return nil
	}
	return nonNegative(at.Sub(began))
}

// positive drops what clocks that differ have made negative.
func nonNegative(d time.Duration) *time.Duration {
	if d < 0 {
		return nil
	}
	return &d
}

// Provision is a Sandbox that a claim got, by what is counted of it.
type Provision struct {
	Namespace, Template, LaunchType, Pool string
	// Ready says whether the Sandbox was Ready when the claim got it.
	Ready     bool
	CreatedBy string
}

// ClaimProvision describes sandbox as it was when claim got it: in its pool, just before it was adopted, or just created. After
// an adoption it may have a generation that it was never Ready in.
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
