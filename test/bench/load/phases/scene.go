package phases

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/audit"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
	"github.com/namesake-sandbox/namesake/test/bench/load/seen"
)

// scene is a pool in a namespace.
type scene struct {
	*Installation
	namespace, pool string
	seen            *seen.Recorder
	stage           Stage
	// uid is the pool's, and size is how many Sandboxes it has to have.
	uid  string
	size int
}

// run fills the pool, takes all steps and removes everything.
func (s *scene) run(ctx context.Context) (phases []report.Phase, err error) {
	filled, failure, err := s.fill(ctx)
	if err != nil {
		return nil, err
	}
	for n, step := range s.stage.Steps {
		if failure == "" {
			failure, err = s.grow(ctx, step.Pool)
		}
		if err != nil {
			return phases, err
		}
		if failure != "" {
			phases = append(phases, report.Phase{Name: step.Name, Began: time.Now(), Pool: s.size, Failures: []string{failure}})
			continue
		}
		phase := s.step(ctx, step)
		if n == 0 {
			maps.Copy(phase.Values, filled)
		}
		if ctx.Err() != nil {
			return phases, ctx.Err()
		}
		if n < len(s.stage.Steps)-1 { // The last one's claims go with the pool.
			if err := s.removeClaims(ctx); err != nil {
				phase.Violations = append(phase.Violations, "leak: "+err.Error())
			}
		}
		phases = append(phases, phase)
	}
	left, err := s.removeAll(ctx)
	last := &phases[len(phases)-1]
	last.Violations = append(last.Violations, left...)
	return phases, err
}

// fill creates the template and the pool, waits until all members are Ready, and returns the figures, or what failed.
func (s *scene) fill(ctx context.Context) (figures map[string]float64, failure string, err error) {
	metadata := map[string]any{"name": s.pool}
	template := map[string]any{"metadata": metadata, "spec": map[string]any{"podTemplate": podTemplate(s.Image)}}
	if err := s.Requests.Create(ctx, api.Templates.In(s.namespace), api.Templates, template); err != nil {
		return nil, "", err
	}
	s.seen.AwaitQuiet(ctx, quiet/3)
	before := s.begin(ctx)
	pool := map[string]any{"metadata": metadata, "spec": map[string]any{
		"replicas": s.size, "sandboxTemplateRef": map[string]any{"name": s.pool},
	}}
	began := time.Now()
	if err := s.Requests.Create(ctx, api.Pools.In(s.namespace), api.Pools, pool); err != nil {
		return nil, "", err
	}
	var created api.Object
	if err := s.Requests.Get(ctx, api.Pools.In(s.namespace, s.pool), &created); err != nil {
		return nil, "", err
	}
	s.uid = created.Metadata.UID
	if !s.awaitWhole(ctx, s.size) {
		return nil, s.notWhole(), ctx.Err()
	}
	if s.size == 0 {
		return nil, "", pause(ctx, quiet)
	}
	seconds := s.lastReady().Sub(began).Seconds()
	s.settle(ctx)
	figures = map[string]float64{report.FillRate: float64(s.size) / seconds}
	if counted, ok := s.counted(ctx, before); ok {
		figures[report.MemberWrites] = api.Sum(counted.Writes) / float64(s.size)
		figures[report.MemberCalls] = api.Sum(counted.Calls) / float64(s.size)
	}
	s.Log("fill of %d: %.1f Sandboxes Ready a second", s.size, figures[report.FillRate])
	return figures, "", nil
}

// grow makes the pool as large as that, if it is smaller, and waits until all members are Ready. It returns what failed.
func (s *scene) grow(ctx context.Context, size int) (failure string, err error) {
	more := size - s.size
	if more <= 0 {
		return "", nil
	}
	s.size = size
	err = s.Requests.Patch(ctx, api.Pools.In(s.namespace, s.pool), map[string]any{"spec": map[string]any{"replicas": size}})
	if err != nil {
		return "", err
	}
	if !s.awaitWhole(ctx, more) {
		return s.notWhole(), ctx.Err()
	}
	s.settle(ctx)
	return "", nil
}

// podTemplate is that of a small Pod.
func podTemplate(image string) map[string]any {
	return map[string]any{"spec": map[string]any{
		"automountServiceAccountToken":  false,
		"terminationGracePeriodSeconds": 1,
		"containers": []any{map[string]any{
			"name": "main", "image": image,
			"resources": map[string]any{"requests": map[string]string{"cpu": "1m", "memory": "4Mi"}},
		}},
	}}
}

// awaitWhole waits until the pool has all members, each Ready, and none in excess. n is how many may have to be made.
func (s *scene) awaitWhole(ctx context.Context, n int) bool {
	ctx, cancel := within(ctx, n)
	defer cancel()
	return s.seen.Await(ctx, func(r *seen.Record) bool {
		all, ready := r.Members(s.uid)
		return all == s.size && ready == all
	})
}

func (s *scene) notWhole() (text string) {
	s.seen.Look(func(r *seen.Record) {
		all, ready := r.Members(s.uid)
		text = fmt.Sprintf("the pool has %d Sandboxes, %d of them Ready, and should have %d", all, ready, s.size)
	})
	return text
}

// lastReady returns when the last member became Ready.
func (s *scene) lastReady() (last time.Time) {
	s.seen.Look(func(r *seen.Record) {
		for _, sandbox := range r.Sandboxes {
			if sandbox.Pool == s.uid && sandbox.ReadyAt.After(last) {
				last = sandbox.ReadyAt
			}
		}
	})
	return last
}

// settle waits until nothing changes in the namespace, at most as long as anything may take.
func (s *scene) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !s.seen.AwaitQuiet(ctx, quiet) && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		s.Log("objects still change")
	}
}

// snapshot reads what the namespace holds.
func (s *scene) snapshot(ctx context.Context) (snapshot audit.Snapshot, err error) {
	for _, kind := range []struct {
		api.Kind
		into *[]api.Object
	}{{api.Claims, &snapshot.Claims}, {api.Pools, &snapshot.Pools}, {api.Sandboxes, &snapshot.Sandboxes}, {api.Pods, &snapshot.Pods}} {
		if *kind.into, _, err = s.Requests.List(ctx, kind.Kind, s.namespace); err != nil {
			return snapshot, err
		}
	}
	return snapshot, nil
}

// removeClaims deletes all claims, waits until what they had is gone and the pool is whole.
func (s *scene) removeClaims(ctx context.Context) error {
	gone := func(r *seen.Record) bool {
		for _, sandbox := range r.Sandboxes {
			if sandbox.Pool == "" {
				return false
			}
		}
		return len(r.Claims) == 0 && len(r.Pods) <= len(r.Sandboxes)
	}
	if !s.remove(ctx, []api.Kind{api.Claims}, gone) {
		return fmt.Errorf("after the deletion of all claims: %s", s.left())
	}
	if !s.awaitWhole(ctx, s.size) {
		return fmt.Errorf("after the deletion of all claims: %s", s.notWhole())
	}
	s.settle(ctx)
	return nil
}

// removeAll deletes the pool and its template too, and returns what is left then.
func (s *scene) removeAll(ctx context.Context) ([]string, error) {
	s.remove(ctx, []api.Kind{api.Claims, api.Pools, api.Templates}, func(r *seen.Record) bool {
		return len(r.Claims)+len(r.Sandboxes)+len(r.Pods) == 0
	})
	snapshot, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return audit.Left(snapshot), nil
}

// remove deletes all objects of these kinds, and waits until it shows. It tries again, since a busy API server aborts the
// deletion of many.
func (s *scene) remove(ctx context.Context, kinds []api.Kind, gone func(*seen.Record) bool) bool {
	ctx, cancel := within(ctx, 3*s.size)
	defer cancel()
	for ctx.Err() == nil {
		for _, kind := range kinds {
			if err := s.Requests.Delete(ctx, kind.In(s.namespace)); err != nil && ctx.Err() == nil {
				s.Log("%v", err)
			}
		}
		once, cancel := context.WithTimeout(ctx, patience)
		done := s.seen.Await(once, gone)
		cancel()
		if done {
			return true
		}
	}
	return false
}

// left says what the watches still see.
func (s *scene) left() (text string) {
	s.seen.Look(func(r *seen.Record) {
		var unclaimed []string
		for _, sandbox := range r.Sandboxes {
			if sandbox.Pool == "" {
				unclaimed = append(unclaimed, sandbox.Name)
			}
		}
		slices.Sort(unclaimed)
		text = fmt.Sprintf("%d claims, %d Sandboxes outside of a pool, %d Pods are left", len(r.Claims), len(unclaimed), len(r.Pods))
	})
	return text
}
