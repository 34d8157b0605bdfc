package webhooks

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// DryRunner asks the API server to create an object without storing it. The error is the API server's own.
type DryRunner interface {
	Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error
}
