package audit

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/violations"
)

// Each violation is found by a list, and confirmed, on Namesake's CRDs and on agent-sandbox's.
func TestFound(t *testing.T) {
	for _, c := range []*cluster{namesake, agentSandbox} {
		checks := sets.New[string]()
		for _, violation := range violations.All() {
			checks.Insert(violation.Check)
			t.Run(c.name+"/"+violation.Name, func(t *testing.T) {
				ctx, namespace := t.Context(), c.namespace(t.Context(), t)
				if err := violation.Write(ctx, c.admin, namespace); err != nil {
					t.Fatal(err)
				}
				source := &audit.Source{Reader: c.admin}
				snapshots, unread, err := source.List(ctx, namespace)
				if err != nil || len(unread) > 0 {
					t.Fatalf("listing: %v, unread %v", err, unread)
				}
				findings := audit.Run(snapshots[namespace])
				i := slices.IndexFunc(findings, func(f audit.Finding) bool {
					return f.Check == violation.Check && f.Object.Kind+"/"+f.Object.Name == violation.Object
				})
				if i < 0 {
					t.Fatalf("%s is not found on %s, but %+v", violation.Check, violation.Object, findings)
				}
				for _, finding := range findings {
					if holds, err := source.Confirm(ctx, &finding); err != nil || !holds {
						t.Errorf("%s on %s %s is not confirmed: %v", finding.Check, finding.Object.Kind, finding.Object.Name, err)
					}
				}
				t.Logf("%s: %s", findings[i].Severity, findings[i].Message)
			})
		}
		for _, check := range audit.Checks() {
			if !checks.Has(check.ID) {
				t.Errorf("nobody writes what %s finds", check.ID)
			}
		}
	}
}

// A finding that was so when it was listed, and is not so any more, is not confirmed. Each change is one that a reconciler or the garbage
// collector makes.
func TestNotConfirmed(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, namespace string){
		"the second Pod is deleted": func(t *testing.T, namespace string) {
			t.Helper()
			pod := builder.MakePod("twin").Namespace(namespace).UID("").Obj()
			if err := namesake.admin.Delete(t.Context(), pod, client.GracePeriodSeconds(0)); err != nil {
				t.Fatal(err)
			}
		},
		"the Sandbox is another one of its name": func(t *testing.T, namespace string) {
			t.Helper()
			sandbox := builder.MakeSandbox("box").Namespace(namespace).UID("").Obj()
			if err := namesake.admin.Delete(t.Context(), sandbox); err != nil {
				t.Fatal(err)
			}
			if err := namesake.admin.Create(t.Context(), sandbox); err != nil {
				t.Fatal(err)
			}
		},
		"the namespace is being deleted": func(t *testing.T, namespace string) {
			t.Helper()
			obj := &corev1.Namespace{}
			obj.Name = namespace
			if err := namesake.admin.Delete(t.Context(), obj); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, namespace := t.Context(), namesake.namespace(t.Context(), t)
			twoPods := violations.All()[0]
			if err := twoPods.Write(ctx, namesake.admin, namespace); err != nil {
				t.Fatal(err)
			}
			source := &audit.Source{Reader: namesake.admin}
			snapshots, _, err := source.List(ctx, namespace)
			if err != nil {
				t.Fatal(err)
			}
			end(t, namespace)
			for _, finding := range audit.Run(snapshots[namespace]) {
				if holds, err := source.Confirm(ctx, &finding); err != nil || holds && finding.Check == audit.CheckTwoPods {
					t.Errorf("%s is confirmed: %v", finding.Check, err)
				}
			}
		})
	}
}

// A list of several pages has everything, once, and little of each.
func TestPages(t *testing.T) {
	const n = 1200
	ctx, namespace := t.Context(), namesake.namespace(t.Context(), t)
	for i := range n {
		sandbox := builder.MakeSandbox(rules.GeneratedName("s-", suffix(i))).Namespace(namespace).UID("").Obj()
		sandbox.Annotations = map[string]string{"example.com/large": suffix(i), sandboxv1.AnnotationPodName: sandbox.Name}
		if err := namesake.admin.Create(ctx, sandbox); err != nil {
			t.Fatal(err)
		}
	}
	snapshots, unread, err := (&audit.Source{Reader: namesake.admin}).List(ctx, "")
	if err != nil || len(unread) > 0 {
		t.Fatalf("%v, %v", err, unread)
	}
	names := sets.New[string]()
	for _, sandbox := range snapshots[namespace].Sandboxes {
		names.Insert(sandbox.Name)
		if len(sandbox.Annotations) != 1 || sandbox.ManagedFields != nil || sandbox.Spec.PodTemplate.Spec.Containers != nil {
			t.Fatalf("kept: %+v", sandbox)
		}
	}
	if diff := cmp.Diff(n, names.Len()); diff != "" || len(snapshots[namespace].Sandboxes) != n {
		t.Errorf("%d Sandboxes, %d names", len(snapshots[namespace].Sandboxes), names.Len())
	}
}

func suffix(i int) string {
	const digits = "0123456789"
	return string([]byte{digits[i/1000%10], digits[i/100%10], digits[i/10%10], digits[i%10]})
}
