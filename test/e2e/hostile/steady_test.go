package hostile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/bench/load/schedule"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	// steadyPool is the pool of the neighbour who claims steadily, and steadySize how many Sandboxes it has: what is used up while a pool
	// refills at leisure.
	steadyPool = "steady"
	steadySize = 20
	// steadyRate is how many claims the neighbour makes in a second.
	steadyRate = 4
	// lastClaims is how long the last claims of a phase are waited for.
	lastClaims = 5 * time.Second
)

// steady is a neighbour who makes claims at one pace, and releases each when it is Ready. A claim waits for no other. A watch tells when
// it is Ready: to ask again and again would cost the API server more than the claims, and round their times.
type steady struct {
	*neighbour

	mu     sync.Mutex
	claims []*waited // In the order in which they were made.
	failed []error
}

// waited is a claim that was due at a time, and took so long until its status said that it is Ready; 0 as long as it is not.
type waited struct {
	due  time.Time
	took time.Duration
}

// claimSteadily lets the neighbour make claims until the test ends.
func (w *world) claimSteadily(t *testing.T) *steady {
	t.Helper()
	s := &steady{neighbour: w.neighbour}
	pool := builder.MakePool(steadyPool).Namespace(s.namespace).Template(poolName).Replicas(steadySize).Obj()
	if err := s.client.Create(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	awaited(t, "the steady neighbour's pool to be full", func(ctx context.Context) (bool, error) {
		err := s.client.Get(ctx, client.ObjectKeyFromObject(pool), pool)
		return pool.Status.ReadyReplicas == steadySize, err
	})
	ctx, stop := context.WithCancel(context.Background())
	var going sync.WaitGroup
	going.Go(func() { s.watch(ctx) })
	going.Go(func() {
		schedule.Run(ctx, schedule.Rate(steadyRate, time.Hour), func(i int, due time.Time) { s.claim(ctx, i, due) })
	})
	t.Cleanup(func() {
		stop()
		going.Wait()
	})
	return s
}

func (s *steady) name(i int) string { return fmt.Sprintf("%s-%d", steadyPool, i) }

// claim makes the i-th claim.
func (s *steady) claim(ctx context.Context, i int, due time.Time) {
	s.mu.Lock()
	for len(s.claims) <= i {
		s.claims = append(s.claims, nil)
	}
	s.claims[i] = &waited{due: due}
	s.mu.Unlock()
	err := s.client.Create(ctx, builder.MakeClaim(s.name(i)).Namespace(s.namespace).Pool(steadyPool).Obj())
	if err == nil || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = append(s.failed, err)
	s.claims[i] = nil
}

// watch notes when claims are Ready, until ctx ends. A watch that ends is begun again: it shows first what there is.
func (s *steady) watch(ctx context.Context) {
	for ctx.Err() == nil {
		events, err := s.client.Watch(ctx, &extensionsv1.SandboxClaimList{}, client.InNamespace(s.namespace))
		if err != nil {
			s.fail(fmt.Errorf("watching claims: %w", err))
			pass(ctx, time.Second)
			continue
		}
		for e := range events.ResultChan() {
			s.note(ctx, e)
		}
	}
}

func pass(ctx context.Context, long time.Duration) {
	limited, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	<-limited.Done()
}

// note takes the time of a claim that is Ready, and releases it.
func (s *steady) note(ctx context.Context, e watch.Event) {
	claim, ok := e.Object.(*extensionsv1.SandboxClaim)
	var i int
	if !ok || !apimeta.IsStatusConditionTrue(claim.Status.Conditions, extensionsv1.ConditionReady) {
		return
	}
	if _, err := fmt.Sscanf(claim.Name, steadyPool+"-%d", &i); err != nil {
		return // One of the neighbour's others.
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i >= len(s.claims) || s.claims[i] == nil || s.claims[i].took > 0 {
		return
	}
	s.claims[i].took = time.Since(s.claims[i].due)
	go func() {
		if err := s.client.Delete(ctx, claim); client.IgnoreNotFound(err) != nil && ctx.Err() == nil {
			s.fail(err)
		}
	}()
}

func (s *steady) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = append(s.failed, err)
}

// settle waits a while for the claims that were due until then to be Ready. What is not counts as it is.
func (s *steady) settle(t *testing.T, until time.Time) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lastClaims)
	defer cancel()
	_ = await(ctx, func(context.Context) (bool, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range slices.Backward(s.claims) {
			if c != nil && c.took == 0 && c.due.Before(until) {
				return false, nil
			}
		}
		return true, nil
	})
}

// times returns how long the claims that were due since a time and until another have waited.
func (s *steady) times(since, until time.Time) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var times []time.Duration
	for _, c := range s.claims {
		if c == nil || c.due.Before(since) || !c.due.Before(until) {
			continue
		}
		took := c.took
		if took == 0 {
			took = time.Since(c.due)
		}
		times = append(times, took)
	}
	return times
}

// failures returns what went wrong since the last call.
func (s *steady) failures() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := s.failed
	s.failed = nil
	return errors.Join(failed...)
}
