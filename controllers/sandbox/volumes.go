package sandbox

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/tracing"
)

// ensureVolumes gives sandbox its PersistentVolumeClaims, which live as long as it does, or longer. Until it has them all it gets no
// Pod, because the Pod would mount what is another's. What is wrong with one of them keeps nothing from the others. ensureVolumes
// returns what is wrong with each.
func (r *Reconciler) ensureVolumes(ctx context.Context, sandbox *sandboxv1.Sandbox) []error {
	ctx, end := tracing.Start(ctx, "reconcilePVCs")
	defer end()
	return forEachVolume(sandbox, func(i int) error { return r.ensureVolume(ctx, sandbox, i) })
}

// keepVolumes is ensureVolumes for a Sandbox that gets nothing any more: what it says of its PersistentVolumeClaims counts until it is
// deleted. keepVolumes creates none, and takes none over. It reads nothing if sandbox says nothing of them.
func (r *Reconciler) keepVolumes(ctx context.Context, sandbox *sandboxv1.Sandbox) []error {
	if !rules.SaysWhetherVolumesAreKept(sandbox) {
		return nil
	}
	return forEachVolume(sandbox, func(i int) error { return r.keepVolume(ctx, sandbox, i) })
}

// forEachVolume calls do for each volumeClaimTemplate of sandbox, and returns the errors.
func forEachVolume(sandbox *sandboxv1.Sandbox, do func(i int) error) []error {
	var errs []error
	for i := range sandbox.Spec.VolumeClaimTemplates {
		if err := do(i); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
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
		err = r.invalid.try(sandbox, "PersistentVolumeClaim", key.Name, r.Now(), func() error {
			return r.Client.Create(ctx, volume, fieldManager)
		})
		if err == nil {
			return nil
		}
		if !rules.IsNameTaken(err) {
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
	if next, err = r.keep(ctx, sandbox, next); err != nil {
		return err
	}
	return r.patchVolume(ctx, sandbox, next, found)
}

// keepVolume is keepVolumes for one template. Where the cache does not show a claim that is the Sandbox's, keepVolume looks live.
func (r *Reconciler) keepVolume(ctx context.Context, sandbox *sandboxv1.Sandbox, i int) error {
	found, key := &corev1.PersistentVolumeClaim{}, client.ObjectKey{Namespace: sandbox.Namespace, Name: rules.VolumeName(sandbox, i)}
	err := r.Client.Get(ctx, key, found)
	if apierrors.IsNotFound(err) || err == nil && !rules.ControlledBy(found, sandbox) {
		err = r.Live.Get(ctx, key, found)
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("reading PersistentVolumeClaim %q: %w", key.Name, err)
	case !rules.ControlledBy(found, sandbox):
		return nil
	}
	kept, err := r.keep(ctx, sandbox, found)
	if err != nil || kept == found {
		return err
	}
	next, err := rules.NextVolumeClaim(sandbox, kept) // With its labels: without them, the cache would never observe this write.
	if err != nil {
		return err
	}
	return r.patchVolume(ctx, sandbox, next, found)
}

// patchVolume makes found, a PersistentVolumeClaim of sandbox as it was read, next, unless that is the same.
func (r *Reconciler) patchVolume(ctx context.Context, sandbox *sandboxv1.Sandbox, next, found *corev1.PersistentVolumeClaim) error {
	if next == found {
		return nil
	}
	if err := r.patch(ctx, sandbox, next, found); err != nil {
		return fmt.Errorf("updating PersistentVolumeClaim %q: %w", next.Name, err)
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
