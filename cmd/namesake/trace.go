package main

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"

	"github.com/namesake-sandbox/namesake/internal/tracing"
)

// sendTimeout bounds the sending of the last spans. It is a part of lastTimeout.
const sendTimeout = time.Second

// newTracer returns the tracer, or nil if nothing is traced. It has errors logged that keep traces from being sent.
func newTracer(ctx context.Context, o *options, log logr.Logger) (*tracing.Tracer, error) {
	if !o.tracing {
		return nil, nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Error(err, "Traces are lost: see the OTEL_ variables of the manager's environment, and the collector")
	}))
	return tracing.New(ctx, version)
}

// sendTraces sends the spans that were not sent yet. They are not worth a long wait.
func sendTraces(tracer *tracing.Tracer) {
	ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
	defer cancel()
	if err := tracer.Close(ctx); err != nil {
		otel.Handle(err)
	}
}
