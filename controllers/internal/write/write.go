// Package write holds the guarded writes: each names the version that it was decided on, so that a decision made on an
// old view is refused and never carried out.
package write

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"gomodules.xyz/jsonpatch/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Changed patches obj, whose earlier state is base, if base is still what the API server has.
func Patch(ctx context.Context, c client.Client, obj, base client.Object) error {
	return c.Patch(ctx, obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}

// Status patches the status of obj, whose earlier state is base, if base is still what the API server has.
func Status(ctx context.Context, c client.Client, obj, base client.Object) error {
	return c.Status().Patch(ctx, obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}

// Operations sends a JSON patch, which holds the tests that guard it, and reads the result into obj. obj has a namespace
// and a name and nothing else: decoding leaves alone what the result does not mention, such as a label that is removed.
// IsMismatch tells the error of a patch that does not fit the object.
func JSONPatch(ctx context.Context, c client.Client, obj client.Object, ops []jsonpatch.Operation) error {
	patch, err := json.Marshal(ops)
	if err != nil {
		return fmt.Errorf("encoding a patch of %s: %w", obj.GetName(), err)
	}
	err = c.Patch(ctx, obj, client.RawPatch(types.JSONPatchType, patch))
	if isMismatch(err) {
		return &mismatch{err}
	}
	return err
}

// DeleteVersion deletes obj if the API server still has it just as it is here. What it owns goes in the background, unless
// opts say otherwise.
func DeleteVersion(ctx context.Context, c client.Client, obj client.Object, opts ...client.DeleteOption) error {
	return c.Delete(ctx, obj, append([]client.DeleteOption{client.Preconditions{
		UID: new(obj.GetUID()), ResourceVersion: new(obj.GetResourceVersion()),
	}, client.PropagationPolicy(metav1.DeletePropagationBackground)}, opts...)...)
}

// DeleteUID deletes obj, in whatever state it is by now, if it is still that object and not another of its name. What it owns
// goes in the background.
func DeleteUID(ctx context.Context, c client.Client, obj client.Object) error {
	return c.Delete(ctx, obj, client.Preconditions{UID: new(obj.GetUID())}, client.PropagationPolicy(metav1.DeletePropagationBackground))
}

// Lost says whether err is the API server's word that a guarded write was decided on an old view: what it was about is
// gone, has changed, or is not what a test, or admission, expects. Read again and decide again.
func IsOutdated(err error) bool {
	return IsStale(err) || apierrors.IsInvalid(err)
}

// IsStale says whether err is only the API server's word that the view was old: look again, and say nothing. What refuses a
// write for good is no weather, whatever it calls itself.
func IsStale(err error) bool {
	return IsMismatch(err) || (apierrors.IsConflict(err) || apierrors.IsNotFound(err)) && !rules.IsRefusal(err)
}

// IsMismatch says whether err, of Operations, is that the patch does not fit the object: a test of it failed, or what it
// removes is gone.
func IsMismatch(err error) bool {
	var e *mismatch
	return errors.As(err, &e)
}

// mismatch is the error of a JSON patch that does not fit.
type mismatch struct{ error }

func (e *mismatch) Unwrap() error { return e.error }

// mismatchStatus is how the API server says it: a 422 that names no object and gives no cause. A webhook may refuse with just that, but in
// words of its own.
var mismatchStatus = apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", "", 0, false).Status()

// isMismatch says whether err is the API server's answer to a JSON patch that does not fit.
func isMismatch(err error) bool {
	var api apierrors.APIStatus
	if !errors.As(err, &api) {
		return false
	}
	status := api.Status()
	return status.Code == mismatchStatus.Code && status.Message == mismatchStatus.Message
}

// IgnoreStale returns err unless it is weather.
func IgnoreStale(err error) error {
	if IsStale(err) {
		return nil
	}
	return err
}
