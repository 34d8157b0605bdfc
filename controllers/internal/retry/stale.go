package retry

import (
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// IsStale reports whether err only means that the write was decided on a stale view. That is a conflict, an object that is
// gone, a patch that no longer fits, or a creation in a namespace that is going (internal/going). The reconciler reads again
// and reports nothing. A permanent refusal is not a stale write, whatever its code.
func IsStale(err error) bool {
	return IsMismatch(err) || rules.IsNamespaceGoing(err) || (apierrors.IsConflict(err) || apierrors.IsNotFound(err)) && !rules.IsRefusal(err)
}

// IgnoreStale returns nil for a stale write, and every other error as it is.
func IgnoreStale(err error) error {
	if IsStale(err) {
		return nil
	}
	return err
}

// IsOutdated reports whether a guarded write may have failed because its decision was outdated. Either the write was stale,
// or admission found it invalid, possibly because of a later change. The reconciler decides again on a live read.
func IsOutdated(err error) bool {
	return IsStale(err) || apierrors.IsInvalid(err)
}

// MarkMismatch marks err for IsMismatch if it is the API server's answer to a JSON patch that does not fit the object. It
// returns every other error as it is. The same answer to any other request means something else, so only the sender of a
// JSON patch may call this.
func MarkMismatch(err error) error {
	var api apierrors.APIStatus
	if !errors.As(err, &api) {
		return err
	}
	if status := api.Status(); status.Code == mismatchStatus.Code && status.Message == mismatchStatus.Message {
		return &mismatch{err}
	}
	return err
}

// IsMismatch reports whether err means that a JSON patch does not fit the object. Either a test of the patch failed, or the
// patch removes something that is gone.
func IsMismatch(err error) bool {
	var e *mismatch
	return errors.As(err, &e)
}

// mismatch is the error of a JSON patch that does not fit.
type mismatch struct{ error }

func (e *mismatch) Unwrap() error { return e.error }

// mismatchStatus is the API server's answer to such a patch: a 422 that names no object and gives no cause. A webhook can
// refuse with the same code, but its message differs.
var mismatchStatus = apierrors.NewGenericServerResponse(
	http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", "", 0, false).Status()
