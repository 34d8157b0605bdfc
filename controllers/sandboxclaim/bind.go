package sandboxclaim

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// bind chooses a Sandbox for claim and writes the binding, on the version of the claim that the choice was made for. Its error is
// rules.IsBindingRemoved if the claim was stored without the binding.
func (r *Reconciler) bind(ctx context.Context, claim *extensionsv1.SandboxClaim) error {
	name, err := r.choose(ctx, claim)
	if err != nil {
		return err
	}
	base := claim.DeepCopy()
	stored, err := write.PatchInto(ctx, r.Client, bindTo(claim, name), base, &extensionsv1.SandboxClaim{})
	if err != nil {
		return err
	}
	*claim = *stored
	if rules.Binding(claim) != name {
		return rules.BindingRemovedError(claim, name)
	}
	if !rules.IsColdName(claim, name) {
		r.Traffic.Pick(types.NamespacedName{Namespace: claim.Namespace, Name: name})
	}
	if rules.Binding(base) != "" {
		r.Metrics.CountRebound(claim.Namespace)
	}
	return nil
}

// choose returns the name of the Sandbox that claim is to be bound to. First comes the one that claim has already, from
// before bindings were written. Then comes a warm one that is Ready, and then one that is yet to be created. If claim asks
// for what it cannot have, choose returns that as an error. So claim is not bound to a Sandbox that it could not adopt or
// create.
func (r *Reconciler) choose(ctx context.Context, claim *extensionsv1.SandboxClaim) (string, error) {
	older, err := r.sandbox(ctx, claim, rules.LegacyBinding(claim))
	if err != nil {
		return "", err
	}
	namesake, err := r.sandbox(ctx, claim, claim.Name)
	if err != nil {
		return "", err
	}
	if kept := rules.ExistingBinding(claim, older, namesake); kept != "" {
		return kept, nil
	}
	template, missing := r.template(ctx, claim)
	if problem := rules.MetadataError(claim, template, r.LabelDomains); problem != nil {
		return "", problem
	}
	if warm := r.Candidates.Pick(claim, r.Now()); warm != "" {
		return warm, nil
	}
	if missing != nil {
		return "", missing
	}
	cold := rules.ColdName(claim, namesake != nil)
	if _, problem := rules.NewClaimSandbox(bindTo(claim, cold), template, r.LabelDomains); problem != nil {
		return "", problem
	}
	return cold, nil
}

// bindTo returns a copy of claim that is bound to the Sandbox of that name.
func bindTo(claim *extensionsv1.SandboxClaim, name string) *extensionsv1.SandboxClaim {
	claim = claim.DeepCopy()
	if claim.Annotations == nil {
		claim.Annotations = map[string]string{}
	}
	claim.Annotations[sandboxv1.AnnotationBinding] = name
	return claim
}

// sandbox returns the Sandbox of that name in claim's namespace, as the API server has it now, or nil.
func (r *Reconciler) sandbox(ctx context.Context, claim *extensionsv1.SandboxClaim, name string) (*sandboxv1.Sandbox, error) {
	if name == "" {
		return nil, nil
	}
	return read(ctx, r.Live, client.ObjectKey{Namespace: claim.Namespace, Name: name})
}

// template returns the SandboxTemplate that claim names, directly or through its pool.
func (r *Reconciler) template(ctx context.Context, claim *extensionsv1.SandboxClaim) (*extensionsv1.SandboxTemplate, error) {
	var name string
	switch {
	case claim.Spec.WarmPoolRef != nil:
		pool, err := r.pool(ctx, claim.Namespace, claim.Spec.WarmPoolRef.Name)
		if err != nil {
			return nil, err
		}
		if pool == nil {
			return nil, rules.WarmPoolNotFoundError(claim.Spec.WarmPoolRef.Name)
		}
		name = pool.Spec.SandboxTemplateRef.Name
	case claim.Spec.SandboxTemplateRef != nil:
		name = claim.Spec.SandboxTemplateRef.Name
	}
	template := &extensionsv1.SandboxTemplate{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: claim.Namespace, Name: name}, template)
	if apierrors.IsNotFound(err) {
		return nil, rules.TemplateNotFoundError(name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	return template, nil
}

// pool returns the pool of that name as the cache has it, or nil if there is none.
func (r *Reconciler) pool(ctx context.Context, namespace, name string) (*extensionsv1.SandboxWarmPool, error) {
	pool := &extensionsv1.SandboxWarmPool{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, pool)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the pool: %w", err)
	}
	return pool, nil
}

// origin returns the pool and the template of sandbox, a warm one, as the cache has them.
func (r *Reconciler) origin(ctx context.Context, sandbox *sandboxv1.Sandbox) (rules.Origin, error) {
	pool, err := r.pool(ctx, sandbox.Namespace, rules.ControllerOf(sandbox).Name)
	if err != nil {
		return rules.Origin{}, err
	}
	if pool != nil && !rules.ControlledBy(sandbox, pool) {
		pool = nil
	}
	template := &extensionsv1.SandboxTemplate{}
	name := sandbox.Annotations[sandboxv1.AnnotationTemplateRef]
	switch err := r.Client.Get(ctx, client.ObjectKey{Namespace: sandbox.Namespace, Name: name}, template); {
	case apierrors.IsNotFound(err):
		template = nil
	case err != nil:
		return rules.Origin{}, fmt.Errorf("reading the template: %w", err)
	}
	return rules.Origin{Pool: pool, Template: template}, nil
}

// adopt takes a warm Sandbox out of its pool for claim. The patch is a compare-and-swap on the Sandbox's owner.
func (r *Reconciler) adopt(ctx context.Context, claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) (*sandboxv1.Sandbox, error) {
	origin, err := r.origin(ctx, sandbox)
	if err != nil {
		return nil, err
	}
	patch, problem := rules.AdoptionPatch(sandbox, claim, origin, r.LabelDomains)
	if problem != nil {
		return nil, problem
	}
	adopted := &sandboxv1.Sandbox{ObjectMeta: metav1.ObjectMeta{Namespace: sandbox.Namespace, Name: sandbox.Name}}
	if err := write.JSONPatch(ctx, r.Client, adopted, patch); err != nil {
		return nil, fmt.Errorf("adopting Sandbox %q: %w", sandbox.Name, err)
	}
	r.Metrics.CountProvision(rules.ClaimProvision(claim, sandbox))
	r.Recorder.Eventf(claim, adopted, corev1.EventTypeNormal, "SandboxAdopted", "Adoption", "Adopted warm pool Sandbox %q", adopted.Name)
	return adopted, nil
}

// createSandbox creates the Sandbox that claim is bound to. The name makes that idempotent.
func (r *Reconciler) createSandbox(ctx context.Context, claim *extensionsv1.SandboxClaim) (*sandboxv1.Sandbox, error) {
	template, err := r.template(ctx, claim)
	if err != nil {
		return nil, err
	}
	sandbox, problem := rules.NewClaimSandbox(claim, template, r.LabelDomains)
	if problem != nil {
		return nil, problem
	}
	if claim.Spec.WarmPoolRef != nil {
		pool, err := r.pool(ctx, claim.Namespace, claim.Spec.WarmPoolRef.Name)
		if err != nil {
			return nil, err
		}
		sandbox = rules.Protected(sandbox, pool)
	}
	sandbox = r.Nameservers.Serve(sandbox, template)
	switch err := r.Client.Create(ctx, sandbox); {
	case rules.IsNameTaken(err):
		return nil, nil // It was created before, or there is a name conflict: the next step tells which.
	case rules.IsNamespaceGoing(err):
		return nil, fmt.Errorf("creating Sandbox %q: %w", sandbox.Name, err)
	case err != nil:
		return nil, rules.RefusedError(fmt.Errorf("creating Sandbox %q: %w", sandbox.Name, err))
	}
	r.Metrics.CountProvision(rules.ClaimProvision(claim, sandbox))
	r.Recorder.Eventf(claim, sandbox, corev1.EventTypeNormal, "SandboxProvisioned", "Provisioning", "Created Sandbox %q", sandbox.Name)
	return sandbox, nil
}
