package sandboxclaim

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// SetupServing adds to mgr the controller that serves claims on their way, which runs in every replica. It serves those that
// this replica has bound as soon as it sees them, and those of other replicas after a lead. So a claim waits neither for an
// election nor for a busy leader. Whatever else a claim needs is left to the controller of Setup, which leads.
func (r *Reconciler) SetupServing(mgr manager.Manager, options controller.Options) error {
	options.NeedLeaderElection = new(false)
	retried := retry.Reconciler(reconcile.AsReconciler(r.Client, &server{claims: r}), &options)
	return builder.ControllerManagedBy(mgr).
		Named("sandboxclaim-serving").
		For(&extensionsv1.SandboxClaim{}, builder.WithPredicates(predicate.NewPredicateFuncs(isOnItsWay))).
		WithOptions(options).
		Complete(retried)
}

func isOnItsWay(obj client.Object) bool {
	claim, ok := obj.(*extensionsv1.SandboxClaim)
	return ok && rules.IsOnItsWay(claim)
}

// server serves claims that are on their way.
type server struct {
	claims *Reconciler
}

// Reconcile serves claim, if it is on its way and not left to another replica. It keeps no timer but for that lead.
func (s *server) Reconcile(ctx context.Context, claim *extensionsv1.SandboxClaim) (reconcile.Result, error) {
	if !rules.IsOnItsWay(claim) {
		return reconcile.Result{}, nil
	}
	if lead := s.claims.lead(claim, rules.ClaimServer{}); lead > 0 {
		return reconcile.Result{RequeueAfter: lead}, nil
	}
	result, err := s.claims.reconcile(ctx, claim)
	result.RequeueAfter = 0 // What comes later is the leader's.
	return result, err
}

// lead returns how long server leaves claim to others: to the serving controller of this replica, or to another replica. When that is
// over, this replica is the one that serves claim.
func (r *Reconciler) lead(claim *extensionsv1.SandboxClaim, server rules.ClaimServer) time.Duration {
	sandbox := types.NamespacedName{Namespace: claim.Namespace, Name: rules.Binding(claim)}
	server.Seen, server.Picked = r.Traffic.Seen(sandbox)
	server.Served = r.Traffic.LastServed(r.Candidates.Sharer(sandbox.Name))
	lead := rules.ClaimLead(claim, server, r.Now())
	if lead == 0 {
		r.Traffic.Help(sandbox)
	}
	return lead
}
