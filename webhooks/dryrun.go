package webhooks

import (
	"context"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// dryRunsPerNamespace is how many dry runs are under way at a time in one namespace: whatever makes them slow there, such
	// as somebody's webhook for Pods, takes no more than these from others.
	dryRunsPerNamespace = 4
	// dryRuns is how many are under way at a time in all namespaces.
	dryRuns = 32
)

// DryRunner asks the API server to create an object without storing it. The error is the API server's own.
type DryRunner interface {
	Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error
}

// boundedDryRunner lets only so many dry runs be under way at a time. Others wait until their request ends. Each is a request
// of the manager's own account to the API server.
type boundedDryRunner struct {
	DryRunner

	all chan struct{}

	mu          sync.Mutex
	byNamespace map[string]*turns
}

// turns are the dry runs of a namespace. It is there as long as someone takes part.
type turns struct {
	places chan struct{}
	users  int
}

func boundDryRuns(inner DryRunner) *boundedDryRunner {
	return &boundedDryRunner{DryRunner: inner, all: make(chan struct{}, dryRuns), byNamespace: map[string]*turns{}}
}

// Create implements DryRunner. Its error is that of ctx if the request ends before its turn.
func (b *boundedDryRunner) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	own := b.join(obj.GetNamespace())
	defer b.leave(obj.GetNamespace())
	// The namespace's first: who waits there is in nobody's way.
	if err := take(ctx, own.places); err != nil {
		return err
	}
	defer func() { <-own.places }()
	if err := take(ctx, b.all); err != nil {
		return err
	}
	defer func() { <-b.all }()
	return b.DryRunner.Create(ctx, obj, opts...)
}

// take takes one of the places, which the caller gives back, or returns the error of ctx.
func take(ctx context.Context, places chan<- struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *boundedDryRunner) join(namespace string) *turns {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.byNamespace[namespace]
	if own == nil {
		own = &turns{places: make(chan struct{}, dryRunsPerNamespace)}
		b.byNamespace[namespace] = own
	}
	own.users++
	return own
}

func (b *boundedDryRunner) leave(namespace string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if own := b.byNamespace[namespace]; own.users > 1 {
		own.users--
	} else {
		delete(b.byNamespace, namespace)
	}
}
