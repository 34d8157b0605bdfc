// Package write holds the guarded writes. Each names the version, or at least the UID, that it was decided on. So a decision
// made on a stale view is refused and never carried out. The package does not decide what to write.
package write

import (
	"context"
	"encoding/json"
	"fmt"

	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
)

// Patch patches obj if the API server still has base, which is the earlier state of obj.
func Patch(ctx context.Context, c client.Client, obj, base client.Object) error {
	return c.Patch(ctx, obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}

// PatchInto is Patch, and reads what is stored then into stored, which is empty. Patch reads into obj, where what somebody's webhook
// removed would still be.
func PatchInto[T client.Object](ctx context.Context, c client.Client, obj, base, stored T) (T, error) {
	data, err := client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}).Data(obj)
	if err != nil {
		return stored, fmt.Errorf("encoding a patch of %s: %w", obj.GetName(), err)
	}
	stored.SetNamespace(obj.GetNamespace())
	stored.SetName(obj.GetName())
	return stored, c.Patch(ctx, stored, client.RawPatch(types.MergePatchType, data))
}

// Status patches the status of obj if the API server still has base, which is the earlier state of obj.
func Status(ctx context.Context, c client.Client, obj, base client.Object) error {
	return c.Status().Patch(ctx, obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}

// JSONPatch sends a JSON patch, which holds the tests that guard it, and reads the result into obj. obj must have a
// namespace and a name and nothing else. The reason is that decoding does not clear what the result omits, such as a removed
// label. retry.IsMismatch recognizes the error of a patch that does not fit the object.
func JSONPatch(ctx context.Context, c client.Client, obj client.Object, ops []jsonpatch.Operation) error {
	patch, err := json.Marshal(ops)
	if err != nil {
		return fmt.Errorf("encoding a patch of %s: %w", obj.GetName(), err)
	}
	return retry.MarkMismatch(c.Patch(ctx, obj, client.RawPatch(types.JSONPatchType, patch)))
}

// DeleteVersion deletes obj if the API server still has exactly this version. Its dependents are deleted in the background,
// unless opts say otherwise.
func DeleteVersion(ctx context.Context, c client.Client, obj client.Object, opts ...client.DeleteOption) error {
	return c.Delete(ctx, obj, append([]client.DeleteOption{client.Preconditions{
		UID: new(obj.GetUID()), ResourceVersion: new(obj.GetResourceVersion()),
	}, client.PropagationPolicy(metav1.DeletePropagationBackground)}, opts...)...)
}

// DeleteUID deletes obj in whatever state it is by now, but never another object of its name. Its dependents are deleted in
// the background.
func DeleteUID(ctx context.Context, c client.Client, obj client.Object) error {
	return c.Delete(ctx, obj, client.Preconditions{UID: new(obj.GetUID())}, client.PropagationPolicy(metav1.DeletePropagationBackground))
}
