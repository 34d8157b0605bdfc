package sandboxtemplate

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

const (
	// writeInterval is the time between two templates of a namespace for which something is written, once writeBurst of them came at
	// once. Each is up to four requests, and one tenant may have thousands of templates and change them all the time. What
	// changes meanwhile is written once.
	writeInterval = 100 * time.Millisecond
	writeBurst    = 100
	// longestTurn is how long a template waits at the most.
	longestTurn = time.Hour
)

// NewPace returns the pace of what is written for the templates of a namespace.
func NewPace(now func() time.Time) *retry.Pace {
	return retry.NewPace(writeInterval, writeBurst, longestTurn, now)
}

// turn returns how long the template has to wait for its namespace's pace. A template for which there is nothing to write does not
// wait.
func (r *Reconciler) turn(ctx context.Context, template *extensionsv1.SandboxTemplate) (time.Duration, error) {
	request := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(template)}
	switch inOrder, err := r.inOrder(ctx, template); {
	case err != nil:
		return 0, err
	case inOrder:
		r.Pace.Forget(request)
		return 0, nil
	}
	return r.Pace.Wait(request), nil
}

// inOrder reports whether, as far as the cache knows, the template and its policy are as they should be.
func (r *Reconciler) inOrder(ctx context.Context, template *extensionsv1.SandboxTemplate) (bool, error) {
	if template.Labels[sandboxv1.LabelTemplateRefHash] != rules.Hash(template.Name) {
		return false, nil
	}
	policy, err := readPolicy(ctx, r.Client, policyKey(template))
	if err != nil || policy == nil {
		return !rules.NeedsNetworkPolicy(template), err
	}
	namespace := rules.NamespaceOf(policy)
	if namespace == nil {
		return false, nil
	}
	earlier, err := r.earlierCollision(ctx, template)
	if err != nil {
		return false, err
	}
	plan := rules.PlanNetworkPolicy(template, policy, rules.NetworkPolicy(template, earlier, namespace, r.Router))
	return plan == rules.PolicyPlan{}, nil
}
