package hostile

import (
	"fmt"
	"strings"
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
	// settled is how long refused Sandboxes are left alone before the tries to create their Pods are counted, and counting how long
	// that takes. By then, backoff has reached several seconds. In the short form, counting is half as long.
	settled  = 8 * time.Second
	counting = 10 * time.Second
	// triesAllowed is how many tries there may be for a Sandbox while they are counted. A namespace has ten refused tries a second,
	// which is five for each of twenty Sandboxes. If each rewording led to a try, it were more than thirty.
	triesAllowed = 8
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
	t.Parallel() // It mostly waits, and so do its cases.
	w := enter(t)
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, namespace string)
		sandbox func(namespace, name string) *sandboxv1.Sandbox
		// invalid says that the API server finds the Pods invalid, so that none is tried again for ten minutes.
		invalid bool
	}{
		"forty labels, in any order":      {sandbox: mislabelled, invalid: true},
		"forty annotations, in any order": {sandbox: misannotated, invalid: true},
		"a quota that tells what is used": {prepare: w.limitPods, sandbox: func(namespace, name string) *sandboxv1.Sandbox {
			sandbox := builder.MakeSandbox(name).Namespace(namespace).Obj()
			return sandbox
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
			began := time.Now()
			w.neighbour.await(t.Context(), scaled(int(counting/pace), int(counting/pace)/2), time.Now())
			calls, took := w.CallsOfManagers(t, namespace, began), time.Since(began)
			t.Logf("%d refused Sandboxes, within %s: %v", len(made), took.Round(time.Second), calls)
			tries, limit := 0.0, triesAllowed*float64(len(made))*float64(took)/float64(counting)
			for call, n := range calls { // Those that are refused, too.
				if strings.HasPrefix(call, "create pods") {
					tries += float64(n)
				}
			}
			if tc.invalid && tries > 0 {
				t.Errorf("the managers tried %.0f times to create an invalid Pod again, want none", tries)
			}
			if !tc.invalid && (tries == 0 || tries > limit) {
				t.Errorf("the managers tried %.0f times to create a Pod, want some, and at most %.0f", tries, limit)
			}
			if admitted := w.refused(t, made); admitted != "" {
				t.Error(admitted)
			}
		})
	}
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
