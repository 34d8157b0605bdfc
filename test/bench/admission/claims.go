package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// claim makes a warm Sandbox, creates a claim on its pool, which the webhook binds, and adopts the Sandbox for it as the
// claim's reconciler does. Without webhooks the claim is created with the annotations that it would have got.
func (w *world) claim(ctx context.Context, admitted bool, took func(string, time.Duration)) error {
	sandbox, err := w.newMember(ctx, w.pool)
	if err != nil {
		return err
	}
	claim := newClaim("claim", w.pool)
	if !admitted {
		claim.Annotations = map[string]string{
			sandboxv1.AnnotationBinding:                   sandbox.Name,
			sandboxv1.AnnotationControllerFirstObservedAt: time.Now().UTC().Format(time.RFC3339Nano),
		}
	}
	d, err := timed(func() error { return w.user.Create(ctx, claim) })
	if err != nil {
		return err
	}
	took(postClaim, d)
	if bound := rules.Binding(claim); bound != sandbox.Name {
		return fmt.Errorf("the claim is bound to %q, and %q was the only one to have", bound, sandbox.Name)
	}
	patch, err := adoptionPatch(sandbox, claim)
	if err != nil {
		return err
	}
	if d, err = timed(func() error { return w.manager.Patch(ctx, sandbox, patch) }); err != nil {
		return err
	}
	took(adoption, d)
	return remove(ctx, w.user, claim, sandbox)
}

func newClaim(name string, pool *extensionsv1.SandboxWarmPool) *extensionsv1.SandboxClaim {
	return builder.MakeClaim(name).Namespace(pool.Namespace).Pool(pool.Name).Obj()
}

func adoptionPatch(sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) (client.Patch, error) {
	patch, problem := rules.AdoptionPatch(sandbox, claim, rules.Origin{}, rules.DefaultLabelDomains)
	if problem != nil {
		return nil, problem
	}
	operations, err := json.Marshal(patch)
	return client.RawPatch(types.JSONPatchType, operations), err
}

// newMember creates a Sandbox in a pool with the status of a Ready one, and waits until the webhook would choose it.
func (w *world) newMember(ctx context.Context, pool *extensionsv1.SandboxWarmPool) (*sandboxv1.Sandbox, error) {
	w.members++
	sandbox := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(w.template), fmt.Sprintf("%05d", w.members))
	if err := w.manager.Create(ctx, sandbox); err != nil {
		return nil, err
	}
	base := sandbox.DeepCopy()
	sandbox.Status = builder.MakeSandbox(sandbox.Name).Generation(sandbox.Generation).Ready().Obj().Status
	if err := w.manager.Status().Patch(ctx, sandbox, client.MergeFrom(base)); err != nil {
		return nil, err
	}
	claim := newClaim("peek", pool)
	return sandbox, await(ctx, "the index to offer "+sandbox.Name, func(context.Context) (bool, error) {
		return w.index.Peek(claim, time.Now()) == sandbox.Name, nil
	})
}

// reviews makes the API server call the webhooks, in dry runs, and returns these calls. A Sandbox and a claim that is bound to
// it stay, so that the handlers find what they look up.
func (w *world) reviews(ctx context.Context) ([]review, error) {
	adopted, err := w.newMember(ctx, w.standing)
	if err != nil {
		return nil, err
	}
	claim := newClaim("standing", w.standing)
	if err := w.user.Create(ctx, claim); err != nil {
		return nil, err
	}
	patch, err := adoptionPatch(adopted, claim)
	if err != nil {
		return nil, err
	}
	if _, err := w.newMember(ctx, w.standing); err != nil { // The next claim needs it.
		return nil, err
	}
	var found []review
	for _, call := range []struct {
		name, path string
		make       func() error
	}{
		{"name and label a Sandbox's Pod", "/mutate-pod", func() error { return w.user.Create(ctx, w.newNamelessPod(), client.DryRunAll) }},
		{"check a Sandbox's Pod", "/validate-pod", func() error { return w.user.Create(ctx, rules.NewPod(w.sandbox), client.DryRunAll) }},
		{"bind a claim", "/mutate-sandboxclaim", func() error { return w.user.Create(ctx, newClaim("bench", w.standing), client.DryRunAll) }},
		{"check an adoption", "/validate-sandbox", func() error { return w.manager.Patch(ctx, adopted.DeepCopy(), patch, client.DryRunAll) }},
	} {
		if err := call.make(); err != nil {
			return nil, fmt.Errorf("%s: %w", call.name, err)
		}
		r, err := w.recorder.last(call.name, call.path)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	w.recorder.stop()
	return found, nil
}
