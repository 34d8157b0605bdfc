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
func Changed(ctx context.Context, c client.Client, obj, base client.Object) error {
	return c.Patch(ctx, obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}

// Status patches the status of obj, whose earlier state is base, if base is still what the API server has.
func Status(ctx context.Context, c client.Client, obj, base client.Object) error {
	return c.Status().Patch(ctx, obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}

// Operations sends a JSON patch, which holds the tests that guard it, and reads the result into obj. obj has a namespace
// and a name and nothing else: decoding leaves alone what the result does not mention, such as a label that is removed.
// IsUnapplied tells the error of a patch that does not fit the object.
func Operations(ctx context.Context, c client.Client, obj client.Object, ops []jsonpatch.Operation) error {
	patch, err := json.Marshal(ops)
	if err != nil {
		return fmt.Errorf("encoding a patch of %s: %w", obj.GetName(), err)
	}
	err = c.Patch(ctx, obj, client.RawPatch(types.JSONPatchType, patch))
	if doesNotFit(err) {
		return &unapplied{err}
	}
	return err
}

// DeleteUnchanged deletes obj if the API server still has it just as it is here. What it owns goes in the background, unless
// opts say otherwise.
func DeleteUnchanged(ctx context.Context, c client.Client, obj client.Object, opts ...client.DeleteOption) error {
	return c.Delete(ctx, obj, append([]client.DeleteOption{client.Preconditions{
		UID: new(obj.GetUID()), ResourceVersion: new(obj.GetResourceVersion()),
	}, client.PropagationPolicy(metav1.DeletePropagationBackground)}, opts...)...)
}

// DeleteSame deletes obj, in whatever state it is by now, if it is still that object and not another of its name. What it owns
// goes in the background.
func DeleteSame(ctx context.Context, c client.Client, obj client.Object) error {
	return c.Delete(ctx, obj, client.Preconditions{UID: new(obj.GetUID())}, client.PropagationPolicy(metav1.DeletePropagationBackground))
}

// Lost says whether err is the API server's word that a guarded write was decided on an old view: what it was about is
// gone, has changed, or is not what a test, or admission, expects. Read again and decide again.
func Lost(err error) bool {
	return IsWeather(err) || apierrors.IsInvalid(err)
}

// IsWeather says whether err is only the API server's word that the view was old: look again, and say nothing. What refuses a
// write for good is no weather, whatever it calls itself.
func IsWeather(err error) bool {
	return IsUnapplied(err) || (apierrors.IsConflict(err) || apierrors.IsNotFound(err)) && !rules.IsRefusal(err)
}

// IsUnapplied says whether err, of Operations, is that the patch does not fit the object: a test of it failed, or what it
// removes is gone.
func IsUnapplied(err error) bool {
	var e *unapplied
	return errors.As(err, &e)
}

// unapplied is the error of a JSON patch that does not fit.
type unapplied struct{ error }

func (e *unapplied) Unwrap() error { return e.error }

// misfit is how the API server says it: a 422 that names no object and gives no cause. A webhook may refuse with just that, but in
// words of its own.
var misfit = apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", "", 0, false).Status()

// doesNotFit says whether err is the API server's answer to a JSON patch that does not fit.
func doesNotFit(err error) bool {
	var api apierrors.APIStatus
	if !errors.As(err, &api) {
		return false
	}
	status := api.Status()
	return status.Code == misfit.Code && status.Message == misfit.Message
}

// IgnoreWeather returns err unless it is weather.
func IgnoreWeather(err error) error {
	if IsWeather(err) {
		return nil
	}
	return err
}
