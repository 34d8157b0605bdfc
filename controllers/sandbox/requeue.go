package sandbox

import (
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// sift tells what went wrong from what says only that the view was old.
func sift(errs ...error) (problem, weather error) {
	for _, err := range errs {
		if write.IsWeather(err) {
			return nil, err
		}
	}
	return errors.Join(errs...), nil
}

// next says when to look at sandbox again, if nothing happens to it, after a pass that ended with err. left is how long it has
// until it expires, 0 where it has expired or never will; what went wrong is tried again with backoff, and before that when its
// time has come. Even what the API server calls invalid is tried again: a policy can be why, and that can change without an event.
func next(sandbox *sandboxv1.Sandbox, seen rules.Seen, left time.Duration, err error) (reconcile.Result, error) {
	blocked := seen.PodInTheWay || seen.Problem != nil
	switch {
	case sandbox.DeletionTimestamp != nil:
		return reconcile.Result{}, err
	case seen.Problem != nil && !onlyInTheWay(seen.Problem):
		err = errors.Join(err, seen.Problem)
	case blocked && (left == 0 || left > blockedRecheck):
		left = blockedRecheck
	}
	return reconcile.Result{RequeueAfter: left}, err
}

// onlyInTheWay says whether problem, as sift joined it, is about nothing but objects of others.
func onlyInTheWay(problem error) bool {
	joined, ok := problem.(interface{ Unwrap() []error })
	if !ok {
		return rules.IsInTheWay(problem)
	}
	for _, err := range joined.Unwrap() {
		if !rules.IsInTheWay(err) {
			return false
		}
	}
	return true
}
