// Package collector is an OpenTelemetry collector in the process of a test. It receives traces as OTLP over gRPC, as any
// other.
package collector

import (
	"context"
	"encoding/hex"
	"net"
	"sync"
	"testing"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
)

// Collector keeps the spans that it receives.
type Collector struct {
	collectorv1.UnimplementedTraceServiceServer

	mu       sync.Mutex
	resource map[string]string
	spans    []*tracev1.Span
}

// Start starts a collector, and makes the environment of the test name it.
func Start(t *testing.T) *Collector {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Collector{}
	server := grpc.NewServer()
	collectorv1.RegisterTraceServiceServer(server, c)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("the collector: %v", err)
		}
	})
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String())
	return c
}

// Export implements the collector's service.
func (c *Collector) Export(
	_ context.Context, request *collectorv1.ExportTraceServiceRequest,
) (*collectorv1.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceSpans() {
		c.resource = texts(resource.GetResource().GetAttributes())
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
	return &collectorv1.ExportTraceServiceResponse{}, nil
}

// Resource returns how the last sender describes itself.
func (c *Collector) Resource() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.resource
}

// Span holds the parts of a span that a test reads.
type Span struct {
	Name string
	// Trace is the ID of its trace, ID is its own, and Parent is the ID of the span that contains it.
	Trace, ID, Parent string
	Attributes        map[string]string
	Events            []Event
}

// Event is an event of a span.
type Event struct {
	Name       string
	Attributes map[string]string
}

// Spans returns the spans that have arrived so far, in the order of their end.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	spans := make([]Span, len(c.spans))
	for i, s := range c.spans {
		spans[i] = Span{
			Name: s.GetName(), Attributes: texts(s.GetAttributes()), Trace: hex.EncodeToString(s.GetTraceId()),
			ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()),
		}
		for _, e := range s.GetEvents() {
			spans[i].Events = append(spans[i].Events, Event{Name: e.GetName(), Attributes: texts(e.GetAttributes())})
		}
	}
	return spans
}

func texts(attributes []*commonv1.KeyValue) map[string]string {
	found := map[string]string{}
	for _, attribute := range attributes {
		found[attribute.GetKey()] = attribute.GetValue().GetStringValue()
	}
	return found
}
