package main

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr/funcr"
	"go.opentelemetry.io/otel"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/collector"
)

func TestTraces(t *testing.T) {
	c := collector.Start(t)
	var mu sync.Mutex
	var lines []string
	log := funcr.New(func(_, line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}, funcr.Options{})
	for name, tc := range map[string]struct {
		args []string
		want int
	}{
		"by default":            {nil, 0},
		"with --enable-tracing": {[]string{"--enable-tracing"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := parsed(t, tc.args...)
			before := len(c.Spans())
			tracer, err := newTracer(t.Context(), o, log)
			if err != nil {
				t.Fatal(err)
			}
			_, end := tracer.Start(t.Context(), "ReconcileSandbox", builder.MakeSandbox("a").Obj())
			end()
			sendTraces(tracer)
			if got := len(c.Spans()) - before; got != tc.want {
				t.Errorf("%d spans have come, want %d", got, tc.want)
			}
		})
	}
	otel.Handle(context.DeadlineExceeded) // As the sender does when a collector does not answer.
	if len(lines) != 1 || !strings.Contains(lines[0], "Traces are lost") {
		t.Errorf("logged %q", lines)
	}
}
