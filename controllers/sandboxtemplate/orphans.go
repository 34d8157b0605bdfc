package sandboxtemplate

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// orphanGracePeriod is how long nothing has to be under the policy of a template that is gone before it is deleted, and when to look
// again. It is longer than a pass over a pool or a claim, which may still create a Sandbox out of a cache that had the template.
const orphanGracePeriod = 5 * time.Minute

// tidy deletes the NetworkPolicy that the template of that name has left behind, when nothing is under it any more.
func (r *Reconciler) collectOrphan(ctx context.Context, name types.NamespacedName) (reconcile.Result, error) {
	policy, err := r.orphanedPolicy(ctx, name)
	if err != nil || policy == nil {
		r.unusedSince.forget(name)
		return reconcile.Result{}, err
	}
	used, err := r.isUsed(ctx, policy)
	if err != nil {
		return reconcile.Result{}, err
	}
	if used {
		r.unusedSince.forget(name)
		return reconcile.Result{RequeueAfter: orphanGracePeriod}, nil
	}
	now := r.Now()
	if left := orphanGracePeriod - now.Sub(r.unusedSince.since(name, now)); left > 0 {
		return reconcile.Result{RequeueAfter: left}, nil
	}
	r.unusedSince.forget(name)
	if err := write.DeleteVersion(ctx, r.Client, policy); retry.IgnoreStale(err) != nil {
		return reconcile.Result{}, fmt.Errorf("deleting NetworkPolicy %q, whose template is gone: %w", policy.Name, err)
	}
	return reconcile.Result{}, nil
}

// orphanedPolicy returns the policy of the template of that name, if the template is gone for certain, and else nil. While the
// garbage collector has not taken the reference to the template away, it is not left behind; then that wakes this again.
func (r *Reconciler) orphanedPolicy(ctx context.Context, name types.NamespacedName) (*networkingv1.NetworkPolicy, error) {
	policy, key := &networkingv1.NetworkPolicy{}, name
	key.Name += extensionsv1.NetworkPolicySuffix
	if err := r.Client.Get(ctx, key, policy); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if rules.OrphanedPolicyTemplate(policy) != name.Name {
		return nil, nil
	}
	err := r.Live.Get(ctx, name, &extensionsv1.SandboxTemplate{})
	if apierrors.IsNotFound(err) {
		return policy, nil
	}
	return nil, err // It is there again, and its own event is on its way.
}

// isUsed says whether there is a Sandbox or a Pod of the template that policy is of, by a live look.
func (r *Reconciler) isUsed(ctx context.Context, policy *networkingv1.NetworkPolicy) (bool, error) {
	of := client.MatchingLabels{sandboxv1.LabelTemplateRefHash: policy.Labels[sandboxv1.LabelTemplateRefHash]}
	var sandboxes sandboxv1.SandboxList
	var pods corev1.PodList
	for _, list := range []client.ObjectList{&sandboxes, &pods} {
		if err := r.Live.List(ctx, list, client.InNamespace(policy.Namespace), of, client.Limit(1)); err != nil {
			return false, fmt.Errorf("looking for what is under NetworkPolicy %q: %w", policy.Name, err)
		}
	}
	return len(sandboxes.Items)+len(pods.Items) > 0, nil
}

// unused remembers since when nothing has been under the policies that templates have left behind. The zero value is ready.
type unusedSince struct{ moments sync.Map }

// since returns since when that has been so of the template of that name: now, if it was not so before.
func (u *unusedSince) since(template types.NamespacedName, now time.Time) time.Time {
	moment, _ := u.moments.LoadOrStore(template, now)
	return moment.(time.Time)
}

func (u *unusedSince) forget(template types.NamespacedName) { u.moments.Delete(template) }
