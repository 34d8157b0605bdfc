package hostile

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

const (
	// poolName is the neighbour's pool, and poolSize is how many Sandboxes it has.
	poolName = "python"
	poolSize = 5
	// pace is how often the neighbour creates a plain claim by dry run, where a test asks for as many as it can get.
	pace = 40 * time.Millisecond
	// calm is how often where a test looks at what the neighbour waits for: 25 a second take a quarter of a core from everybody.
	calm = 200 * time.Millisecond
	// every is how often the neighbour starts a round, if the one before is over.
	every = 500 * time.Millisecond
)

// neighbour is a user of another namespace, who does nothing unusual.
type neighbour struct {
	client    client.WithWatch
	namespace string
	rounds    int
	pace      *time.Ticker // of the plain claims

	mu       sync.Mutex
	samples  []sample
	failures []error
	sampled  chan struct{} // closed and replaced after each sample
}

// sample is one plain claim.
type sample struct {
	at   time.Time // of its end
	took time.Duration
}

// newNeighbour creates the neighbour with a full pool. Until the test ends, the neighbour creates plain claims by dry run.
func newNeighbour(t *testing.T, bed *testbed.Bed) *neighbour {
	t.Helper()
	n := &neighbour{sampled: make(chan struct{}), pace: time.NewTicker(pace)}
	n.namespace, n.client = bed.NewEditor(t, "neighbour")
	template := builder.MakeTemplate(poolName).Namespace(n.namespace).Obj()
	pool := builder.MakePool(poolName).Namespace(n.namespace).Template(poolName).Replicas(poolSize).Obj()
	for _, o := range []client.Object{template, pool} {
		if err := n.client.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	awaited(t, "the neighbour's pool to be full", func(ctx context.Context) (bool, error) { return n.full(ctx) })
	ctx, stop := context.WithCancel(context.Background())
	var sampling sync.WaitGroup
	sampling.Go(func() { n.sample(ctx) })
	t.Cleanup(func() {
		stop()
		sampling.Wait()
	})
	return n
}

// sample creates plain claims by dry run, one after the other, until ctx ends.
func (n *neighbour) sample(ctx context.Context) {
	defer n.pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.pace.C:
		}
		began := time.Now()
		plain := builder.MakeClaim("").GenerateName("plain-").Namespace(n.namespace).Pool(poolName).Obj()
		err := n.client.Create(ctx, plain, client.DryRunAll)
		if ctx.Err() != nil {
			return
		}
		n.mu.Lock()
		n.samples = append(n.samples, sample{at: time.Now(), took: time.Since(began)})
		if err != nil {
			n.failures = append(n.failures, err)
		}
		close(n.sampled)
		n.sampled = make(chan struct{})
		n.mu.Unlock()
	}
}

// await waits until there are that many more samples, and returns the times of those that ended since began.
func (n *neighbour) await(ctx context.Context, more int, began time.Time) []time.Duration {
	n.mu.Lock()
	enough := len(n.samples) + more
	for len(n.samples) < enough && ctx.Err() == nil {
		sampled := n.sampled
		n.mu.Unlock()
		select {
		case <-sampled:
		case <-ctx.Done():
		}
		n.mu.Lock()
	}
	defer n.mu.Unlock()
	var took []time.Duration
	for _, s := range n.samples {
		if s.at.After(began) {
			took = append(took, s.took)
		}
	}
	return took
}

// failed returns the refusals of plain claims since the last call.
func (n *neighbour) failed() []error {
	n.mu.Lock()
	defer n.mu.Unlock()
	failures := n.failures
	n.failures = nil
	return failures
}

// members returns the Sandboxes of the pool, and how many of them are Ready.
func (n *neighbour) members(ctx context.Context) (all, ready int, err error) {
	list := &sandboxv1.SandboxList{}
	if err := n.client.List(ctx, list, client.InNamespace(n.namespace), client.HasLabels{sandboxv1.LabelWarmPool}); err != nil {
		return 0, 0, err
	}
	for i := range list.Items {
		if apimeta.IsStatusConditionTrue(list.Items[i].Status.Conditions, string(sandboxv1.ConditionReady)) {
			ready++
		}
	}
	return len(list.Items), ready, nil
}

func (n *neighbour) full(ctx context.Context) (bool, error) {
	_, ready, err := n.members(ctx)
	return ready >= poolSize, err
}

// round is what the neighbour waits for, once each.
type round struct {
	// claim is from the creation of a claim until it is Ready, refill until the pool has a Ready Sandbox in its place.
	claim, refill time.Duration
	// policy is from the creation of a template until its NetworkPolicy is there.
	policy time.Duration
}

// goRound does a round: it claims a Sandbox, waits for its replacement, and makes a template.
func (n *neighbour) goRound(ctx context.Context) (round, error) {
	n.rounds++
	var r round
	name := fmt.Sprintf("round-%d", n.rounds)
	claim := builder.MakeClaim(name).Namespace(n.namespace).Pool(poolName).Obj()
	began := time.Now()
	if err := n.client.Create(ctx, claim); err != nil {
		return r, err
	}
	err := await(ctx, func(ctx context.Context) (bool, error) {
		err := n.client.Get(ctx, client.ObjectKeyFromObject(claim), claim)
		return apimeta.IsStatusConditionTrue(claim.Status.Conditions, extensionsv1.ConditionReady), err
	})
	if r.claim = time.Since(began); err != nil {
		return r, fmt.Errorf("waiting for the claim to be Ready: %w", err)
	}
	err = await(ctx, n.full)
	if r.refill = time.Since(began); err != nil {
		return r, fmt.Errorf("waiting for the pool to be full: %w", err)
	}
	if err := n.client.Delete(ctx, claim); err != nil {
		return r, err
	}
	r.policy, err = n.makeTemplate(ctx, name)
	return r, err
}

// makeTemplate returns how long a new template waits for its NetworkPolicy.
func (n *neighbour) makeTemplate(ctx context.Context, name string) (time.Duration, error) {
	template := builder.MakeTemplate(name).Namespace(n.namespace).Obj()
	began := time.Now()
	if err := n.client.Create(ctx, template); err != nil {
		return 0, err
	}
	policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{
		Namespace: n.namespace, Name: name + extensionsv1.NetworkPolicySuffix,
	}}
	err := await(ctx, func(ctx context.Context) (bool, error) {
		err := n.client.Get(ctx, client.ObjectKeyFromObject(policy), policy)
		return err == nil, client.IgnoreNotFound(err)
	})
	if took := time.Since(began); err == nil {
		return took, n.client.Delete(ctx, template)
	}
	return 0, fmt.Errorf("waiting for the NetworkPolicy: %w", err)
}
