package sandboxtemplate

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	namespace := &corev1.Namespace{}
	if err := r.Live.Get(ctx, client.ObjectKey{Name: template.Namespace}, namespace); err != nil {
		return fmt.Errorf("reading the namespace: %w", err)
	}
	plan := rules.PlanNetworkPolicy(template, existing, rules.NetworkPolicy(template, earlier, namespace, r.Router))
	if err := r.applyPlan(ctx, plan, existing); err != nil {
		if !isStale(err) {
			r.warn(template, extensionsv1.EventNetworkPolicyFailed, err.Error())
		}
		return err
	}
	if earlier != nil {
		r.warn(template, extensionsv1.EventNameCollision, rules.CollisionMessage(template, earlier))
	}
	return nil
}

// find returns the NetworkPolicy that has the name of the template's policy, whoever it belongs to, or nil.
func (r *Reconciler) find(ctx context.Context, template *extensionsv1.SandboxTemplate) (*networkingv1.NetworkPolicy, error) {
	key := client.ObjectKey{Namespace: template.Namespace, Name: rules.NetworkPolicyName(template)}
	for _, reader := range []client.Reader{r.Client, r.Live} {
		policy := &networkingv1.NetworkPolicy{}
		err := reader.Get(ctx, key, policy)
		if err == nil {
			return policy, nil
		}
		if !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("reading NetworkPolicy %q: %w", key.Name, err)
		}
	}
	return nil, nil
}

// applyPlan carries out plan. The name makes a creation idempotent. The other writes apply only to the version that was
// read.
func (r *Reconciler) applyPlan(ctx context.Context, plan rules.PolicyPlan, existing *networkingv1.NetworkPolicy) error {
	var doing string
	var err error
	switch {
	case plan.Blocked != "":
		return errors.New(plan.Blocked)
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
