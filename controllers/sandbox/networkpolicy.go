package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// The cache and the rights for both kinds are those of the template reconciler.
//
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxtemplates,verbs=get;list;watch
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=get;list;watch

// checkPolicy returns why the Pod of sandbox may not be created before a NetworkPolicy is as it should be, or nil if it may.
// It reads only the cache. This reconciler never writes what it reads here, so there is no own write to wait for.
func (r *Reconciler) checkPolicy(ctx context.Context, sandbox *sandboxv1.Sandbox) error {
	var templates extensionsv1.SandboxTemplateList
	var policy *networkingv1.NetworkPolicy
	if hash := sandbox.Labels[sandboxv1.LabelTemplateRefHash]; hash != "" {
		err := r.Client.List(ctx, &templates, client.InNamespace(sandbox.Namespace), client.MatchingFields{index.NameHash: hash},
			client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency)
		if err != nil {
			return fmt.Errorf("listing templates: %w", err)
		}
		name := rules.NetworkPolicyNameOf(sandbox, rules.TemplateOf(sandbox, templates.Items))
		if policy, err = r.policy(ctx, client.ObjectKey{Namespace: sandbox.Namespace, Name: name}); err != nil {
			return err
		}
	}
	return rules.CheckNetworkPolicyReady(sandbox, templates.Items, policy, r.Network)
}

// policy returns the NetworkPolicy of that key as the cache has it, or nil. The cache holds only those with our label.
func (r *Reconciler) policy(ctx context.Context, key client.ObjectKey) (*networkingv1.NetworkPolicy, error) {
	if key.Name == "" {
		return nil, nil
	}
	policy := &networkingv1.NetworkPolicy{}
	err := r.Client.Get(ctx, key, policy, client.DisableReadYourWritesConsistency)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading NetworkPolicy %q: %w", key.Name, err)
	}
	return policy, nil
}

// wakeForPolicy returns the Sandboxes that wait for the NetworkPolicy that obj is, or that obj, a template, has, if that is
// over, or if they wait for something else now. Every other event on a policy or a template wakes none of them. A Sandbox
// whose status does not say yet that it waits is woken by that status when it is written.
func (r *Reconciler) wakeForPolicy(ctx context.Context, obj client.Object) []reconcile.Request {
	hash := obj.GetLabels()[sandboxv1.LabelTemplateRefHash]
	if _, ok := obj.(*extensionsv1.SandboxTemplate); ok {
		hash = rules.Hash(obj.GetName())
	}
	var list sandboxv1.SandboxList
	if err := r.Client.List(ctx, &list, client.InNamespace(obj.GetNamespace()), client.MatchingFields{index.WaitingForPolicy: hash},
		client.UnsafeDisableDeepCopy, client.DisableReadYourWritesConsistency); err != nil {
		return nil // This fails only when the manager stops.
	}
	var requests []reconcile.Request
	said := map[rules.PolicyKey]error{}
	for i := range list.Items {
		sandbox := &list.Items[i]
		key := rules.PolicyKeyOf(sandbox)
		if _, known := said[key]; !known {
			said[key] = r.checkPolicy(ctx, sandbox)
		}
		if !rules.SaysPolicyWait(sandbox, said[key]) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(sandbox)})
		}
	}
	return requests
}

// withoutPolicyWaits returns problem, as splitStale joined it, without the errors of Pods that wait for a NetworkPolicy.
func withoutPolicyWaits(problem error) error {
	if joined, ok := problem.(interface{ Unwrap() []error }); ok {
		return errors.Join(slices.DeleteFunc(slices.Clone(joined.Unwrap()), rules.IsPolicyWait)...)
	}
	if rules.IsPolicyWait(problem) {
		return nil
	}
	return problem
}
