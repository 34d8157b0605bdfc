// Package tracing emits spans to an OpenTelemetry collector. Each span says what was done for an object, in the trace
// that the object names. Package tracing does not decide what is traced. A program without a Tracer makes the same
// calls, and they emit nothing.
package tracing

import (
	"context"
	"encoding/json"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// service is the program's name in traces, unless OTEL_SERVICE_NAME sets another. scope is the instrumentation scope of
// its spans.
const (
	service = "namesake"
	scope   = "github.com/namesake-sandbox/namesake"
)

// Tracer starts the spans of what is done for an object. A nil Tracer starts none.
type Tracer struct {
	provider *sdktrace.TracerProvider
}

// New returns a Tracer that sends its spans as OTLP over gRPC. The OTEL_ environment variables say where to. New does
// not wait for a collector to be available. version is the program's version.
func New(ctx context.Context, version string) (*Tracer, error) {
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing to send traces: %w", err)
	}
	own := resource.NewSchemaless(attribute.String("service.name", service), attribute.String("service.version", version))
	merged, err := resource.Merge(own, resource.Environment())
	if err != nil {
		return nil, fmt.Errorf("describing the program for traces: %w", err)
	}
	return &Tracer{provider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(merged))}, nil
}

// Close sends the spans that are not sent yet, as long as ctx lasts.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Start starts a span in the trace that obj names, or in a new one. The returned context carries the span, and the
// returned function ends it.
func (t *Tracer) Start(ctx context.Context, span string, obj metav1.Object) (started context.Context, end func()) {
	if t == nil {
		return ctx, func() {}
	}
	var headers propagation.MapCarrier
	if err := json.Unmarshal([]byte(obj.GetAnnotations()[sandboxv1.AnnotationTraceContext]), &headers); err == nil {
		ctx = propagation.TraceContext{}.Extract(ctx, headers)
	}
	return begin(ctx, t.provider, span, trace.WithAttributes(attributesOf(obj)...))
}

// Start starts a span within the span of ctx. It starts none if ctx has none.
func Start(ctx context.Context, span string) (started context.Context, end func()) {
	return begin(ctx, trace.SpanFromContext(ctx).TracerProvider(), span)
}

func begin(ctx context.Context, provider trace.TracerProvider, name string, options ...trace.SpanStartOption) (context.Context, func()) {
	ctx, span := provider.Tracer(scope).Start(ctx, name, options...)
	return ctx, func() { span.End() }
}

// Event records an event in the span of ctx. details are alternating keys and values.
func Event(ctx context.Context, event string, details ...string) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	var attributes []attribute.KeyValue
	for i := 0; i+1 < len(details); i += 2 {
		attributes = append(attributes, attribute.String(details[i], details[i+1]))
	}
	span.AddEvent(event, trace.WithAttributes(attributes...))
}

// Context returns the trace context of ctx as the value of an object's annotation. It returns "" if nothing is traced.
func Context(ctx context.Context) string {
	headers := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, headers)
	if len(headers) == 0 {
		return ""
	}
	text, err := json.Marshal(headers)
	if err != nil { // It is a map of strings.
		return ""
	}
	return string(text)
}

// attributesOf returns attributes that say which object a span is about, and who asked for it.
func attributesOf(obj metav1.Object) []attribute.KeyValue {
	kind := "object"
	switch obj.(type) {
	case *sandboxv1.Sandbox:
		kind = "sandbox"
	case *extensionsv1.SandboxClaim:
		kind = "sandboxclaim"
	case *extensionsv1.SandboxTemplate:
		kind = "sandboxtemplate"
	}
	attributes := []attribute.KeyValue{
		attribute.String(kind+".name", obj.GetName()), attribute.String(kind+".namespace", obj.GetNamespace()),
	}
	if _, ok := obj.GetLabels()[sandboxv1.LabelCreatedBy]; ok {
		attributes = append(attributes, attribute.String(sandboxv1.LabelCreatedBy, rules.CreatedBy(obj)))
	}
	return attributes
}
