package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Inform makes the cache hold what the reconcilers watch and read, before it starts and in every replica. A replica that becomes
// the leader then reads nothing from the API server before it reconciles. What a standby watches is in its cache only: its
// reconcilers, and their work queues, do not exist before the election.
func Inform(ctx context.Context, informers cache.Informers) error {
	for _, kind := range []client.Object{
		&sandboxv1.Sandbox{}, &extensionsv1.SandboxClaim{}, &extensionsv1.SandboxWarmPool{}, &extensionsv1.SandboxTemplate{},
		&corev1.Pod{}, &corev1.Service{}, &corev1.PersistentVolumeClaim{}, &networkingv1.NetworkPolicy{},
	} {
		if _, err := informers.GetInformer(ctx, kind, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("watching %T: %w", kind, err)
		}
	}
	return nil
}
