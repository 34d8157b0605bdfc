package sandboxclaim

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// maxSteps is how many steps a claim takes in one pass. Without a conflict it takes three at the most (bind, adopt or
// create, serve), and three more for each Sandbox that someone else was faster to adopt.
const maxSteps = 32

var (
	// errLostEveryRace ends a pass that lost every race it ran; the next one starts afresh.
	errLostEveryRace = errors.New("the claim lost every race for a Sandbox in this pass")
	// errExpired ends a pass over a claim that expired meanwhile.
	errExpired = errors.New("the claim has expired")
)

// ensureSandbox returns the Sandbox that claim controls, taking whatever steps lead there. claim is brought up to date on
// the way. A *rules.Problem says what the claim waits for.
func (r *Reconciler) ensureSandbox(ctx context.Context, claim *extensionsv1.SandboxClaim) (*sandboxv1.Sandbox, error) {
	var reader client.Reader = r.Client
	var unapplied types.UID // The Sandbox whose adoption did not fit it although it was read live.
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

// raced says whether err, from a step, means that someone else was faster. What is refused although it was decided on what
// there is, is no race.
func isLostRace(err error, live bool) bool {
	if live {
		return retry.IsStale(err)
	}
	return retry.IsOutdated(err)
}

// refresh reads claim live. It is NotFound when the claim that has this name now is another one, and a conflict when its time
// is up: an expired claim takes no step, whatever an older view of it was on the way to.
func (r *Reconciler) refresh(ctx context.Context, claim *extensionsv1.SandboxClaim) error {
	fresh := &extensionsv1.SandboxClaim{} // Not into claim: decoding leaves alone what is no longer there.
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

// take carries out one step. It returns the Sandbox once the claim controls it; nil, and no error, when there is another
// step to take; and an error that is write.Lost when the step was decided on an old view.
func (r *Reconciler) takeStep(
	ctx context.Context, step rules.Step, claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox,
) (*sandboxv1.Sandbox, error) {
	switch step {
	case rules.StepServe:
		return sandbox, nil
	case rules.StepBind:
		return nil, r.bind(ctx, claim)
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

// bound returns the Sandbox that claim is bound to, or nil where there is none.
func bound(ctx context.Context, reader client.Reader, claim *extensionsv1.SandboxClaim) (*sandboxv1.Sandbox, error) {
	if rules.Binding(claim) == "" {
		return nil, nil
	}
	return read(ctx, reader, client.ObjectKey{Namespace: claim.Namespace, Name: rules.Binding(claim)})
}

// read returns the Sandbox of that key, or nil where there is none.
func read(ctx context.Context, reader client.Reader, key client.ObjectKey) (*sandboxv1.Sandbox, error) {
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

// asConditionError tells what a claim waits for from what went wrong.
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

// causeOf returns what makes the queue try again, with backoff: a refusal can end without an event, with a quota for one.
func causeOf(problem *rules.ConditionError) error {
	if problem == nil {
		return nil
	}
	return problem.Cause
}
