package hostile

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	refusedSandboxes = 20
	// settled is how long refused Sandboxes are left alone before their passes are counted, and counting how long that takes. By
	// then, backoff has reached several seconds. In the short form, counting is half as long.
	settled  = 8 * time.Second
	counting = 10 * time.Second
	// passesAllowed is how many passes a Sandbox may have while they are counted: a few tries, and the writes of its status.
	passesAllowed = 8
)

// mislabelled returns a Sandbox with forty labels that a Pod cannot have. The API server names them in another order each time.
func mislabelled(namespace, name string) *sandboxv1.Sandbox {
	sandbox := builder.MakeSandbox(name).Namespace(namespace).Obj()
	sandbox.Spec.PodTemplate.Metadata.Labels = map[string]string{}
	for i := range 40 {
		sandbox.Spec.PodTemplate.Metadata.Labels[fmt.Sprintf("key-%d", i)] = "not a value"
	}
	return sandbox
}

// misannotated is the same with annotations, whose keys are wrong.
func misannotated(namespace, name string) *sandboxv1.Sandbox {
	sandbox := builder.MakeSandbox(name).Namespace(namespace).Obj()
	sandbox.Spec.PodTemplate.Metadata.Annotations = map[string]string{}
	for i := range 40 {
		sandbox.Spec.PodTemplate.Metadata.Annotations[fmt.Sprintf("not a key %d", i)] = "v"
	}
	return sandbox
}

// A Sandbox whose Pod is refused in other words each time is tried less and less often, as any refused Sandbox.
func TestRefusedWorkComesToRest(t *testing.T) {
	w := enter(t)
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, namespace string)
		sandbox func(namespace, name string) *sandboxv1.Sandbox
	}{
		"forty labels, in any order":      {sandbox: mislabelled},
		"forty annotations, in any order": {sandbox: misannotated},
		"a quota that tells what is used": {prepare: w.limitPods, sandbox: func(namespace, name string) *sandboxv1.Sandbox {
			sandbox := builder.MakeSandbox(name).Namespace(namespace).Obj()
			return sandbox
		}},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := w.Namespace(t)
			if tc.prepare != nil {
				tc.prepare(t, namespace)
			}
			var made []*sandboxv1.Sandbox
			for i := range refusedSandboxes {
				sandbox := tc.sandbox(namespace, fmt.Sprintf("refused-%d", i))
				a := by(func() error { return w.Editor.Create(t.Context(), sandbox) })
				if problem := harmless.problem(a); problem != "" {
					t.Fatalf("creating a Sandbox: %s: %s", problem, excerpt(a.message))
				}
				if a.ok() {
					made = append(made, sandbox)
				}
			}
			if len(made) == 0 {
				t.Log("admission refuses such a Sandbox")
				return
			}
			w.neighbour.await(t.Context(), int(settled/pace), time.Now())
			before, began := w.passes(t), time.Now()
			w.neighbour.await(t.Context(), scaled(int(counting/pace), int(counting/pace)/2), time.Now())
			passes, took := w.passes(t)-before, time.Since(began)
			t.Logf("%d refused Sandboxes: %.0f passes in %s", len(made), passes, took.Round(time.Second))
			if limit := passesAllowed * float64(len(made)) * float64(took) / float64(counting); passes > limit {
				t.Errorf("the managers made %.0f passes over Sandboxes, and %.0f are allowed", passes, limit)
			}
			if admitted := w.refused(t, made); admitted != "" {
				t.Error(admitted)
			}
		})
	}
}

// passes returns how often the managers have looked at a Sandbox.
func (w *world) passes(t *testing.T) float64 {
	t.Helper()
	var sum float64
	for _, m := range w.managers {
		sum += m.ReadMetrics(t).Sum("controller_runtime_reconcile_total", `controller="sandbox"`)
	}
	return sum
}

// refused returns what is wrong with Sandboxes whose Pods must be refused, or "".
func (w *world) refused(t *testing.T, made []*sandboxv1.Sandbox) string {
	t.Helper()
	ready := 0
	for _, sandbox := range made {
		if err := w.Editor.Get(t.Context(), client.ObjectKeyFromObject(sandbox), sandbox); err != nil {
			t.Fatal(err)
		}
		if apimeta.IsStatusConditionTrue(sandbox.Status.Conditions, string(sandboxv1.ConditionReady)) {
			ready++
		}
	}
	if ready == len(made) {
		return "all Sandboxes are Ready: this test is about refused ones"
	}
	return ""
}

// limitPods makes a quota of two Pods. Its refusals tell how many are used, and so they change.
func (w *world) limitPods(t *testing.T, namespace string) {
	t.Helper()
	w.quota(t, namespace, corev1.ResourcePods, 2)
}
