package phases

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
	"github.com/namesake-sandbox/namesake/test/bench/load/stats"
)

// bareRounds is how often the bare writes are done one after the other.
const bareRounds = 60

// bare measures the three writes of a warm claim, done by the generator on copies of the kinds: what is left of a warm claim
// without controllers, webhooks and watches. Only the API server bounds it, so nothing that is served by these kinds can be
// faster. An account that may not define kinds measures nothing.
func (i *Installation) bare(ctx context.Context, namespace string) (values map[string]float64, err error) {
	c, err := i.copyKinds(ctx, namespace+".bench.example")
	defer func() { err = errors.Join(err, i.removeCopies(ctx, c)) }()
	if api.Is(err, http.StatusForbidden) {
		i.Log("bare writes: left out, since this needs the right to create CustomResourceDefinitions")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := &bareWrites{Installation: i, copies: c, namespace: namespace}
	took, err := b.oneAtATime(ctx)
	if err != nil {
		return nil, err
	}
	values = map[string]float64{report.BareP50: stats.Percentile(took, 50), report.BareP99: stats.Percentile(took, 99)}
	for _, n := range report.BareBursts {
		burst, err := b.burst(ctx, n)
		if err != nil {
			return nil, err
		}
		maps.Copy(values, burst)
	}
	i.Log("bare writes: p50 %.1f ms", values[report.BareP50])
	return values, nil
}

type bareWrites struct {
	*Installation
	*copies
	namespace string
}

// oneAtATime returns the milliseconds of each round.
func (b *bareWrites) oneAtATime(ctx context.Context) ([]float64, error) {
	const n = floorWarmUp + bareRounds
	if err := b.prepare(ctx, "one", n); err != nil {
		return nil, err
	}
	var took []float64
	for k := range n {
		began := time.Now()
		if err := b.serve(ctx, fmt.Sprintf("one-%d", k)); err != nil {
			return nil, err
		}
		if k >= floorWarmUp {
			took = append(took, milliseconds(time.Since(began)))
		}
	}
	return took, nil
}

// burst does n of them at once.
func (b *bareWrites) burst(ctx context.Context, n int) (map[string]float64, error) {
	set := fmt.Sprintf("burst%d", n)
	if err := b.prepare(ctx, set, n); err != nil {
		return nil, err
	}
	took, errs := make([]float64, n), make([]error, n)
	var group sync.WaitGroup
	began := time.Now()
	for k := range n {
		group.Go(func() {
			errs[k] = b.serve(ctx, fmt.Sprintf("%s-%d", set, k))
			took[k] = milliseconds(time.Since(began))
		})
	}
	group.Wait()
	values := map[string]float64{report.BareBurstP50(n): stats.Percentile(took, 50), report.BareBurstLast(n): slices.Max(took)}
	return values, errors.Join(errs...)
}

// preparers is how many Sandboxes are created at a time.
const preparers = 8

// prepare creates n Sandboxes that are Ready, as far as their status says.
func (b *bareWrites) prepare(ctx context.Context, set string, n int) error {
	errs := make([]error, preparers)
	var group sync.WaitGroup
	for p := range preparers {
		group.Go(func() {
			for k := p; k < n && errs[p] == nil; k += preparers {
				errs[p] = b.prepareOne(ctx, fmt.Sprintf("%s-%d", set, k))
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (b *bareWrites) prepareOne(ctx context.Context, name string) error {
	err := b.Requests.Create(ctx, b.sandboxes.In(b.namespace), b.sandboxes, map[string]any{
		"metadata": map[string]any{
			"name": name, "labels": map[string]string{"pool": "bare", "template": "bare"},
			"ownerReferences": []any{bareOwner("SandboxWarmPool", "bare")},
		},
		"spec": map[string]any{"podTemplate": podTemplate(b.Image)},
	})
	if err != nil {
		return err
	}
	return b.Requests.Patch(ctx, b.sandboxes.In(b.namespace, name)+"/status", map[string]any{"status": bareStatus()})
}

// serve does what serves a warm claim: it creates the claim, lets it adopt the Sandbox of its name, and says that it is Ready.
func (b *bareWrites) serve(ctx context.Context, name string) error {
	err := b.Requests.Create(ctx, b.claims.In(b.namespace), b.claims, map[string]any{
		"metadata": map[string]any{"name": name}, "spec": map[string]any{"warmPoolRef": map[string]any{"name": "bare"}},
	})
	if err != nil {
		return err
	}
	err = b.Requests.Patch(ctx, b.sandboxes.In(b.namespace, name), map[string]any{"metadata": map[string]any{
		"labels": map[string]any{"pool": nil, "claim": name}, "ownerReferences": []any{bareOwner("SandboxClaim", name)},
	}})
	if err != nil {
		return err
	}
	status := bareStatus()
	status["sandbox"] = map[string]any{"name": name}
	return b.Requests.Patch(ctx, b.claims.In(b.namespace, name)+"/status", map[string]any{"status": status})
}

func bareOwner(kind, name string) map[string]any {
	return map[string]any{"apiVersion": "bench.example/v1", "kind": kind, "name": name, "uid": "bare-" + name, "controller": true}
}

func bareStatus() map[string]any {
	return map[string]any{"conditions": []any{map[string]any{
		"type": "Ready", "status": "True", "reason": "DependenciesReady", "message": "Pod is Ready", "observedGeneration": 1,
		"lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
	}}}
}
