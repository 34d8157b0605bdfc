package sandboxwarmpool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

const (
	// parallel is how many Sandboxes a pool creates or deletes at a time, and so how many requests at the most are in vain when
	// the first is refused.
	parallel = 16
	// createTimeout bounds one creation. Webhooks of the cluster's own may take 30 seconds: the longest timeoutSeconds that the
	// API server accepts.
	createTimeout = 35 * time.Second
	// createBudget is for how long a reconcile begins creations. The rest is left to the next, which waits for its turn.
	createBudget = 10 * time.Second
)

// confirmMissing returns how many of the n Sandboxes that pool is to get it misses, although the cache may be behind. own is what this
// process has created, as of the list of the members. Where that does not tell, the API server is asked, once what the cache does not
// show is overdue. Until then, and as long as the API server has more than the cache shows, confirmMissing returns when to look again. An
// unreadable member is never in the cache, and counts.
func (r *Reconciler) confirmMissing(
	ctx context.Context, pool *extensionsv1.SandboxWarmPool, n int, own rules.OwnCreations,
) (missing int, again time.Duration, err error) {
	unreadable := r.Unreadable.Any(sandboxv1.KindSandbox, pool.Namespace)
	missing, certain := rules.MissingMembers(n, own)
	switch {
	case n == 0, certain && !unreadable:
		return missing, 0, nil
	case !unreadable && own.CaughtUp:
		if due := r.writes.due(pool.UID, r.Now()); due > 0 {
			return 0, due, nil
		}
	}
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(sandboxv1.GroupVersion.WithKind(sandboxv1.KindSandbox + "List"))
	if err := r.Live.List(ctx, list, client.InNamespace(pool.Namespace),
		client.MatchingLabels{sandboxv1.LabelWarmPool: rules.Hash(pool.Name)}); err != nil {
		return 0, 0, fmt.Errorf("counting the members: %w", err)
	}
	members := map[string]bool{}
	for i := range list.Items {
		if rules.ControlledBy(&list.Items[i], pool) {
			members[list.Items[i].Name] = true
		}
	}
	r.writes.confirm(pool.UID, members)
	missing = rules.CountedMissing(pool, n, len(members))
	if missing < n && !unreadable { // What is gone before the cache shows it may never be shown, and so wakes nobody.
		again = overdue
	}
	return missing, again, nil
}

// create adds n Sandboxes to the pool, or fewer: a name that is taken is left to the next reconcile, and so is what time does not
// suffice for. What the API server refuses is returned as a problem, for the pool to say. Once something is refused no more is
// begun, but what is on its way is waited for: it may be stored all the same. Then the pool creates nothing for a while, which is
// returned as held, and tries one at first.
func (r *Reconciler) create(
	ctx context.Context, pool *extensionsv1.SandboxWarmPool, snapshot *rules.TemplateSnapshot, n int,
) (problem *rules.ConditionError, held time.Duration, err error) {
	if n == 0 {
		return nil, 0, nil
	}
	began := r.Now()
	if problem, held := r.refusals.holding(pool, snapshot, began); problem != nil {
		return problem, held, nil
	}
	batch := &batch{left: n, late: func() bool { return r.Now().Sub(began) > createBudget }}
	one := func() error {
		return r.createOne(ctx, pool, rules.NewPoolSandbox(pool, snapshot, rand.String(rules.SuffixLength)))
	}
	if r.refusals.refused(pool.UID) {
		batch.run(1, 1, one)
	}
	workers := parallel
	if r.Traffic.Busy() {
		workers = yield.Lane
	}
	batch.run(workers, n, one)
	if batch.succeeded {
		r.refusals.lift(pool.UID)
	}
	if errors.As(batch.err, &problem) {
		r.refusals.hold(pool, snapshot, problem, r.Now())
		return problem, 0, nil
	}
	return nil, 0, batch.err
}

// batch runs a number of creations, and begins no more once one has failed or it is late.
type batch struct {
	late func() bool

	mu        sync.Mutex
	left      int
	succeeded bool
	err       error
}

// run runs up to n of the creations that are left, some at a time, and waits for all that it began.
func (b *batch) run(workers, n int, create func() error) {
	left := min(n, b.left)
	next := func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		if left == 0 || b.err != nil || b.late() {
			return false
		}
		left--
		b.left--
		return true
	}
	var group sync.WaitGroup
	for range min(workers, left) {
		group.Go(func() {
			for next() {
				b.finish(create())
			}
		})
	}
	group.Wait()
}

func (b *batch) finish(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.succeeded = b.succeeded || err == nil
	if b.err == nil {
		b.err = err
	}
}

func (r *Reconciler) createOne(ctx context.Context, pool *extensionsv1.SandboxWarmPool, sandbox *sandboxv1.Sandbox) error {
	if r.Settings.Evictable {
		sandbox = rules.Evictable(sandbox)
	}
	name := sandbox.Name
	ctx, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	r.writes.creating(pool.UID, name, r.Now())
	err := r.Client.Create(ctx, sandbox)
	if rules.IsNameTaken(err) {
		return nil
	}
	if problem := rules.PoolRefusedError(name, err); problem != nil {
		r.writes.refused(pool.UID, name)
		return problem
	}
	if rules.IsNamespaceGoing(err) {
		r.writes.refused(pool.UID, name)
	}
	if err != nil { // It may be stored all the same.
		return fmt.Errorf("creating a Sandbox: %w", err)
	}
	return nil
}
