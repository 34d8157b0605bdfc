package sandboxtemplate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// ensurePolicy brings the template's NetworkPolicy to what it should be, or makes sure that there is none.
func (r *Reconciler) ensurePolicy(ctx context.Context, template *extensionsv1.SandboxTemplate) error {
	earlier, err := r.earlierCollision(ctx, template)
	if err != nil {
		return err
	}
	existing, err := r.find(ctx, template)
	if err != nil {
		return err
	}
	err = r.bring(ctx, template, earlier, existing)
	if existing == nil && rules.IsNameTaken(err) { // The cache does not have it: it is new, or somebody else's.
		if existing, err = r.findLive(ctx, template); err == nil {
			err = r.bring(ctx, template, earlier, existing)
		}
	}
	if err != nil {
		if !isStale(err) {
			r.warn(template, extensionsv1.EventNetworkPolicyFailed, err.Error())
		}
		return err
	}
	r.served.add(template)
	if earlier != nil {
		r.warn(template, extensionsv1.EventNameCollision, rules.CollisionMessage(template, earlier))
	}
	return nil
}

// bring brings the policy that exists, or nil, to what it should be. earlier is another template whose name has the same hash, or nil.
func (r *Reconciler) bring(
	ctx context.Context, template, earlier *extensionsv1.SandboxTemplate, existing *networkingv1.NetworkPolicy,
) error {
	namespace, err := r.namespace(ctx, template, existing)
	if err != nil {
		return err
	}
	plan := rules.PlanNetworkPolicy(template, existing, rules.NetworkPolicy(template, earlier, namespace, r.Network))
	if err := r.applyPlan(ctx, plan, existing); err != nil {
		return err
	}
	if !rules.NeedsNetworkPolicy(template) && plan.Delete == nil {
		r.withoutPolicy.add(template)
	}
	return nil
}

// find returns the NetworkPolicy that has the name of the template's policy, or nil. It returns one that the cache does not have only for
// a template that needs none, which it looks up live once for each generation. For the others, the API server says so when it is created.
func (r *Reconciler) find(ctx context.Context, template *extensionsv1.SandboxTemplate) (*networkingv1.NetworkPolicy, error) {
	policy, err := readPolicy(ctx, r.Client, policyKey(template))
	if policy != nil || err != nil || rules.NeedsNetworkPolicy(template) || r.withoutPolicy.has(template) {
		return policy, err
	}
	return r.findLive(ctx, template)
}

// findLive is find without the cache, and returns the policy whoever it belongs to.
func (r *Reconciler) findLive(ctx context.Context, template *extensionsv1.SandboxTemplate) (*networkingv1.NetworkPolicy, error) {
	return readPolicy(ctx, r.Live, policyKey(template))
}

func policyKey(template *extensionsv1.SandboxTemplate) client.ObjectKey {
	return client.ObjectKey{Namespace: template.Namespace, Name: rules.NetworkPolicyName(template)}
}

// readPolicy returns the NetworkPolicy of that key, or nil if there is none.
func readPolicy(ctx context.Context, reader client.Reader, key client.ObjectKey) (*networkingv1.NetworkPolicy, error) {
	policy := &networkingv1.NetworkPolicy{}
	err := reader.Get(ctx, key, policy)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading NetworkPolicy %q: %w", key.Name, err)
	}
	return policy, nil
}

// namespace returns the name and the UID of the template's namespace. Mostly, the existing policy tells them. If it does not,
// namespace reads live. It returns no UID for a template that needs no policy.
func (r *Reconciler) namespace(
	ctx context.Context, template *extensionsv1.SandboxTemplate, existing *networkingv1.NetworkPolicy,
) (*corev1.Namespace, error) {
	if known := rules.NamespaceOf(existing); known != nil {
		return known, nil
	}
	namespace := &corev1.Namespace{}
	if !rules.NeedsNetworkPolicy(template) {
		return namespace, nil
	}
	if err := r.Live.Get(ctx, client.ObjectKey{Name: template.Namespace}, namespace); err != nil {
		return nil, fmt.Errorf("reading the namespace: %w", err)
	}
	return namespace, nil
}

// withoutPolicy records the generations of templates that need no policy and for which a live read found none of theirs. The zero
// value is ready to use.
type withoutPolicy struct{ generations sync.Map }

// generation identifies the content of a template.
type generation struct {
	uid    types.UID
	number int64
}

func (w *withoutPolicy) add(template *extensionsv1.SandboxTemplate) {
	w.generations.Store(client.ObjectKeyFromObject(template), generation{template.UID, template.Generation})
}

func (w *withoutPolicy) has(template *extensionsv1.SandboxTemplate) bool {
	known, ok := w.generations.Load(client.ObjectKeyFromObject(template))
	return ok && known == generation{template.UID, template.Generation}
}

func (w *withoutPolicy) forget(template types.NamespacedName) { w.generations.Delete(template) }

// blockedRecheck is the delay until a policy in the way is looked at again. It need not have our label, and then no event tells when
// it is gone.
const blockedRecheck = time.Minute

// blocked is the error of a template whose policy's name belongs to somebody else's. Only a person can mend that, whom the event tells.
type blocked struct{ message string }

func (b *blocked) Error() string { return b.message }

func isBlocked(err error) bool {
	var b *blocked
	return errors.As(err, &b)
}

// applyPlan carries out plan. The name makes a creation idempotent. The other writes apply only to the version that was
// read.
func (r *Reconciler) applyPlan(ctx context.Context, plan rules.PolicyPlan, existing *networkingv1.NetworkPolicy) error {
	var doing string
	var err error
	switch {
	case plan.Blocked != "":
		return &blocked{plan.Blocked}
	case plan.Create != nil:
		doing, err = "creating NetworkPolicy "+plan.Create.Name, r.Client.Create(ctx, plan.Create)
	case plan.Update != nil:
		doing, err = "repairing NetworkPolicy "+plan.Update.Name, write.Patch(ctx, r.Client, plan.Update, existing)
	case plan.Delete != nil:
		doing, err = "deleting NetworkPolicy "+plan.Delete.Name, write.DeleteVersion(ctx, r.Client, plan.Delete)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
