package sandbox

import (
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// sift tells what went wrong from what says only that the view was old.
func splitStale(errs ...error) (problem, weather error) {
	for _, err := range errs {
		if retry.IsStale(err) {
			return nil, err
		}
	}
	return errors.Join(errs...), nil
}

// next says when to look at sandbox again, if nothing happens to it, after a pass that ended with err. left is how long it has
// until it expires, 0 where it has expired or never will; what went wrong is tried again with backoff, and before that when its
// time has come. Even what the API server calls invalid is tried again: a policy can be why, and that can change without an event.
func requeue(sandbox *sandboxv1.Sandbox, seen rules.Observed, left time.Duration, err error) (reconcile.Result, error) {
	blocked := seen.PodNameTaken || seen.Err != nil
	switch {
	case sandbox.DeletionTimestamp != nil:
		return reconcile.Result{}, err
	case seen.Err != nil && !onlyNameConflicts(seen.Err):
		err = errors.Join(err, seen.Err)
	case blocked && (left == 0 || left > nameConflictRecheck):
		left = nameConflictRecheck
	}
	return reconcile.Result{RequeueAfter: left}, err
}

// onlyNameConflicts says whether problem, as sift joined it, is about nothing but objects of others.
func onlyNameConflicts(problem error) bool {
	joined, ok := problem.(interface{ Unwrap() []error })
	if !ok {
		return rules.IsNameConflict(problem)
	}
	for _, err := range joined.Unwrap() {
		if !rules.IsNameConflict(err) {
			return false
		}
	}
	return true
}
