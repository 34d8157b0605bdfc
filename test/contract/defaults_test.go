package contract

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var podTemplate = sandboxv1.PodTemplate{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "busybox"}}}}

// A field that a user leaves out has the contract's default in the Go types.
func TestDefaults(t *testing.T) {
	c := server(t)
	one := int32(1)
	for name, tc := range map[string]struct {
		kind, spec string
		stored     client.Object
		got        func(client.Object) any
		want       any
	}{
		"a Sandbox": {
			kind: "Sandbox", spec: pod, stored: &sandboxv1.Sandbox{},
			got: func(o client.Object) any { return o.(*sandboxv1.Sandbox).Spec },
			want: sandboxv1.SandboxSpec{
				SandboxBlueprint: sandboxv1.SandboxBlueprint{PodTemplate: podTemplate},
				Lifecycle:        sandboxv1.Lifecycle{ShutdownPolicy: sandboxv1.ShutdownPolicyRetain},
				OperatingMode:    sandboxv1.OperatingModeRunning,
			},
		},
		"a template": {
			kind: "SandboxTemplate", spec: pod, stored: &extensionsv1.SandboxTemplate{},
			got: func(o client.Object) any { return o.(*extensionsv1.SandboxTemplate).Spec },
			want: extensionsv1.SandboxTemplateSpec{
				SandboxBlueprint:           sandboxv1.SandboxBlueprint{PodTemplate: podTemplate},
				NetworkPolicyManagement:    extensionsv1.NetworkPolicyManaged,
				EnvVarsInjectionPolicy:     extensionsv1.EnvVarsInjectionDisallowed,
				VolumeClaimTemplatesPolicy: extensionsv1.VolumeClaimTemplatesDisallowed,
			},
		},
		"a pool": {
			kind: "SandboxWarmPool", spec: "{sandboxTemplateRef: {name: python}, updateStrategy: {}}", stored: &extensionsv1.SandboxWarmPool{},
			got: func(o client.Object) any { return o.(*extensionsv1.SandboxWarmPool).Spec },
			want: extensionsv1.SandboxWarmPoolSpec{
				Replicas:           &one,
				SandboxTemplateRef: extensionsv1.SandboxTemplateReference{Name: "python"},
				UpdateStrategy:     &extensionsv1.SandboxWarmPoolUpdateStrategy{Type: extensionsv1.UpdateStrategyOnReplenish},
			},
		},
		"a claim with a lifecycle": {
			kind: "SandboxClaim", spec: pool + "lifecycle: {}", stored: &extensionsv1.SandboxClaim{},
			got: func(o client.Object) any { return o.(*extensionsv1.SandboxClaim).Spec },
			want: extensionsv1.SandboxClaimSpec{
				WarmPoolRef: &extensionsv1.SandboxWarmPoolReference{Name: "python"},
				Lifecycle:   &extensionsv1.Lifecycle{ShutdownPolicy: extensionsv1.ShutdownPolicyRetain},
			},
		},
		"a claim without one": {
			kind: "SandboxClaim", spec: pool, stored: &extensionsv1.SandboxClaim{},
			got:  func(o client.Object) any { return o.(*extensionsv1.SandboxClaim).Spec },
			want: extensionsv1.SandboxClaimSpec{WarmPoolRef: &extensionsv1.SandboxWarmPoolReference{Name: "python"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := object(t, tc.kind, "defaults", tc.spec)
			create(t, c, o)
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(o), tc.stored); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, tc.got(tc.stored)); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
			// A client that reads with these types and writes the object back changes nothing. The first write stores the default of
			// the status, which the API server shows until there is one, as it stores any default of a field that came later.
			generation := tc.stored.GetGeneration()
			if err := c.Update(t.Context(), tc.stored); err != nil {
				t.Fatal(err)
			}
			version := tc.stored.GetResourceVersion()
			if err := c.Update(t.Context(), tc.stored); err != nil {
				t.Fatal(err)
			}
			if got := tc.stored.GetGeneration(); tc.kind != "Sandbox" && tc.kind != "SandboxTemplate" && got != generation {
				t.Errorf("writing back what was read made generation %d of %d", got, generation)
			}
			if got := tc.stored.GetResourceVersion(); tc.kind != "Sandbox" && tc.kind != "SandboxTemplate" && got != version {
				t.Errorf("writing back what was read changed the object: %s became %s", version, got)
			}
		})
	}
}

// Objects of our types that have no status or metadata are written without empty ones.
func TestNothingEmptyIsWritten(t *testing.T) {
	claim := &extensionsv1.SandboxClaim{Spec: extensionsv1.SandboxClaimSpec{WarmPoolRef: &extensionsv1.SandboxWarmPoolReference{Name: "python"}}}
	got, err := runtime.DefaultUnstructuredConverter.ToUnstructured(claim)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"spec": map[string]any{"warmPoolRef": map[string]any{"name": "python"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a claim (-want +got):\n%s", diff)
	}
}
