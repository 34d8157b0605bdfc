package sandboxclaim

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// maxSteps is how many steps a claim takes in one reconcile. Without a conflict it takes at most three: bind, adopt or
// create, and serve. It takes three more for each Sandbox that someone else adopted first.
const maxSteps = 32

var (
	// errLostEveryRace ends a reconcile that lost every race. The next reconcile starts afresh.
	errLostEveryRace = errors.New("the claim lost every race for a Sandbox in this pass")
	// errExpired ends the reconcile of a claim that expired meanwhile.
	errExpired = errors.New("the claim has expired")
)

// ensureSandbox returns the Sandbox that claim controls, and takes the steps that lead there. It brings claim up to date on
// the way. A *rules.ConditionError says what the claim waits for.
func (r *Reconciler) ensureSandbox(ctx context.Context, claim *extensionsv1.SandboxClaim) (*sandboxv1.Sandbox, error) {
	var reader client.Reader = r.Client
	var unapplied types.UID // The Sandbox whose adoption did not fit although it was read live.
	live := false
	for range maxSteps {
		found, err := bound(ctx, reader, claim)
		if err != nil {
			return nil, err
		}
		step := rules.NextStep(claim, found)
		if live || rules.IsSafeOnCache(claim, step) {
			sandbox, err := r.takeStep(ctx, step, claim, found)
			switch {
			case err == nil && sandbox == nil:
				continue
			case err == nil || !isLostRace(err, live):
				return sandbox, err
			case live && retry.IsMismatch(err) && found.UID == unapplied:
				return nil, rules.AdoptionConflictError(err)
			case live && retry.IsMismatch(err):
				unapplied = found.UID
			}
		}
		reader, live = r.Live, true
		if err := r.refresh(ctx, claim); err != nil {
			return nil, err
		}
	}
	return nil, rules.AdoptionConflictError(errLostEveryRace)
}

// isLostRace reports whether err, from a step, means that someone else was faster. A refusal of a step that was decided on
// live objects is not a lost race, and a namespace that is being deleted is none.
func isLostRace(err error, live bool) bool {
	if rules.IsNamespaceGoing(err) {
		return false
	}
	if live {
		return retry.IsStale(err)
	}
	return retry.IsOutdated(err)
}

// refresh reads claim live. It returns NotFound if another claim has this name now, or if claim is terminating. It returns a
// conflict if claim has expired: an expired claim takes no step, whatever step a stale view of it led to.
func (r *Reconciler) refresh(ctx context.Context, claim *extensionsv1.SandboxClaim) error {
	fresh := &extensionsv1.SandboxClaim{} // Not into claim: decoding does not clear what is no longer there.
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(claim), fresh); err != nil {
		return err
	}
	if fresh.UID != claim.UID || fresh.DeletionTimestamp != nil {
		return apierrors.NewNotFound(extensionsv1.Resource(extensionsv1.ResourceSandboxClaims), claim.Name)
	}
	if rules.IsClaimExpired(fresh, r.Now()) {
		return apierrors.NewConflict(extensionsv1.Resource(extensionsv1.ResourceSandboxClaims), claim.Name, errExpired)
	}
	*claim = *fresh
	return nil
}

// takeStep carries out one step. It returns the Sandbox once the claim controls it. It returns nil, and no error, if there
// is another step to take. Its error is retry.IsOutdated if the step was decided on a stale view.
func (r *Reconciler) takeStep(
	ctx context.Context, step rules.Step, claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox,
) (*sandboxv1.Sandbox, error) {
	switch step {
	case rules.StepServe:
		return sandbox, nil
	case rules.StepBind:
		first := rules.Binding(claim) == ""
		if err := r.bind(ctx, claim); err != nil || !first || rules.NextStep(claim, nil) != rules.StepCreate {
			return nil, err
		}
		return r.createSandbox(ctx, claim) // Nobody can have created it before the claim's first binding.
	case rules.StepAdopt:
		return r.adopt(ctx, claim, sandbox)
	case rules.StepCreate:
		return r.createSandbox(ctx, claim)
	case rules.StepMissing:
		return nil, rules.SandboxMissingError()
	case rules.StepBlocked:
		return nil, rules.NameTakenError(claim)
	default:
		return nil, fmt.Errorf("step %q is not known", step)
	}
}

// bound returns the Sandbox that claim is bound to, or nil if there is none.
func bound(ctx context.Context, reader client.Reader, claim *extensionsv1.SandboxClaim) (*sandboxv1.Sandbox, error) {
	if rules.Binding(claim) == "" {
		return nil, nil
	}
	return read(ctx, reader, client.ObjectKey{Namespace: claim.Namespace, Name: rules.Binding(claim)})
}

// read returns the Sandbox of that key, or nil if there is none. A binding that somebody made up while no webhook was there may be no name.
func read(ctx context.Context, reader client.Reader, key client.ObjectKey) (*sandboxv1.Sandbox, error) {
	if len(content.IsPathSegmentName(key.Name)) > 0 {
		return nil, nil // No object has such a name, and no client asks for it.
	}
	sandbox := &sandboxv1.Sandbox{}
	err := reader.Get(ctx, key, sandbox)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Sandbox %q: %w", key.Name, err)
	}
	return sandbox, nil
}

// asConditionError separates what a claim waits for from what went wrong.
func asConditionError(err error) (*rules.ConditionError, error) {
	var problem *rules.ConditionError
	switch {
	case errors.As(err, &problem):
		return problem, nil
	case rules.IsRefusal(err):
		return rules.RefusedError(err), nil
	}
	return nil, err
}

// causeOf returns the error behind problem, which makes the queue retry with backoff. A refusal, for example by a quota, can
// end without an event.
func causeOf(problem *rules.ConditionError) error {
	if problem == nil {
		return nil
	}
	return problem.Cause
}
