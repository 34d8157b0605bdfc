package webhooks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// failurePolicy is fail, because a claim that is created while this webhook is down could carry a binding of its sender's
// choice. An update is passed only if it leaves out an annotation that the controller has written, or the label that once bound
// a claim.
//
// +kubebuilder:webhook:path=/mutate-sandboxclaim,mutating=true,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxclaims,verbs=create;update,versions=v1beta1,name=sandboxclaim.mutate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"new-or-stripped","expression":"oldObject == null || ['agents.x-k8s.io/sandbox-name', 'agents.x-k8s.io/controller-first-observed-at', 'agents.x-k8s.io/claim-first-ready-at'].exists(k, oldObject.metadata.?annotations[?k].hasValue() && !object.metadata.?annotations[?k].hasValue()) || (oldObject.metadata.?labels[?'agents.x-k8s.io/sandbox-name'].hasValue() && !object.metadata.?labels[?'agents.x-k8s.io/sandbox-name'].hasValue())"}]}`

// claimMutator binds a new claim to a warm Sandbox that is Ready, and drops a binding that its sender made up. It warns of
// objects that the claim names and that do not exist yet, and of an expiry in the past. An update cannot take away what was
// written then.
type claimMutator struct {
	actor      func(admission.Request) rules.Actor
	claims     lookup[extensionsv1.SandboxClaim, *extensionsv1.SandboxClaim]
	requests   claimRequests
	candidates *candidates.Index
	traffic    *yield.Traffic
	tracer     *tracing.Tracer
	now        func() time.Time
}

// Handle implements admission.Handler.
func (m *claimMutator) Handle(ctx context.Context, req admission.Request) admission.Response {
	if req.Operation == admissionv1.Update {
		return m.keep(req)
	}
	claim := &extensionsv1.SandboxClaim{}
	if err := json.Unmarshal(req.Object.Raw, claim); err != nil {
		return leaveUnbound(req)
	}
	claim.Namespace = req.Namespace
	claim.Status = extensionsv1.SandboxClaimStatus{} // That of a copy, such as that the other has expired: the API server drops it.
	ctx, end := m.tracer.Start(ctx, "AdmitSandboxClaim", claim)
	defer end()
	warnings, err := m.warnings(ctx, claim)
	if err != nil {
		return respond(ctx, err)
	}
	bound, err := m.pick(ctx, claim, req)
	if err != nil {
		return respond(ctx, err)
	}
	patch := stamp(claim, bound, m.now().UTC().Format(time.RFC3339Nano), tracing.Context(ctx))
	return admission.Patched("", patch...).WithWarnings(warnings...)
}

// leaveUnbound answers for an object that is not a valid claim. The schema says better than this program what is wrong with
// it. If the schema accepts it, it is bound to nothing.
func leaveUnbound(req admission.Request) admission.Response {
	claim := &metav1.PartialObjectMetadata{}
	if err := json.Unmarshal(req.Object.Raw, claim); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	return admission.Patched("", stamp(claim, "", "", "")...)
}

// stamp returns the operations that write on a new claim the Sandbox that it is bound to, and when it was first observed. An
// empty value is not written. Whatever the sender wrote there is removed, except the trace that the claim is in.
func stamp(claim metav1.Object, bound, observed, trace string) []jsonpatch.Operation {
	patch := rules.SetKeys("/metadata/annotations", claim.GetAnnotations(), map[string]string{
		sandboxv1.AnnotationControllerFirstObservedAt: observed,
		sandboxv1.AnnotationBinding:                   bound,
		sandboxv1.AnnotationClaimFirstReadyAt:         "",
		sandboxv1.AnnotationTraceContext:              cmp.Or(claim.GetAnnotations()[sandboxv1.AnnotationTraceContext], trace),
	})
	return append(patch, rules.SetKeys("/metadata/labels", claim.GetLabels(), map[string]string{sandboxv1.LabelBinding: ""})...)
}

// pick chooses the Sandbox for claim. It never chooses one for an expired claim. A claim for which it returns "" is left to the
// controller.
func (m *claimMutator) pick(ctx context.Context, claim *extensionsv1.SandboxClaim, req admission.Request) (string, error) {
	if rules.IsClaimExpired(claim, m.now()) {
		return "", nil
	}
	hopeless, err := m.cannotCome(ctx, claim)
	if err != nil {
		return "", err
	}
	if hopeless || ptr.Deref(req.DryRun, false) {
		return m.candidates.Peek(claim, m.now()), nil
	}
	name := m.candidates.Hold(claim, m.now())
	if name != "" {
		m.traffic.Pick(types.NamespacedName{Namespace: claim.Namespace, Name: name})
	}
	return name, nil
}

// cannotCome reports whether claim will be refused, as far as that is known here. That is so if the schema forbids it, if its
// name is taken, or if it asks for what it cannot have. Nothing is held for such a claim. Some reasons, such as a quota, are
// not known here. So a pick is held only for a moment.
func (m *claimMutator) cannotCome(ctx context.Context, claim *extensionsv1.SandboxClaim) (bool, error) {
	if !rules.MeetsSchema(claim) || len(rules.CheckVolumesWhenDeleted(nil, claim)) > 0 {
		return true, nil
	}
	if claim.Name != "" {
		if namesake, err := m.claims.getCached(ctx, claim.Namespace, claim.Name); err == nil && namesake != nil {
			return true, nil
		}
	}
	errs, err := m.requests.check(ctx, nil, claim)
	return len(errs) > 0, err
}

func (m *claimMutator) warnings(ctx context.Context, claim *extensionsv1.SandboxClaim) (admission.Warnings, error) {
	var warnings admission.Warnings
	if sent := rules.Binding(claim); sent != "" {
		warnings = append(warnings, dropped("annotations", sandboxv1.AnnotationBinding, sent))
	}
	if sent := claim.Labels[sandboxv1.LabelBinding]; sent != "" {
		warnings = append(warnings, dropped("labels", sandboxv1.LabelBinding, sent))
	}
	if at, expires := rules.ClaimExpiresAt(claim); expires && rules.IsClaimExpired(claim, m.now()) {
		warnings = append(warnings, fmt.Sprintf("spec.lifecycle.shutdownTime: %s is past: the claim expires at once, and gets no Sandbox",
			at.UTC().Format(time.RFC3339)))
	}
	missing, err := m.missing(ctx, claim)
	return append(warnings, missing...), err
}

func dropped(where, key, value string) string {
	return fmt.Sprintf("metadata.%s[%s]: dropped %q: a claim is bound by Namesake, not by its sender", where, key, value)
}

// missing warns of an object that claim refers to and that does not exist. The claim is accepted all the same, because the
// object may come later.
func (m *claimMutator) missing(ctx context.Context, claim *extensionsv1.SandboxClaim) (admission.Warnings, error) {
	switch {
	case claim.Spec.WarmPoolRef != nil:
		name := claim.Spec.WarmPoolRef.Name
		pool, err := m.requests.pools.get(ctx, claim.Namespace, name, exists)
		if err == nil && pool == nil && isValidName(name) {
			return admission.Warnings{fmt.Sprintf("spec.warmPoolRef.name: SandboxWarmPool %q not found: the claim waits until it is created", name)}, nil
		}
		return nil, err
	case claim.Spec.SandboxTemplateRef != nil:
		name := claim.Spec.SandboxTemplateRef.Name
		return missingTemplate(ctx, m.requests.templates, claim.Namespace, name, "the claim waits until it is created")
	}
	return nil, nil
}

// isValidName reports whether an object can have that name. It is useless to wait for any other name, and the schema refuses
// it.
func isValidName(name string) bool { return len(validation.IsDNS1123Subdomain(name)) == 0 }

// missingTemplate warns if no SandboxTemplate has that name.
func missingTemplate(ctx context.Context, templates lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate],
	namespace, name, consequence string,
) (admission.Warnings, error) {
	template, err := templates.get(ctx, namespace, name, exists)
	if err != nil || template != nil || !isValidName(name) {
		return nil, err
	}
	return admission.Warnings{fmt.Sprintf("spec.sandboxTemplateRef.name: SandboxTemplate %q not found: %s", name, consequence)}, nil
}
