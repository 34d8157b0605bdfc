package main

import (
	"context"
	"fmt"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/election"
	"github.com/namesake-sandbox/namesake/controllers"
)

// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=namesake-system,resources=leases,verbs=get;create;update
// +kubebuilder:rbac:groups="",namespace=namesake-system,resources=events,verbs=create;patch

const leaseName = "namesake.agents.x-k8s.io"

// addReconcilers adds the reconcilers to mgr, which run while this replica leads. It adds what they watch to the cache of mgr,
// which holds it in every replica. complete sets the options that do not follow from flags. fail stops the program.
func addReconcilers(
	ctx context.Context, mgr manager.Manager, cfg *rest.Config, o *options, fail func(error), complete func(*controllers.Options),
) (*election.Election, error) {
	if err := controllers.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	if err := controllers.Inform(ctx, mgr.GetCache()); err != nil {
		return nil, err
	}
	serving := o.reconcilers()
	complete(&serving)
	if err := controllers.SetupServing(mgr, serving); err != nil {
		return nil, err
	}
	elected := &election.Election{
		Name: leaseName, Timings: o.election, Fail: fail, Log: mgr.GetLogger().WithName("election"),
		Build: func() (*election.Reconcilers, error) {
			reconcilers, options := election.Collect(mgr), o.reconcilers()
			complete(&options)
			return reconcilers, controllers.Setup(reconcilers, options)
		},
	}
	if o.leaderElect {
		lease := client.ObjectKey{Namespace: o.leaseNamespace(), Name: leaseName}
		lock, err := election.NewLock(cfg, mgr, lease, o.election)
		if err != nil {
			return nil, err
		}
		elected.Lock = lock
	}
	if err := mgr.Add(elected); err != nil {
		return nil, fmt.Errorf("adding the election: %w", err)
	}
	return elected, nil
}
