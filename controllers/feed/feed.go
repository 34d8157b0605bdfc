// Package feed keeps the index of warm Sandboxes, and what is known of the claims on their way, in step with a replica's cache.
// It passes on what the cache observes, and decides nothing. It runs in every replica, leader or not, because every replica
// serves admission.
package feed

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// +kubebuilder:rbac:groups="",resources=nodes,verbs=list;watch

// Start adds handlers to the informers that feed the index, and that tell traffic of claims. now returns the current time. The
// returned function reports whether everything that the cache held at its start has reached the index.
func Start(
	ctx context.Context, informers cache.Informers, index *candidates.Index, traffic *yield.Traffic, now func() time.Time,
) (synced func() bool, err error) {
	observeClaim := func(obj any, listed bool) {
		claim := obj.(*extensionsv1.SandboxClaim) //nolint:forcetypeassert // its informer's
		index.ObserveClaim(claim, now())
		tell(traffic, index, claim, listed)
	}
	forgetClaim := func(obj any) {
		if missed, ok := obj.(toolscache.DeletedFinalStateUnknown); ok {
			obj = missed.Obj
		}
		if claim, ok := obj.(*extensionsv1.SandboxClaim); ok {
			traffic.End(types.NamespacedName{Namespace: claim.Namespace, Name: rules.Binding(claim)})
		}
	}
	type source struct {
		object  client.Object
		observe func(obj any, listed bool)
		forget  func(any)
	}
	sources := []source{
		{&sandboxv1.Sandbox{}, func(obj any, _ bool) { index.Observe(obj.(*sandboxv1.Sandbox)) }, named(index.Forget)},
		{
			&extensionsv1.SandboxWarmPool{},
			func(obj any, _ bool) { index.ObservePool(obj.(*extensionsv1.SandboxWarmPool)) }, named(index.ForgetPool),
		},
		{
			&extensionsv1.SandboxTemplate{},
			func(obj any, _ bool) { index.ObserveTemplate(obj.(*extensionsv1.SandboxTemplate)) }, named(index.ForgetTemplate),
		},
		{&extensionsv1.SandboxClaim{}, observeClaim, forgetClaim},
	}
	if index.ObservesNodes() {
		sources = append(sources, source{
			&corev1.Node{}, func(obj any, _ bool) { index.ObserveNode(obj.(*corev1.Node)) }, named(index.ForgetNode),
		})
	}
	var registrations []toolscache.ResourceEventHandlerRegistration
	for _, source := range sources {
		informer, err := informers.GetInformer(ctx, source.object, cache.BlockUntilSynced(false))
		if err != nil {
			return nil, fmt.Errorf("watching %T: %w", source.object, err)
		}
		registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerDetailedFuncs{
			AddFunc:    source.observe,
			UpdateFunc: func(_, obj any) { source.observe(obj, false) },
			DeleteFunc: source.forget,
		})
		if err != nil {
			return nil, fmt.Errorf("watching %T: %w", source.object, err)
		}
		registrations = append(registrations, registration)
	}
	return func() bool {
		for _, registration := range registrations {
			if !registration.HasSynced() {
				return false
			}
		}
		return true
	}, nil
}

// tell tells traffic of claim. listed says that it was there when this replica began to look.
func tell(traffic *yield.Traffic, index *candidates.Index, claim *extensionsv1.SandboxClaim, listed bool) {
	sandbox := types.NamespacedName{Namespace: claim.Namespace, Name: rules.Binding(claim)}
	switch {
	case claim.DeletionTimestamp != nil: // It may never be served.
		traffic.End(sandbox)
	case !rules.IsOnItsWay(claim):
		traffic.Serve(sandbox, index.Sharer(sandbox.Name))
	case listed:
		traffic.List(sandbox)
	default:
		traffic.Begin(sandbox)
	}
}

// named lets forget take a deleted object, or what is left of one whose deletion was missed.
func named(forget func(types.NamespacedName)) func(any) {
	return func(obj any) { forget(nameOf(obj)) }
}

// nameOf returns the name of a deleted object, or of an object whose deletion was missed.
func nameOf(obj any) types.NamespacedName {
	name, err := toolscache.DeletionHandlingObjectToName(obj)
	if err != nil { // Informers hand out only objects with metadata.
		return types.NamespacedName{}
	}
	return types.NamespacedName{Namespace: name.Namespace, Name: name.Name}
}
