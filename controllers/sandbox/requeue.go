package sandbox

import (
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// labelRecheck is the delay until a Pod that the cluster leaves without its template's label is given it again.
const labelRecheck = time.Minute

// splitStale separates what went wrong from a stale view. If any error is stale, it returns only that one.
func splitStale(errs ...error) (problem, weather error) {
	for _, err := range errs {
		if retry.IsStale(err) {
			return nil, err
		}
	}
	return errors.Join(errs...), nil
}

// requeue returns when to reconcile sandbox again, if nothing happens to it, after a reconcile that ended with err. left is
// the time until sandbox expires; it is 0 if sandbox has expired or never will. A failure is retried with backoff, or
// earlier when left is over. What the API server finds invalid is looked at again when invalidRecheck is over: mostly, only a
// change of the spec helps, which is an event. A wait for a NetworkPolicy ends with an event, and needs no retry. Nothing tells when
// the cluster lets a Pod have its labels.
func requeue(sandbox *sandboxv1.Sandbox, observed rules.Observed, left time.Duration, err error) (reconcile.Result, error) {
	problem := withoutPolicyWaits(observed.Err)
	blocked := observed.PodNameTaken || problem != nil
	switch {
	case sandbox.DeletionTimestamp != nil:
		return reconcile.Result{}, err
	case problem != nil && rules.IsInvalidConfiguration(problem):
		left = retry.Earliest(left, invalidRecheck)
	case problem != nil && !onlyNameConflicts(problem):
		err = errors.Join(err, problem)
	case blocked && (left == 0 || left > nameConflictRecheck):
		left = nameConflictRecheck
	}
	if err == nil && rules.UnselectedPod(sandbox, observed.Pod()) != "" {
		left = retry.Earliest(left, labelRecheck)
	}
	return reconcile.Result{RequeueAfter: left}, err
}

// onlyNameConflicts reports whether problem, as splitStale joined it, is only about name conflicts with objects of others.
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
