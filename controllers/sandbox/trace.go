package sandbox

import (
	"context"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/tracing"
)

// noteTrace records on sandbox the trace that it is in, if it is in one and has no record yet. The next reconcile continues
// that trace. The Sandbox does not depend on the record, so a failure to write it is noted only in the trace.
func (r *Reconciler) noteTrace(ctx context.Context, sandbox *sandboxv1.Sandbox) {
	trace := tracing.Context(ctx)
	if trace == "" || sandbox.Annotations[sandboxv1.AnnotationTraceContext] != "" || sandbox.DeletionTimestamp != nil {
		return
	}
	noted := sandbox.DeepCopy()
	if noted.Annotations == nil {
		noted.Annotations = map[string]string{}
	}
	noted.Annotations[sandboxv1.AnnotationTraceContext] = trace
	if err := write.Patch(ctx, r.Client, noted, sandbox); err != nil {
		tracing.Event(ctx, "TraceContextNotWritten", "error", err.Error())
		return
	}
	*sandbox = *noted
}
