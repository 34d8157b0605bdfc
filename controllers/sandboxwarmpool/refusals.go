package sandboxwarmpool

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// refusals are the pools whose Sandboxes the API server refused last. Until its backoff ends, or the pool or its template changes,
// such a pool creates none, whatever wakes it meanwhile.
type refusals struct {
	mu    sync.Mutex
	pools map[types.UID]*refusal
}

// refusal is what was refused last, and when to try again.
type refusal struct {
	problem    *rules.ConditionError
	until      time.Time
	generation int64
	template   rules.TemplateVersion
	failures   int
}

// holding returns the problem of a pool that is held, without a cause, and for how long; nil for one that may create.
func (r *refusals) holding(
	pool *extensionsv1.SandboxWarmPool, template *rules.TemplateSnapshot, now time.Time,
) (*rules.ConditionError, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.pools[pool.UID]
	if last == nil || last.generation != pool.Generation || last.template != template.Version() || !now.Before(last.until) {
		return nil, 0
	}
	return &rules.ConditionError{Reason: last.problem.Reason, Message: last.problem.Message}, last.until.Sub(now)
}

// refused reports whether the last creation for a pool was refused.
func (r *refusals) refused(pool types.UID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pools[pool] != nil
}

// hold notes that the API server refused a Sandbox of pool.
func (r *refusals) hold(
	pool *extensionsv1.SandboxWarmPool, template *rules.TemplateSnapshot, problem *rules.ConditionError, now time.Time,
) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pools == nil {
		r.pools = map[types.UID]*refusal{}
	}
	failures := 0
	if last := r.pools[pool.UID]; last != nil {
		failures = last.failures + 1
	}
	r.pools[pool.UID] = &refusal{
		problem: problem, until: now.Add(retry.Delay(failures)), generation: pool.Generation, template: template.Version(), failures: failures,
	}
}

// lift notes that a Sandbox of the pool was created, or that the pool is gone.
func (r *refusals) lift(pool types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pools, pool)
}
