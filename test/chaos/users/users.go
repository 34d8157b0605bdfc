// Package users does what the users of a chaos run do: each operation of the plan, on objects that there are then.
package users

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/plan"
)

// Outcome is what became of an operation.
type Outcome string

const (
	// Done: the API server carried it out.
	Done Outcome = "done"
	// Nothing: there was no object for it.
	Nothing Outcome = "nothing to do"
	// Refused: the API server said no, with a 4xx.
	Refused Outcome = "refused"
	// Failed: it did not answer, or could not.
	Failed Outcome = "failed"
)

// limit bounds an operation.
const limit = 10 * time.Second

// Users are all users of a run.
type Users struct {
	// admin may do everything, and editor edits in the namespaces of the run.
	admin, editor client.Client
	note          func(judge.Note)

	mu sync.Mutex
	// namespaces are those that are in use, in the order of their names.
	namespaces []string
	// opened is how many there have been.
	opened int
}

// New returns users who note what they delete and what they were acknowledged.
func New(admin, editor client.Client, note func(judge.Note)) *Users {
	return &Users{admin: admin, editor: editor, note: note}
}

// Do carries out an operation. The error says why it was refused or failed.
func (u *Users) Do(ctx context.Context, o plan.Operation) (Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done, err := u.act(ctx, o)
	switch {
	case err == nil && done:
		return Done, nil
	case err == nil || apierrors.IsNotFound(err): // Another operation was faster.
		return Nothing, nil
	case refused(err):
		return Refused, fmt.Errorf("%s: %w", o.Kind, err)
	default:
		return Failed, fmt.Errorf("%s: %w", o.Kind, err)
	}
}

// refused says that the API server considered the request, and does not want it.
func refused(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	code := status.Status().Code
	return code >= 400 && code < 500 && code != 429 && code != 408
}

// act carries out an operation, and says whether there was anything to do.
func (u *Users) act(ctx context.Context, o plan.Operation) (done bool, err error) {
	switch o.Kind {
	case plan.OpenNamespace:
		return u.openAnother(ctx)
	case plan.CloseNamespace:
		return u.closeOne(ctx, o.Choice)
	case plan.Cordon:
		return u.cordon(ctx, o.Choice, true)
	case plan.Uncordon:
		return u.cordon(ctx, o.Choice, false)
	default:
	}
	namespace, choice := u.choose(o.Choice)
	switch o.Kind {
	case plan.ClaimOfPool, plan.ClaimOfTemplate, plan.ClaimWithEnv, plan.ClaimWithVolume, plan.ClaimThatExpires:
		return true, u.claim(ctx, namespace, o.Kind, choice)
	case plan.Release:
		return u.release(ctx, namespace, choice)
	case plan.ScalePool:
		return u.scale(ctx, namespace, choice)
	case plan.EditTemplate:
		return true, u.edit(ctx, namespace, choice)
	case plan.DeletePod, plan.KillPod:
		return u.deletePod(ctx, namespace, choice, o.Kind == plan.KillPod)
	case plan.DeleteSandbox, plan.KillSandbox:
		return u.deleteSandbox(ctx, namespace, choice, o.Kind == plan.KillSandbox)
	case plan.Suspend, plan.Resume:
		return u.setMode(ctx, namespace, choice, o.Kind == plan.Suspend)
	case plan.Standalone:
		return true, u.standalone(ctx, namespace, choice)
	case plan.EndStandalone:
		return u.endStandalone(ctx, namespace, choice)
	default:
		return false, fmt.Errorf("there is no operation %q", o.Kind)
	}
}

// choose takes the namespace out of a choice, and returns what is left to choose from.
func (u *Users) choose(choice uint64) (namespace string, rest uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := uint64(len(u.namespaces))
	return u.namespaces[choice%n], choice / n
}

// Namespaces returns the namespaces that are in use.
func (u *Users) Namespaces() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.namespaces)
}

// pick takes one of the items out of a choice, and returns what is left to choose from. ok is false if there is none.
func pick[E any](items []E, choice uint64) (item E, rest uint64, ok bool) {
	if len(items) == 0 {
		return item, choice, false
	}
	n := uint64(len(items))
	return items[choice%n], choice / n, true
}
