package rules

import (
	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// maxTraceContextBytes is how long a trace context may be, in bytes, to be copied to a Sandbox. W3C trace headers take a few
// hundred (traceparent 55, tracestate 512 to be propagated by everyone); more would only make every copy of the Sandbox larger.
const maxTraceContextBytes = 4096

// traceContext returns the trace context that claim's Sandbox gets, or "" where there is none or it is too long to be one.
func traceContext(claim *extensionsv1.SandboxClaim) string {
	if trace := claim.Annotations[sandboxv1.AnnotationTraceContext]; len(trace) <= maxTraceContextBytes {
		return trace
	}
	return ""
}
