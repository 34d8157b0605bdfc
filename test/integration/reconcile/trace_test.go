package reconcile

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/tracing"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/collector"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// traced calls passes with a tracer, and returns the spans that the collector received of it.
func traced(t *testing.T, passes func(tracer *tracing.Tracer)) []collector.Span {
	t.Helper()
	c := collector.Start(t)
	tracer, err := tracing.New(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	passes(tracer)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.Spans()
}

// named returns the spans of that name.
func named(spans []collector.Span, name string) []collector.Span {
	var found []collector.Span
	for _, span := range spans {
		if span.Name == name {
			found = append(found, span)
		}
	}
	return found
}

// A client's trace continues from the claim to the Sandbox that it adopts, and contains what is done for both.
func TestATraceGoesFromTheClaimToItsSandbox(t *testing.T) {
	n := suite.New(t)
	warm := n.Offered(t, n.Pool(t, "python"), "aaaaa")
	const trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	text := fmt.Sprintf(`{"traceparent":"00-%s-%s-01"}`, trace, span)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Label(sandboxv1.LabelCreatedBy, "go-client").
		Annotation(sandboxv1.AnnotationTraceContext, text).Obj())
	spans := traced(t, func(tracer *tracing.Tracer) {
		n.Settle(t)
		claims, sandboxes := n.Claims(n.Cached), n.Sandboxes(n.ReadYourWrites)
		claims.Tracer, sandboxes.Tracer = tracer, tracer
		if _, err := claims.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, "mine")); err != nil {
			t.Fatal(err)
		}
		if _, err := sandboxes.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, warm.Name)); err != nil {
			t.Fatal(err)
		}
	})
	if got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name).Annotations[sandboxv1.AnnotationTraceContext]; got != text {
		t.Errorf("the Sandbox says %q, want the claim's %q", got, text)
	}
	for name, attributes := range map[string]map[string]string{
		"ReconcileSandboxClaim": {"sandboxclaim.name": "mine", "sandboxclaim.namespace": claim.Namespace, sandboxv1.LabelCreatedBy: "go-client"},
		"ReconcileSandbox":      {"sandbox.name": warm.Name, "sandbox.namespace": claim.Namespace, sandboxv1.LabelCreatedBy: "go-client"},
	} {
		found := named(spans, name)
		if len(found) != 1 || found[0].Trace != trace || found[0].Parent != span {
			t.Errorf("%s: got %+v, want one in the client's span", name, found)
			continue
		}
		if diff := cmp.Diff(attributes, found[0].Attributes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A Sandbox that nobody gave a trace gets one in one write, and keeps it.
func TestASandboxKeepsItsTrace(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	spans := traced(t, func(tracer *tracing.Tracer) {
		r := n.Sandboxes(n.ReadYourWrites)
		r.Tracer = tracer
		for i, writes := range []suite.Counts{{"POST pods": 1, "PATCH sandboxes": 1, "PATCH sandboxes/status": 1}, {}} {
			n.Settle(t)
			before := suite.Writes(t)
			if _, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "mine")); err != nil {
				t.Fatalf("pass %d: %v", i, err)
			}
			before.Expect(t, suite.Writes, writes)
		}
	})
	passes, pods, volumes := named(spans, "ReconcileSandbox"), named(spans, "reconcilePod"), named(spans, "reconcilePVCs")
	if len(passes) != 2 || len(pods) != 2 || len(volumes) != 2 {
		t.Fatalf("got %+v", spans)
	}
	if passes[0].Parent != "" || passes[1].Parent != passes[0].ID || passes[1].Trace != passes[0].Trace {
		t.Errorf("the second pass is not in the trace of the first: %+v", passes)
	}
	for i, event := range []collector.Event{
		{Name: "NewPodStatusObserved", Attributes: map[string]string{"pod.Name": "mine", "pod.Phase": "Pending"}},
		{Name: "ExistingPodStatusObserved", Attributes: map[string]string{"pod.Name": "mine", "pod.Phase": "Pending"}},
	} {
		if diff := cmp.Diff([]collector.Event{event}, pods[i].Events); diff != "" || pods[i].Parent != passes[i].ID || volumes[i].Parent != passes[i].ID {
			t.Errorf("pass %d: %+v, %+v, events (-want +got):\n%s", i, pods[i], volumes[i], diff)
		}
	}
	want := fmt.Sprintf(`{"traceparent":"00-%s-%s-01"}`, passes[0].Trace, passes[0].ID)
	if got := suite.Get[sandboxv1.Sandbox](t, n, sandbox.Name).Annotations[sandboxv1.AnnotationTraceContext]; got != want {
		t.Errorf("the Sandbox says %q, want %q", got, want)
	}
}

// A trace that cannot be recorded does not keep a Sandbox from its Pod.
func TestATraceIsNotNeeded(t *testing.T) {
	n := suite.New(t)
	old := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj()).DeepCopy()
	changed := old.DeepCopy()
	changed.Labels = map[string]string{"team": "blue"}
	if err := n.Editor.Patch(t.Context(), changed, client.MergeFrom(old)); err != nil {
		t.Fatal(err)
	}
	spans := traced(t, func(tracer *tracing.Tracer) {
		n.Settle(t)
		r := n.Sandboxes(n.ReadYourWrites)
		r.Tracer = tracer
		if result, err := r.Reconcile(t.Context(), old); err != nil || !suite.Soon(result) {
			t.Errorf("got %+v, %v, want another pass", result, err)
		}
	})
	if got := named(spans, "reconcilePod"); len(got) != 1 || len(got[0].Events) != 1 || got[0].Events[0].Name != "NewPodStatusObserved" {
		t.Errorf("got %+v", spans)
	}
	if got := named(spans, "ReconcileSandbox"); len(got) != 1 || len(got[0].Events) != 1 || got[0].Events[0].Name != "TraceContextNotWritten" {
		t.Errorf("got %+v", got)
	}
}

func TestTemplatesAreTraced(t *testing.T) {
	n := suite.New(t)
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	spans := traced(t, func(tracer *tracing.Tracer) {
		n.Settle(t)
		r := n.Templates(n.Cached)
		r.Tracer = tracer
		if _, err := r.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxTemplate](t, n, "python")); err != nil {
			t.Fatal(err)
		}
	})
	if got := named(spans, "ReconcileSandboxTemplate"); len(got) != 1 || got[0].Attributes["sandboxtemplate.name"] != "python" {
		t.Errorf("got %+v", spans)
	}
}
