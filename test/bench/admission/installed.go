package main

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// set installs or removes the webhook configurations.
func (s *server) set(ctx context.Context, admitted bool) error {
	if admitted {
		return s.install(ctx)
	}
	return s.remove(ctx)
}

// install creates the webhook configurations as they are shipped, except for the address, and waits until they work. It
// accepts that they exist already.
func (s *server) install(ctx context.Context) error {
	for _, configuration := range s.configurations() {
		if err := s.user.Create(ctx, configuration); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("installing the webhooks: %w", err)
		}
	}
	return s.awaitHooks(ctx, true)
}

// remove deletes the webhook configurations, and waits until the API server stops calling them.
func (s *server) remove(ctx context.Context) error {
	for _, configuration := range s.configurations() {
		if err := s.user.Delete(ctx, configuration); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("removing the webhooks: %w", err)
		}
	}
	return s.awaitHooks(ctx, false)
}

func (s *server) configurations() []client.Object {
	var all []client.Object
	for _, configuration := range s.definitions.MutatingWebhooks {
		all = append(all, configuration.DeepCopy())
	}
	for _, configuration := range s.definitions.ValidatingWebhooks {
		all = append(all, configuration.DeepCopy())
	}
	return all
}

// awaitHooks sends requests until the API server calls webhooks of both configurations, or of neither. The requests are for
// Sandboxes, for which the Pods' webhooks are not called.
func (s *server) awaitHooks(ctx context.Context, want bool) error {
	return await(ctx, "the API server to see the webhook configurations", func(ctx context.Context) (bool, error) {
		stamped := builder.MakeSandbox("probe").Obj()
		if err := s.user.Create(ctx, stamped, client.DryRunAll); err != nil {
			return false, err
		}
		mutated := metav1.HasAnnotation(stamped.ObjectMeta, sandboxv1.AnnotationPodName)

		err := s.user.Create(ctx, builder.MakeSandbox("probe").PodName("other").Obj(), client.DryRunAll)
		validated := apierrors.IsInvalid(err) || apierrors.IsForbidden(err)
		if err != nil && !validated {
			return false, err
		}
		return mutated == want && validated == want, nil
	})
}
