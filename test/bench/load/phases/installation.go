package phases

import (
	"context"
	"fmt"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/process"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
	"github.com/namesake-sandbox/namesake/test/bench/load/seen"
)

// Installation is what is measured.
type Installation struct {
	Name      string
	Processes []process.Named
	// Requests sends what is measured; Watches have connections of their own.
	Requests, Watches *api.Client
	// Image is that of the Sandboxes' container.
	Image string
	// Log takes a line of progress.
	Log func(format string, args ...any)
}

// Version returns that of its Kubernetes.
func (i *Installation) Version(ctx context.Context) (string, error) {
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	err := i.Requests.Get(ctx, "/version", &version)
	return version.GitVersion, err
}

// How long things may take before they count as failed.
const (
	// patience is how long anything may take, and slowest is how many Sandboxes or claims a second are still waited for.
	patience = 30 * time.Second
	slowest  = 2
	// quiet is how long nothing changes when all is done: longer than a controller gathers what it writes.
	quiet = 1500 * time.Millisecond
	// cleanup is how long the removal of everything may take.
	cleanup = 3 * time.Minute
)

// within returns a context for something with n objects.
func within(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience+time.Duration(n)*time.Second/slowest)
}

// Repeat runs the floor and all stages in a namespace of that name, and removes the namespace, whatever happens. If ctx ends
// before, it returns an error and the phases that were done.
func (i *Installation) Repeat(ctx context.Context, namespace string, floor bool, stages []Stage) (phases []report.Phase, err error) {
	if err := i.createNamespace(ctx, namespace); err != nil {
		return nil, err
	}
	recorder := seen.New()
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		recorder.Follow(watching, i.Watches, namespace, func(err error) { i.Log("watch: %v", err) })
	}()
	defer func() {
		stop()
		<-followed
		if failure := i.removeNamespace(ctx, namespace); failure != nil && err == nil {
			err = failure
		}
	}()
	if floor {
		phase, err := i.floor(ctx, namespace)
		if err != nil {
			return nil, err
		}
		phases = append(phases, phase)
	}
	for _, stage := range stages {
		s := &scene{Installation: i, namespace: namespace, seen: recorder, stage: stage, size: stage.Pool}
		s.pool = fmt.Sprintf("pool-%d", stage.Pool)
		done, err := s.run(ctx)
		phases = append(phases, done...)
		if err != nil {
			return phases, err
		}
	}
	return phases, nil
}

// createNamespace creates a namespace, and waits until Pods can be created in it.
func (i *Installation) createNamespace(ctx context.Context, name string) error {
	kind := api.Kind{Version: "v1", Kind: "Namespace"}
	metadata := map[string]any{"name": name, "labels": map[string]string{"app.kubernetes.io/created-by": "namesake-bench"}}
	if err := i.Requests.Create(ctx, "/api/v1/namespaces", kind, map[string]any{"metadata": metadata}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := i.Requests.Get(ctx, api.ServiceAccounts.In(name, "default"), nil)
		if !api.IsNotFound(err) {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for the ServiceAccount default of the namespace %s: %w", name, err)
		}
	}
}

// removeNamespace deletes a namespace and waits until it is gone. It does so after the end of ctx as well.
func (i *Installation) removeNamespace(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	i.Log("removing the namespace %s", name)
	// Without pools first, a controller would replace what the removal deletes.
	for _, kind := range []api.Kind{api.Pools, api.Claims} {
		if err := i.Requests.Delete(ctx, kind.In(name)); err != nil {
			i.Log("%v", err)
		}
	}
	path := "/api/v1/namespaces/" + name
	if err := i.Requests.Delete(ctx, path); err != nil {
		return err
	}
	for {
		err := i.Requests.Get(ctx, path, nil)
		if api.IsNotFound(err) {
			return nil
		}
		if err == nil {
			err = pause(ctx, 200*time.Millisecond)
		}
		if err != nil {
			return fmt.Errorf("the namespace %s is not gone: %w", name, err)
		}
	}
}

// pause waits that long, or until ctx is done, which is an error.
func pause(ctx context.Context, long time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(long):
		return nil
	}
}
