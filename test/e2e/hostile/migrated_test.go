package hostile

import (
	"context"
	"errors"
	"net/http"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// secondPod gives a Sandbox that has its Pod under another name a second one, under its own.
func secondPod(ctx context.Context, w *world) answer {
	sandbox, err := w.migrated(ctx, "migrated", "old")
	if err != nil {
		return answer{message: err.Error()}
	}
	pod := w.pod(sandbox.Name, nil)
	pod.OwnerReferences = ownedBy(sandbox)
	a := by(func() error { return w.Editor.Create(ctx, pod) })
	if a.ok() {
		a.code = http.StatusCreated
	}
	return a
}

// migrated returns a Sandbox whose Pod has another name, as agent-sandbox leaves them. Admission lets nobody make one, so this
// happens without it: the Sandbox gets a second Pod and loses its first.
func (w *world) migrated(ctx context.Context, name, podName string) (*sandboxv1.Sandbox, error) {
	sandbox := builder.MakeSandbox(name).Namespace(w.namespace).Obj()
	if err := w.Editor.Create(ctx, sandbox); err != nil {
		return nil, err
	}
	own := w.pod(name, nil)
	err := await(ctx, func(ctx context.Context) (bool, error) {
		err := w.Editor.Get(ctx, client.ObjectKeyFromObject(own), own)
		return err == nil, client.IgnoreNotFound(err)
	})
	if err != nil {
		return nil, err
	}
	old := w.pod(podName, identityOf(sandbox))
	old.OwnerReferences = ownedBy(sandbox)
	err = w.unguarded(ctx, func(ctx context.Context) (bool, error) {
		return w.Editor.Create(ctx, old) == nil, nil // It is refused until the API server knows the other configuration.
	})
	if err != nil {
		return nil, err
	}
	if err := w.Editor.Delete(ctx, own, client.GracePeriodSeconds(0)); err != nil {
		return nil, err
	}
	return sandbox, await(ctx, func(ctx context.Context) (bool, error) {
		err := w.Editor.Get(ctx, client.ObjectKeyFromObject(sandbox), sandbox)
		return rules.PodName(sandbox) == podName, err
	})
}

// ownedBy returns the reference that makes the Sandbox the controller, as a user may write it.
func ownedBy(sandbox *sandboxv1.Sandbox) []metav1.OwnerReference {
	ref := *rules.SandboxOwner(sandbox)
	ref.BlockOwnerDeletion = nil
	return []metav1.OwnerReference{ref}
}

// unguarded polls until done says so, while no webhook and no policy checks which Pods are created in the hostile namespace.
func (w *world) unguarded(ctx context.Context, done func(ctx context.Context) (bool, error)) error {
	hooks := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := w.Admin.Get(ctx, client.ObjectKey{Name: "namesake"}, hooks); err != nil {
		return err
	}
	policy := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
	if err := w.Admin.Get(ctx, client.ObjectKey{Name: "pods.namesake.agents.x-k8s.io"}, policy); err != nil {
		return err
	}
	guarded, bound := hooks.DeepCopy(), policy.DeepCopy()
	elsewhere := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
		Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpNotIn, Values: []string{w.namespace},
	}}}
	for i := range hooks.Webhooks {
		hooks.Webhooks[i].NamespaceSelector = elsewhere
	}
	policy.Spec.MatchResources = &admissionregistrationv1.MatchResources{NamespaceSelector: elsewhere}
	if err := errors.Join(w.Admin.Update(ctx, hooks), w.Admin.Update(ctx, policy)); err != nil {
		return err
	}
	if err := await(ctx, done); err != nil {
		return err
	}
	guarded.ResourceVersion, bound.ResourceVersion = hooks.ResourceVersion, policy.ResourceVersion
	if err := errors.Join(w.Admin.Update(ctx, guarded), w.Admin.Update(ctx, bound)); err != nil {
		return err
	}
	// A write that only a webhook refuses shows that the API server knows the configuration again: its Sandbox does not exist.
	probe := w.pod("probe", nil)
	probe.OwnerReferences = ownedBy(builder.MakeSandbox("probe").Obj())
	return await(ctx, func(ctx context.Context) (bool, error) {
		return w.Editor.Create(ctx, probe.DeepCopy(), client.DryRunAll) != nil, nil
	})
}
