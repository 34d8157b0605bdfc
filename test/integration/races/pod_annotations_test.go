package races

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A network plugin annotates the Pod between a worker's look at it and the worker's own annotations. None is lost, whether or
// not the Pod had annotations before.
func TestAPluginAnnotatesThePodMeanwhile(t *testing.T) {
	for name, tc := range map[string]struct {
		made  *builder.SandboxWrapper
		again bool
	}{
		"a Pod without annotations": {builder.MakeSandbox("mine"), true},
		"a Pod with some":           {builder.MakeSandbox("mine").PodAnnotation("first", "1"), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, tc.made)
			sandbox := r.now(t)
			base := sandbox.DeepCopy()
			sandbox.Spec.PodTemplate.Metadata.Annotations = map[string]string{"first": "1", "note": "x"}
			if err := r.Editor.Patch(t.Context(), sandbox, client.MergeFrom(base)); err != nil {
				t.Fatal(err)
			}
			r.Settle(t)
			annotated := false
			worker := r.Sandboxes(suite.Before(r.ReadYourWrites, func(w suite.Write) error {
				if _, ok := w.Object.(*corev1.Pod); !ok || annotated {
					return nil
				}
				annotated = true
				pod := suite.Get[corev1.Pod](t, r.Namespace, "mine")
				patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"k8s.ovn.org/pod-networks":"{}"}}}`))
				return r.Admin.Patch(t.Context(), pod, patch)
			}))
			if tc.again {
				try(t, worker, sandbox)
			} else if _, err := worker.Reconcile(t.Context(), sandbox); err != nil {
				t.Fatal(err)
			}
			if !annotated {
				t.Fatal("the worker did not write the Pod")
			}
			r.Step(t, r.now(t))
			got := suite.Get[corev1.Pod](t, r.Namespace, "mine").Annotations
			for _, key := range []string{"k8s.ovn.org/pod-networks", "note", "first", sandboxv1.AnnotationPropagatedAnnotations} {
				if got[key] == "" {
					t.Errorf("annotation %s is lost: %v", key, got)
				}
			}
		})
	}
}
