package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/limits"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// bounded is a kind whose objects are held against the bounds of internal/limits.
type bounded struct {
	kind

	shape *limits.Shape
}

// The kind of object that each path is about. It is the path that counts, not what the request says of its kind: the object is
// decoded as the former.
var (
	boundedPod      = bounded{podKind, limits.ShapeOf[corev1.Pod]()}
	boundedSandbox  = bounded{sandboxKind, limits.ShapeOf[sandboxv1.Sandbox]()}
	boundedClaim    = bounded{claimKind, limits.ShapeOf[extensionsv1.SandboxClaim]()}
	boundedTemplate = bounded{templateKind, limits.ShapeOf[extensionsv1.SandboxTemplate]()}
	boundedPool     = bounded{poolKind, limits.ShapeOf[extensionsv1.SandboxWarmPool]()}

	boundedKinds = map[string]bounded{
		"/mutate-pod": boundedPod, "/validate-pod": boundedPod,
		"/mutate-sandbox": boundedSandbox, "/validate-sandbox": boundedSandbox,
		"/mutate-sandboxclaim": boundedClaim, "/validate-sandboxclaim": boundedClaim, "/validate-sandboxclaim-status": boundedClaim,
		"/validate-sandboxtemplate": boundedTemplate, "/validate-sandboxwarmpool": boundedPool,
	}
)

// withLimits refuses what is too large for handler, which serves path, before anything is decoded. A mutating webhook is asked
// before the schema, and a Pod has no schema.
//
// An object that was stored while there were no bounds may be made smaller. Of such a one, the handler is given the metadata
// alone as the old object: it then takes the rest for new, and judges that.
func withLimits(path string, handler admission.Handler) admission.Handler {
	b, ok := boundedKinds[path]
	if !ok {
		panic(fmt.Sprintf("webhooks: add the kind of %s to boundedKinds", path))
	}
	return admission.HandlerFunc(func(ctx context.Context, req admission.Request) admission.Response {
		if err := ctx.Err(); err != nil {
			return admission.Errored(http.StatusServiceUnavailable, err) // Nobody waits for the answer.
		}
		if err := limits.Check(req.Object.Raw, b.shape); err != nil {
			return respond(ctx, b.invalid(&metav1.ObjectMeta{Name: req.Name}, field.ErrorList{err}.WithOrigin(rules.RuleLimits)))
		}
		if limits.Check(req.OldObject.Raw, b.shape) != nil {
			return handleWithoutOld(ctx, req, handler)
		}
		response := handler.Handle(ctx, req)
		if unreadable(response) && req.Operation == admissionv1.Update {
			// Go may not read what was stored under an earlier schema. If it is the new object, this says so again.
			return handleWithoutOld(ctx, req, handler)
		}
		return response
	})
}

// unreadable reports whether a handler could not decode an object.
func unreadable(response admission.Response) bool {
	return !response.Allowed && response.Result != nil && response.Result.Code == http.StatusBadRequest
}

// handleWithoutOld has handler judge a request with no more of the old object than its metadata.
func handleWithoutOld(ctx context.Context, req admission.Request, handler admission.Handler) admission.Response {
	var old metav1.PartialObjectMetadata
	if err := json.Unmarshal(req.OldObject.Raw, &old); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	raw, err := json.Marshal(&old)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	req.OldObject.Raw = raw
	return handler.Handle(ctx, req)
}
