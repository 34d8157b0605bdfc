package sandbox

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
)

// ensureVolumes gives sandbox its PersistentVolumeClaims, which live as long as it does. Until it has them all it gets no
// Pod, because the Pod would mount what is another's.
func (r *Reconciler) ensureVolumes(ctx context.Context, sandbox *sandboxv1.Sandbox) error {
	ctx, end := tracing.Start(ctx, "reconcilePVCs")
	defer end()
	for i := range sandbox.Spec.VolumeClaimTemplates {
		if err := r.ensureVolume(ctx, sandbox, i); err != nil {
			return err
		}
	}
	return nil
}

// ensureVolume is ensureVolumes for one template. The name makes creation idempotent. A claim of that name that the cache
// does not show is the Sandbox's own or a name conflict.
func (r *Reconciler) ensureVolume(ctx context.Context, sandbox *sandboxv1.Sandbox, i int) error {
	found, key := &corev1.PersistentVolumeClaim{}, client.ObjectKey{Namespace: sandbox.Namespace, Name: rules.VolumeName(sandbox, i)}
	err := r.Client.Get(ctx, key, found)
	if apierrors.IsNotFound(err) {
		volume, unread := r.keep(ctx, sandbox, rules.NewVolumeClaim(sandbox, i))
		if unread != nil {
			return unread
		}
		err = r.invalid.create(sandbox, "PersistentVolumeClaim", key.Name, r.Now(), func() error {
			return r.Client.Create(ctx, volume, fieldManager)
		})
		if err == nil {
			return nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("creating PersistentVolumeClaim %q: %w", key.Name, err)
		}
		err = r.Live.Get(ctx, key, found)
	}
	if err != nil {
		return fmt.Errorf("reading PersistentVolumeClaim %q: %w", key.Name, err)
	}
	next, err := rules.NextVolumeClaim(sandbox, found)
	if err != nil {
		return err
	}
	if next, err = r.keep(ctx, sandbox, next); err != nil || next == found {
		return err
	}
	if err := write.Patch(ctx, r.Client, next, found); err != nil {
		return fmt.Errorf("updating PersistentVolumeClaim %q: %w", key.Name, err)
	}
	return nil
}

// keep returns volume so that it outlives sandbox, or not. It reads the namespace, live, only where that has to be written.
func (r *Reconciler) keep(
	ctx context.Context, sandbox *sandboxv1.Sandbox, volume *corev1.PersistentVolumeClaim,
) (*corev1.PersistentVolumeClaim, error) {
	namespace := &corev1.Namespace{}
	if rules.LacksKeeper(sandbox, volume) {
		if err := r.Live.Get(ctx, client.ObjectKey{Name: sandbox.Namespace}, namespace); err != nil {
			return nil, fmt.Errorf("reading the namespace: %w", err)
		}
	}
	return rules.KeepVolume(sandbox, volume, namespace), nil
}
