package tracing_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/collector"
)

func tracer(t *testing.T) *tracing.Tracer {
	t.Helper()
	tracer, err := tracing.New(t.Context(), "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

func TestSpans(t *testing.T) {
	c := collector.Start(t)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
	tr := tracer(t)
	const trace, client = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	sandbox := builder.MakeSandbox("a").Label(sandboxv1.LabelCreatedBy, "curl").
		Annotation(sandboxv1.AnnotationTraceContext, `{"traceparent":"00-`+trace+`-`+client+`-01"}`).Obj()

	ctx, end := tr.Start(t.Context(), "ReconcileSandbox", sandbox)
	within, endWithin := tracing.Start(ctx, "reconcilePod")
	tracing.Event(within, "NewPodStatusObserved", "pod.Name", "a", "pod.Phase", "Pending")
	var headers map[string]string
	if err := json.Unmarshal([]byte(tracing.Context(ctx)), &headers); err != nil {
		t.Fatal(err)
	}
	endWithin()
	end()
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	spans := c.Spans()
	if len(spans) != 2 {
		t.Fatalf("got %+v", spans)
	}
	want := []collector.Span{
		{
			Name: "reconcilePod", Trace: trace, ID: spans[0].ID, Parent: spans[1].ID, Attributes: map[string]string{},
			Events: []collector.Event{{Name: "NewPodStatusObserved", Attributes: map[string]string{"pod.Name": "a", "pod.Phase": "Pending"}}},
		},
		{
			Name: "ReconcileSandbox", Trace: trace, ID: spans[1].ID, Parent: client, Attributes: map[string]string{
				"sandbox.name": "a", "sandbox.namespace": "default", sandboxv1.LabelCreatedBy: "unknown",
			},
		},
	}
	if diff := cmp.Diff(want, spans); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	if got := headers["traceparent"]; got != "00-"+trace+"-"+spans[1].ID+"-01" {
		t.Errorf("the object would say %q", got)
	}
	for key, value := range map[string]string{"service.name": "namesake", "service.version": "1.2.3", "deployment.environment": "test"} {
		if got := c.Resource()[key]; got != value {
			t.Errorf("the program says %s=%q, want %q", key, got, value)
		}
	}
}

// Users may write anything into the annotation, and an invalid value must do no harm.
func TestContextsThatAreNone(t *testing.T) {
	c := collector.Start(t)
	t.Setenv("OTEL_SERVICE_NAME", "mine")
	tr := tracer(t)
	for _, text := range []string{"", "null", "no JSON", `{"traceparent":7}`, `{"traceparent":"00-00-00-01"}`, `["traceparent"]`} {
		_, end := tr.Start(t.Context(), "ReconcileSandboxClaim", builder.MakeClaim("c").Annotation(sandboxv1.AnnotationTraceContext, text).Obj())
		end()
	}
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	traces := map[string]bool{}
	for _, span := range c.Spans() {
		traces[span.Trace] = true
		if span.Parent != "" || span.Attributes["sandboxclaim.name"] != "c" {
			t.Errorf("got %+v", span)
		}
	}
	if len(traces) != 6 {
		t.Errorf("%d traces, want one for each", len(traces))
	}
	if got := c.Resource()["service.name"]; got != "mine" {
		t.Errorf("the program calls itself %q", got)
	}
}

func TestWithoutATracer(t *testing.T) {
	var off *tracing.Tracer
	ctx, end := off.Start(t.Context(), "ReconcileSandbox", builder.MakeSandbox("a").Obj())
	ctx, endWithin := tracing.Start(ctx, "reconcilePod")
	tracing.Event(ctx, "NewPodStatusObserved", "pod.Name", "a")
	if got := tracing.Context(ctx); got != "" {
		t.Errorf("the object would say %q", got)
	}
	endWithin()
	end()
	if err := off.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// A collector that is not available must cost only the spans, and no more time than the caller allows.
func TestWithoutACollector(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	tr := tracer(t)
	_, end := tr.Start(t.Context(), "ReconcileSandbox", builder.MakeSandbox("a").Obj())
	end()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := tr.Close(ctx); err == nil || !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("got %v", err)
	}
}
