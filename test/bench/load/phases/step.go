package phases

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/audit"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
	"github.com/namesake-sandbox/namesake/test/bench/load/schedule"
	"github.com/namesake-sandbox/namesake/test/bench/load/seen"
)

const (
	// warmUps are claims before those that count: an API server compiles its expressions on their first use.
	warmUps = 5
	// between is the time from when a claim is Ready until the next one: a user alone, not in a hurry.
	between = 100 * time.Millisecond
)

// asked is a claim, and when it was due.
type asked struct {
	name string
	due  time.Time
	// refused is the API server's answer, if that was no success.
	refused error
}

// step runs one phase, and audits what it leaves.
func (s *scene) step(ctx context.Context, step Step) report.Phase {
	phase := report.Phase{Name: step.Name, Pool: s.size, Values: map[string]float64{}}
	if step.Claims > 0 {
		s.oneAtATime(ctx, step.Name+"-warm-up", warmUps)
		s.awaitWhole(ctx, warmUps)
		s.settle(ctx)
	}
	gaps := s.gaps()
	before := s.begin(ctx)
	phase.Began = before.began
	var claims []asked
	if step.Claims > 0 {
		claims = s.oneAtATime(ctx, step.Name, step.Claims)
	} else {
		claims = s.open(ctx, step, &phase)
	}
	s.awaitReady(ctx, claims)
	s.busy(before, &phase)
	if s.awaitWhole(ctx, len(claims)) {
		phase.Values[report.Whole] = time.Since(lastDue(claims)).Seconds()
	} else {
		phase.Failures = append(phase.Failures, s.notWhole())
	}
	s.settle(ctx)
	s.spent(ctx, before, len(claims), &phase)
	phase.Seconds = time.Since(before.began).Seconds()
	s.seen.Look(func(r *seen.Record) { evaluate(r, claims, s.size, &phase) })
	if missed := s.gaps() - gaps; missed > 0 {
		phase.Values[report.Gaps] = float64(missed)
	}
	s.audit(ctx, &phase)
	if ctx.Err() == nil {
		s.say(step, &phase)
	}
	return phase
}

// gaps returns how often a watch has ended so far.
func (s *scene) gaps() (n int) {
	s.seen.Look(func(r *seen.Record) { n = r.Gaps })
	return n
}

// oneAtATime creates claims, each some time after the last one is Ready.
func (s *scene) oneAtATime(ctx context.Context, series string, n int) []asked {
	var claims []asked
	for i := range n {
		claim := asked{name: fmt.Sprintf("%s-%04d", series, i), due: time.Now()}
		ready := s.seen.Ready(claim.name)
		claim.refused = s.claim(ctx, claim.name)
		claims = append(claims, claim)
		if claim.refused == nil {
			wait, cancel := context.WithTimeout(ctx, patience)
			select {
			case <-ready:
			case <-wait.Done():
			}
			cancel()
		}
		if pause(ctx, between) != nil {
			return claims
		}
	}
	return claims
}

// open creates claims at the moments that the step has, whatever becomes of those before.
func (s *scene) open(ctx context.Context, step Step, phase *report.Phase) []asked {
	var mu sync.Mutex
	var claims []asked
	starts := schedule.Run(ctx, step.Offsets, func(i int, due time.Time) {
		claim := asked{name: fmt.Sprintf("%s-%04d", step.Name, i), due: due}
		claim.refused = s.claim(ctx, claim.name)
		mu.Lock()
		defer mu.Unlock()
		claims = append(claims, claim)
	})
	late := make([]float64, len(starts))
	for i, start := range starts {
		late[i] = milliseconds(start.Late())
	}
	lateness(late, phase)
	slices.SortFunc(claims, func(a, b asked) int { return strings.Compare(a.name, b.name) })
	return claims
}

// claim creates a claim on the pool.
func (s *scene) claim(ctx context.Context, name string) error {
	return s.Requests.Create(ctx, api.Claims.In(s.namespace), api.Claims, map[string]any{
		"metadata": map[string]any{"name": name},
		"spec":     map[string]any{"warmPoolRef": map[string]any{"name": s.pool}},
	})
}

// awaitReady waits until all claims are Ready that were not refused.
func (s *scene) awaitReady(ctx context.Context, claims []asked) {
	ctx, cancel := within(ctx, len(claims))
	defer cancel()
	s.seen.Await(ctx, func(r *seen.Record) bool {
		for _, claim := range claims {
			if claim.refused == nil && (r.Claims[claim.name] == nil || r.Claims[claim.name].ReadyAt.IsZero()) {
				return false
			}
		}
		return true
	})
}

func lastDue(claims []asked) (last time.Time) {
	for _, claim := range claims {
		if claim.due.After(last) {
			last = claim.due
		}
	}
	return last
}

// audit looks for what must not be.
func (s *scene) audit(ctx context.Context, phase *report.Phase) {
	if ctx.Err() != nil {
		return
	}
	snapshot, err := s.snapshot(ctx)
	if err != nil {
		phase.Failures = append(phase.Failures, "the audit: "+err.Error())
		return
	}
	phase.Violations = append(phase.Violations, audit.Check(snapshot)...)
}

// say tells what came out.
func (s *scene) say(step Step, phase *report.Phase) {
	v := phase.Values
	s.Log("%s: p50 %.0f ms, p99 %.0f ms, last %.0f ms; %.1f writes and %.1f calls a claim; %d failures, %d violations",
		step.Title, v[report.ReadyP50], v[report.ReadyP99], v[report.Last], v[report.Writes], v[report.Calls],
		len(phase.Failures), len(phase.Violations))
}
