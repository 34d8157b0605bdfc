package webhooks

import (
	"fmt"
	"testing"

	"gomodules.xyz/jsonpatch/v2"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/collector"
)

// TestClaimsAreTracedFromTheirAdmissionOn checks that a claim is in its client's trace, or in one that begins with its
// admission. The claim records its trace from birth, which costs no write.
func TestClaimsAreTracedFromTheirAdmissionOn(t *testing.T) {
	c := collector.Start(t)
	tracer, err := tracing.New(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	m := mutator(shelfOf(), "p-abcde", "p-fghij")
	m.tracer = tracer
	const client = `{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}`
	stamped := func(claim *builder.ClaimWrapper) string {
		for _, op := range m.Handle(t.Context(), request(t, someUser, nil, claim.Obj())).Patches {
			if text := traceIn(op); text != "" {
				return text
			}
		}
		return ""
	}
	own := stamped(builder.MakeClaim("c").Pool("p"))
	if got := stamped(builder.MakeClaim("d").Pool("p").Annotation(sandboxv1.AnnotationTraceContext, client)); got != "" {
		t.Errorf("the client's trace was replaced by %q", got)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := c.Spans()
	if len(spans) != 2 || spans[0].Name != "AdmitSandboxClaim" || spans[0].Parent != "" || spans[1].Trace != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Fatalf("got %+v", spans)
	}
	if want := fmt.Sprintf(`{"traceparent":"00-%s-%s-01"}`, spans[0].Trace, spans[0].ID); own != want {
		t.Errorf("the claim says %q, want %q", own, want)
	}
}

// traceIn returns the trace that op writes on a claim.
func traceIn(op jsonpatch.Operation) string {
	if whole, ok := op.Value.(map[string]string); ok {
		return whole[sandboxv1.AnnotationTraceContext]
	}
	if op.Path == "/metadata/annotations/opentelemetry.io~1trace-context" {
		return fmt.Sprint(op.Value)
	}
	return ""
}
