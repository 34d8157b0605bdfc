package webhooks

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// stuck is an API server that does not answer in namespace "slow".
type stuck struct{ asked, answered atomic.Int32 }

func (s *stuck) Create(ctx context.Context, obj client.Object, _ ...client.CreateOption) error {
	s.asked.Add(1)
	if obj.GetNamespace() == "slow" {
		<-ctx.Done()
		return ctx.Err()
	}
	s.answered.Add(1)
	return nil
}

// However many dry runs are asked for in a namespace where they are slow, a few are under way, and others do not wait for them.
func TestDryRunsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &stuck{}
		bounded := boundDryRuns(server)
		ask := func(ctx context.Context, namespace string, n int) (failed *atomic.Int32) {
			failed = &atomic.Int32{}
			for range n {
				go func() {
					if bounded.Create(ctx, builder.MakePod("x").Namespace(namespace).Obj()) != nil {
						failed.Add(1)
					}
				}()
			}
			return failed
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := ask(ctx, "slow", 100)
		synctest.Wait()
		if got := server.asked.Load(); got != dryRunsPerNamespace {
			t.Errorf("%d are under way in one namespace, want %d", got, dryRunsPerNamespace)
		}
		for i := range 50 {
			ask(t.Context(), fmt.Sprintf("ns-%d", i), 2)
		}
		synctest.Wait()
		if got := server.answered.Load(); got != 100 {
			t.Errorf("%d of 100 elsewhere are answered", got)
		}
		cancel()
		synctest.Wait()
		if failed.Load() != 100 || len(bounded.all) > 0 || len(bounded.byNamespace) > 0 {
			t.Errorf("%d of 100 ended with their request; left over: %d, %v", failed.Load(), len(bounded.all), bounded.byNamespace)
		}
	})
}

// All namespaces together have a bound of their own.
func TestDryRunsOfAllNamespacesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var underWay atomic.Int32
		release := make(chan struct{})
		bounded := boundDryRuns(runner(func() { underWay.Add(1); <-release; underWay.Add(-1) }))
		for i := range 2 * dryRuns {
			go func() { _ = bounded.Create(t.Context(), builder.MakePod("x").Namespace(fmt.Sprintf("ns-%d", i)).Obj()) }()
		}
		synctest.Wait()
		if got := underWay.Load(); got != dryRuns {
			t.Errorf("%d are under way, want %d", got, dryRuns)
		}
		close(release)
	})
}

// runner is a DryRunner that does that and accepts.
type runner func()

func (r runner) Create(context.Context, client.Object, ...client.CreateOption) error {
	r()
	return nil
}
