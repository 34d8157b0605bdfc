package migrate

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Claims get the Sandboxes that agent-sandbox has warmed up. The Pods of these lose the metadata that only a pool's Pods have.
func TestWarmSandboxesAreHandedOut(t *testing.T) {
	n := takeOver(t, 0)
	for _, name := range []string{"python", "strict", "resolver"} {
		n.AwaitOffer(t, suite.Get[extensionsv1.SandboxWarmPool](t, n, name), true)
	}
	for name, tc := range map[string]struct {
		claim  *builder.ClaimWrapper
		of     string
		labels map[string]string // The labels of the template.
	}{
		"by its pool":                     {builder.MakeClaim("new").Pool("python"), "python", map[string]string{"app": "python"}},
		"by its template":                 {builder.MakeClaim("newer").Template("python"), "python", map[string]string{"app": "python"}},
		"by a pool that replaces the old": {builder.MakeClaim("newest").Pool("strict"), "strict", map[string]string{"app": "strict"}},
		"by a pool that replaces what resolves names otherwise": {builder.MakeClaim("named").Pool("resolver"), "resolver", nil},
	} {
		t.Run(name, func(t *testing.T) {
			claim := suite.Create(t, n, n.Editor, tc.claim.Obj())
			n.Step(t, claim)
			claim = suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name)
			had := claim.Status.Sandbox.Name
			sandbox := suite.Get[sandboxv1.Sandbox](t, n, had)
			if !strings.HasPrefix(had, tc.of+"-") || sandbox.GenerateName == "" { // No names are generated here.
				t.Fatalf("the claim has Sandbox %q, want one that agent-sandbox created for pool %s", had, tc.of)
			}
			n.Step(t, sandbox)
			pod := suite.Get[corev1.Pod](t, n, had)
			want := map[string]string{
				group + "sandbox-name-hash": hash(had), group + "sandbox-uid": string(sandbox.UID),
				group + "sandbox-template-ref-hash": hash(tc.of), group + "claim-uid": string(claim.UID),
			}
			maps.Copy(want, tc.labels)
			if diff := cmp.Diff(want, pod.Labels); diff != "" {
				t.Errorf("labels of the Pod (-want +got):\n%s", diff)
			}
			if word, has := pod.Annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"]; has {
				t.Errorf("the Pod of a claim may be evicted: %q", word)
			}
		})
	}
}

// A claim can still change what it adds to its Pod, and remove what agent-sandbox has added for it.
func TestAClaimChangesWhatItAdds(t *testing.T) {
	n := takeOver(t, 0)
	for _, tc := range []struct {
		change string
		want   map[string]string
	}{
		{`{"annotations":{"podsnapshot.gke.io/ps-name":"second"}}`, map[string]string{ownLabel: "a", ownAnnotation: "second"}},
		{`{"annotations":null}`, map[string]string{ownLabel: "a"}},
		{`{"labels":null}`, map[string]string{}},
	} {
		claim := suite.Get[extensionsv1.SandboxClaim](t, n, "tagged")
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"additionalPodMetadata":`+tc.change+`}}`))
		if err := n.Editor.Patch(t.Context(), claim, patch); err != nil {
			t.Fatal(err)
		}
		sandbox := suite.Get[sandboxv1.Sandbox](t, n, "python-tggd9")
		n.Step(t, claim)
		n.Step(t, sandbox)
		n.Step(t, claim)
		pod, got := suite.Get[corev1.Pod](t, n, sandbox.Name), map[string]string{}
		for _, all := range []map[string]string{pod.Labels, pod.Annotations} {
			for _, key := range []string{ownLabel, ownAnnotation} {
				if value, has := all[key]; has {
					got[key] = value
				}
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: the Pod has (-want +got):\n%s", tc.change, diff)
		}
		ready := suite.Get[extensionsv1.SandboxClaim](t, n, "tagged").Status.Conditions[0]
		if ready.Reason != "DependenciesReady" {
			t.Errorf("%s: the claim says %s: %s", tc.change, ready.Reason, ready.Message)
		}
	}
}

// A Sandbox that agent-sandbox has suspended resumes with the volume that it had.
func TestASuspendedSandboxIsResumed(t *testing.T) {
	n := takeOver(t, 0)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "sleeper")
	base := sandbox.DeepCopy()
	sandbox.Spec.OperatingMode = sandboxv1.OperatingModeRunning
	if err := n.Editor.Patch(t.Context(), sandbox, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	n.Step(t, sandbox)
	var volumes []string
	for _, volume := range suite.Get[corev1.Pod](t, n, "sleeper").Spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			volumes = append(volumes, volume.PersistentVolumeClaim.ClaimName)
		}
	}
	if diff := cmp.Diff([]string{"data-sleeper"}, volumes); diff != "" {
		t.Errorf("volumes of the Pod (-want +got):\n%s", diff)
	}
}
