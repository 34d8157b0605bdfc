package sandbox

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// service returns the Service of sandbox's name as the cache has it, or nil. The cache holds only Services that have a
// Sandbox's label. If the cache has none, but the Sandbox may have its own, service looks that up live.
func (r *Reconciler) service(ctx context.Context, sandbox *sandboxv1.Sandbox, now time.Time) (*corev1.Service, error) {
	service, err := readService(ctx, r.Client, sandbox)
	if service != nil || err != nil || !rules.MayHaveUnlabelledService(sandbox, now) {
		return service, err
	}
	service, err = readService(ctx, r.Live, sandbox)
	return owned(service, sandbox), err
}

// ensureService brings the Service of sandbox to what the Sandbox asks for. It returns the Service, if the Sandbox has one
// then. The argument service is the one that is known. The name makes creation idempotent. A Service of that name that the
// cache does not show is the Sandbox's own or a name conflict.
func (r *Reconciler) ensureService(
	ctx context.Context, sandbox *sandboxv1.Sandbox, service *corev1.Service, pod *corev1.Pod,
) (*corev1.Service, error) {
	step, wanted, err := rules.NextService(sandbox, service, pod)
	if step == rules.ServiceCreate {
		err = r.invalid.try(sandbox, "Service", wanted.Name, r.Now(), func() error { return r.Client.Create(ctx, wanted, fieldManager) })
		if err == nil {
			return wanted, nil
		}
		if !rules.IsNameTaken(err) {
			return nil, fmt.Errorf("creating Service %q: %w", wanted.Name, err)
		}
		if service, err = readService(ctx, r.Live, sandbox); err != nil {
			return nil, err
		}
		if service == nil {
			return nil, stale("services", wanted.Name, "it is gone again")
		}
		step, wanted, err = rules.NextService(sandbox, service, pod)
	}
	switch {
	case err != nil:
		return nil, err
	case step == rules.ServiceDelete:
		if err := r.drop(ctx, sandbox, service); err != nil {
			return service, err
		}
		return nil, nil
	case step == rules.ServiceChange:
		if err := r.patch(ctx, sandbox, wanted, service); err != nil {
			return owned(service, sandbox), fmt.Errorf("updating Service %q: %w", wanted.Name, err)
		}
		return wanted, nil
	}
	return owned(service, sandbox), nil
}

// readService reads the Service of sandbox's name. It returns nil if there is none.
func readService(ctx context.Context, reader client.Reader, sandbox *sandboxv1.Sandbox) (*corev1.Service, error) {
	service := &corev1.Service{}
	err := reader.Get(ctx, client.ObjectKeyFromObject(sandbox), service)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Service %q: %w", sandbox.Name, err)
	}
	return service, nil
}

// owned returns service if sandbox controls it, and nil otherwise.
func owned(service *corev1.Service, sandbox *sandboxv1.Sandbox) *corev1.Service {
	if service == nil || !rules.ControlledBy(service, sandbox) {
		return nil
	}
	return service
}
