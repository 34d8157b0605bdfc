package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestNewVolumeClaim(t *testing.T) {
	sandbox := builder.MakeSandbox("a").Namespace("ns").VolumeClaimTemplate("other").VolumeClaimTemplate("data").Obj()
	template := &sandbox.Spec.VolumeClaimTemplates[1]
	template.Metadata.Labels = map[string]string{"tier": "db", sandboxv1.LabelSandboxUID: "made up"}
	template.Metadata.Annotations = map[string]string{"note": "x"}
	want := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: "data-a",
			Labels: map[string]string{
				"tier": "db", sandboxv1.LabelSandboxNameHash: rules.Hash("a"), sandboxv1.LabelSandboxUID: "sandbox-a-uid",
			},
			Annotations:     map[string]string{"note": "x"},
			OwnerReferences: []metav1.OwnerReference{*rules.SandboxOwner(sandbox)},
		},
		Spec: template.Spec,
	}
	got := rules.NewVolumeClaim(sandbox, 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("PersistentVolumeClaim (-want +got):\n%s", diff)
	}
	got.Annotations["note"] = "changed"
	if template.Metadata.Annotations["note"] != "x" {
		t.Error("the PersistentVolumeClaim shares its annotations with the Sandbox")
	}
}

func TestNextVolumeClaim(t *testing.T) {
	sandbox := builder.MakeSandbox("a").VolumeClaimTemplate("data").Obj()
	pooled := builder.MakeSandbox("a").Pool(builder.MakePool("p").Obj()).VolumeClaimTemplate("data").Obj()
	own := rules.NewVolumeClaim(sandbox, 0)
	with := func(change func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
		claim := own.DeepCopy()
		change(claim)
		return claim
	}
	const unowned = `cannot adopt unowned PVC "data-a": `
	for name, tc := range map[string]struct {
		sandbox *sandboxv1.Sandbox
		claim   *corev1.PersistentVolumeClaim
		want    *corev1.PersistentVolumeClaim
		err     string
	}{
		"its own, as it is": {sandbox, own, own, ""},
		"its own, resized and labelled since": {
			sandbox, with(func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName, c.Labels["mine"] = "v", "1" }),
			with(func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName, c.Labels["mine"] = "v", "1" }), "",
		},
		"its own, from before": {
			sandbox, with(func(c *corev1.PersistentVolumeClaim) { delete(c.Labels, sandboxv1.LabelSandboxUID) }), own, "",
		},
		"its own, named in a version from before": {
			sandbox, with(func(c *corev1.PersistentVolumeClaim) {
				c.OwnerReferences = []metav1.OwnerReference{oldReference(*rules.SandboxOwner(sandbox))}
			}), own, "",
		},
		"of an earlier namesake, orphaned": {
			sandbox, with(func(c *corev1.PersistentVolumeClaim) {
				c.OwnerReferences, c.Labels[sandboxv1.LabelSandboxUID] = nil, "earlier"
			}), own, "",
		},
		"of an administrator, for this Sandbox": {
			sandbox, with(func(c *corev1.PersistentVolumeClaim) {
				c.OwnerReferences, c.Labels = nil, map[string]string{sandboxv1.LabelAdoptable: "true"}
			}), with(func(c *corev1.PersistentVolumeClaim) { c.Labels[sandboxv1.LabelAdoptable] = "true" }), "",
		},
		"of an administrator, for a Sandbox in a pool": {
			pooled, with(func(c *corev1.PersistentVolumeClaim) {
				c.OwnerReferences, c.Labels = nil, map[string]string{sandboxv1.LabelAdoptable: "true"}
			}), nil, unowned + `sandbox "a" is in a pool, where only its template says what is in it: delete it, and the Sandbox gets its own`,
		},
		"of nobody": {
			sandbox, with(func(c *corev1.PersistentVolumeClaim) { c.OwnerReferences, c.Labels = nil, nil }), nil,
			unowned + `missing required pool authorization label ("agents.x-k8s.io/adoptable") or sandbox tracking label ("agents.x-k8s.io/sandbox-name-hash"): delete it, or label it agents.x-k8s.io/adoptable=true to let sandbox "a" have it`,
		},
		"of another Sandbox, whose names add up to the same": {
			sandbox, with(func(c *corev1.PersistentVolumeClaim) {
				c.OwnerReferences = []metav1.OwnerReference{*rules.SandboxOwner(builder.MakeSandbox("b").Obj())}
			}), nil, `PVC "data-a" is owned by Sandbox/b (UID: sandbox-b-uid), not by sandbox "a": delete it, and the Sandbox gets its own`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := tc.claim.DeepCopy()
			got, err := rules.NextVolumeClaim(tc.sandbox, tc.claim)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("PersistentVolumeClaim (-want +got):\n%s", diff)
			}
			if (err == nil) != (tc.err == "") || (err != nil && err.Error() != tc.err) {
				t.Errorf("error %v, want %q", err, tc.err)
			}
			if diff := cmp.Diff(before, tc.claim); diff != "" {
				t.Errorf("the claim itself was changed:\n%s", diff)
			}
			if err == nil {
				if again, err := rules.NextVolumeClaim(tc.sandbox, got); again != got || err != nil {
					t.Errorf("a second pass would write again: %v", err)
				}
			}
		})
	}
}

func TestCheckVolumeNames(t *testing.T) {
	sandbox := builder.MakeSandbox("foo-bar").VolumeClaimTemplate("data").VolumeClaimTemplate("x-data").Obj()
	if diff := cmp.Diff([]string{"bar", "data-foo-bar"}, rules.PossibleVolumeConflicts(sandbox)); diff != "" {
		t.Errorf("rivals (-want +got):\n%s", diff)
	}
	if got := rules.PossibleVolumeConflicts(builder.MakeSandbox("foo-bar").Obj()); got != nil {
		t.Errorf("a Sandbox without volumes has the rivals %v", got)
	}
	if got := rules.PossibleVolumeConflicts(builder.MakeSandbox("foo").VolumeClaimTemplate("data").Obj()); got != nil {
		t.Errorf("names with no more than one '-' between them have the rivals %v", got)
	}
	first := "FieldValueInvalid spec.volumeClaimTemplates[0].metadata.name"
	second := "FieldValueInvalid spec.volumeClaimTemplates[1].metadata.name"
	for name, tc := range map[string]struct {
		rivals []*sandboxv1.Sandbox
		want   []string
	}{
		"no other":                      {},
		"one without volumes":           {rivals: []*sandboxv1.Sandbox{builder.MakeSandbox("bar").Obj()}},
		"one with another volume":       {rivals: []*sandboxv1.Sandbox{builder.MakeSandbox("bar").VolumeClaimTemplate("data").Obj()}},
		"one with the same volume":      {rivals: []*sandboxv1.Sandbox{builder.MakeSandbox("bar").VolumeClaimTemplate("data-foo").Obj()}, want: []string{first}},
		"one with the same second one":  {rivals: []*sandboxv1.Sandbox{builder.MakeSandbox("data-foo-bar").VolumeClaimTemplate("x").Obj()}, want: []string{second}},
		"one that shares both":          {rivals: []*sandboxv1.Sandbox{builder.MakeSandbox("bar").VolumeClaimTemplate("x-data-foo").VolumeClaimTemplate("data-foo").Obj()}, want: []string{first, second}},
		"one of another end altogether": {rivals: []*sandboxv1.Sandbox{builder.MakeSandbox("baz").VolumeClaimTemplate("data-foo").Obj()}},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusals(t, rules.CheckVolumeNames(sandbox, tc.rivals), tc.want...)
		})
	}
}
