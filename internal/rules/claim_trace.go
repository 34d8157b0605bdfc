package rules

import (
	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// maxTraceContextBytes is the maximum length of a trace context that is copied to a Sandbox. W3C trace headers take a
// few hundred bytes: traceparent has 55, and everyone must propagate a tracestate of 512. A larger value would only
// make every copy of the Sandbox larger.
const maxTraceContextBytes = 4096

// traceContext returns the trace context that claim's Sandbox gets. It returns "" if there is none, or if it is too
// long.
func traceContext(claim *extensionsv1.SandboxClaim) string {
	if trace := claim.Annotations[sandboxv1.AnnotationTraceContext]; len(trace) <= maxTraceContextBytes {
		return trace
	}
	return ""
}
