package webhooks

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// check turns one function into a validator for create and update. old is nil on create.
type check[T runtime.Object] func(ctx context.Context, req admission.Request, old, obj T) (admission.Warnings, error)

// ValidateCreate implements admission.Validator.
func (c check[T]) ValidateCreate(ctx context.Context, obj T) (admission.Warnings, error) {
	var none T
	return c.ValidateUpdate(ctx, none, obj)
}

// ValidateUpdate implements admission.Validator.
func (c check[T]) ValidateUpdate(ctx context.Context, old, obj T) (admission.Warnings, error) {
	req, err := admission.RequestFromContext(ctx)
	if err != nil {
		return nil, err
	}
	warnings, err := c(ctx, req, old, obj)
	recordRule(ctx, err)
	var status apierrors.APIStatus
	if err != nil && !errors.As(err, &status) {
		err = apierrors.NewInternalError(err) // A bare error would be a 403 without a cause, which clients do not retry.
	}
	return warnings, err
}

// ValidateDelete implements admission.Validator. No webhook is registered for deletions.
func (c check[T]) ValidateDelete(context.Context, T) (admission.Warnings, error) { return nil, nil }
