package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The hashes are wire interface. By them, a pool recognizes what its Sandboxes were made of, over restarts and
// upgrades.
func TestTemplateHashes(t *testing.T) {
	base := builder.MakeTemplate("t").Obj()
	const blueprint = `{"podTemplate":{"spec":{"containers":[{"name":"main","image":"python:3.13-slim","resources":{}}],` +
		`"dnsPolicy":"None","automountServiceAccountToken":false,"dnsConfig":{"nameservers":["8.8.8.8","1.1.1.1"]}},"metadata":{}}}`
	const podTemplate = `{"spec":{"containers":[{"name":"main","image":"python:3.13-slim","resources":{}}]},"metadata":{}}`
	if got, want := rules.BlueprintHash(base), rules.Hash(blueprint); got != want {
		t.Errorf("BlueprintHash %s, want that of %s", got, blueprint)
	}
	if got, want := rules.PodTemplateHash(base), rules.Hash(podTemplate); got != want {
		t.Errorf("PodTemplateHash %s, want that of %s", got, podTemplate)
	}
	for name, tc := range map[string]struct {
		template               *builder.TemplateWrapper
		sameBlueprint, samePod bool
	}{
		"the same under another name":   {builder.MakeTemplate("u"), true, true},
		"another image":                 {builder.MakeTemplate("t").Image("x"), false, false},
		"another label of the Pod":      {builder.MakeTemplate("t").PodLabel("a", "b"), false, false},
		"a Service":                     {builder.MakeTemplate("t").Service(true), false, true},
		"a volume":                      {builder.MakeTemplate("t").VolumeClaimTemplate("data"), false, true},
		"another NetworkPolicy":         {builder.MakeTemplate("t").NetworkPolicyManagement("Unmanaged"), false, true},
		"another policy":                {builder.MakeTemplate("t").EnvVarsInjectionPolicy("Allowed"), true, true},
		"another label of the template": {builder.MakeTemplate("t").Label("a", "b"), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.BlueprintHash(tc.template.Obj()) == rules.BlueprintHash(base); got != tc.sameBlueprint {
				t.Errorf("the same blueprint: %t", got)
			}
			if got := rules.PodTemplateHash(tc.template.Obj()) == rules.PodTemplateHash(base); got != tc.samePod {
				t.Errorf("the same pod template: %t", got)
			}
		})
	}
}

func TestNewSandbox(t *testing.T) {
	template := builder.MakeTemplate("tpl").Namespace("ns").PodLabel("app", "x").Service(true).VolumeClaimTemplate("data").Obj()
	pool := builder.MakePool("pool").Namespace("ns").Template("tpl").Obj()
	claim := builder.MakeClaim("c").Namespace("ns").Template("tpl")
	meta := func(name string, owner metav1.OwnerReference, labels, annotations map[string]string) metav1.ObjectMeta {
		labels[sandboxv1.LabelTemplateRefHash] = "9d22159f"
		annotations[sandboxv1.AnnotationTemplateRef] = "tpl"
		annotations[sandboxv1.AnnotationPodName] = name
		return metav1.ObjectMeta{Namespace: "ns", Name: name, Labels: labels, Annotations: annotations, OwnerReferences: []metav1.OwnerReference{owner}}
	}
	type m = map[string]string
	bound := claim.BoundTo("c").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: builder.Epoch}}).Obj() // It is not copied.
	traced := builder.MakeClaim("c").Namespace("ns").BoundTo("c-12345").Label(sandboxv1.LabelCreatedBy, "go-client").
		Annotation(sandboxv1.AnnotationTraceContext, "{}").Label("app", "stays on the claim").Obj()
	newFor := func(claim *extensionsv1.SandboxClaim) *sandboxv1.Sandbox {
		sandbox, problem := rules.NewClaimSandbox(claim, template, rules.DefaultLabelDomains)
		if problem != nil {
			t.Fatal(problem)
		}
		return sandbox
	}
	for name, tc := range map[string]struct {
		got  *sandboxv1.Sandbox
		want metav1.ObjectMeta
	}{
		"of a pool": {rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(template), "abcde"), meta("pool-abcde", *rules.PoolOwner(pool), m{
			sandboxv1.LabelWarmPool: "91dd7983", sandboxv1.LabelLaunchType: "warm", sandboxv1.LabelCreatedBy: "controller",
			sandboxv1.LabelTemplateHash: rules.BlueprintHash(template), sandboxv1.LabelPodTemplateHash: rules.PodTemplateHash(template),
		}, m{})},
		"of a claim": {newFor(bound), meta("c", *rules.ClaimOwner(bound), m{
			sandboxv1.LabelLaunchType: "cold", sandboxv1.LabelClaimUID: "sandboxclaim-c-uid",
		}, m{})},
		"of a claim that says who asked": {newFor(traced), meta("c-12345", *rules.ClaimOwner(traced), m{
			sandboxv1.LabelLaunchType: "cold", sandboxv1.LabelClaimUID: "sandboxclaim-c-uid", sandboxv1.LabelCreatedBy: "go-client",
		}, m{sandboxv1.AnnotationTraceContext: "{}"})},
	} {
		t.Run(name, func(t *testing.T) {
			want := &sandboxv1.Sandbox{ObjectMeta: tc.want, Spec: sandboxv1.SandboxSpec{SandboxBlueprint: rules.Blueprint(template)}}
			if diff := cmp.Diff(want, tc.got); diff != "" {
				t.Errorf("Sandbox (-want +got):\n%s", diff)
			}
			wantRefusals(t, rules.CheckPodName(nil, tc.got, rules.Controller))
			tc.got.Spec.PodTemplate.Metadata.Labels["app"] = "changed"
			if template.Spec.PodTemplate.Metadata.Labels["app"] != "x" {
				t.Error("the Sandbox shares its spec with the template")
			}
		})
	}
}

// What would come of a template is tried in the form in which it will come: policies may require a name, labels, an owner.
func TestSampleSandbox(t *testing.T) {
	template := builder.MakeTemplate("t").Namespace("ns").PodLabel("app", "x").VolumeClaimTemplate("data").Obj()
	sample := rules.SampleSandbox(template)
	pod, volume := rules.NewPod(sample), rules.NewVolumeClaim(sample, 0)
	for _, obj := range []metav1.Object{pod, volume} {
		if owner := rules.ControllerOf(obj); !rules.IsSandbox(owner) || owner.Name != "t-trial" || owner.UID == "" || obj.GetNamespace() != "ns" {
			t.Errorf("%s is in %q and of %v", obj.GetName(), obj.GetNamespace(), owner)
		}
		if got := obj.GetLabels()[sandboxv1.LabelSandboxNameHash]; got != rules.Hash("t-trial") {
			t.Errorf("%s has the name hash %q", obj.GetName(), got)
		}
	}
	if pod.Name != "t-trial" || volume.Name != "data-t-trial" || pod.Labels["app"] != "x" || pod.Labels[sandboxv1.LabelTemplateRefHash] != rules.Hash("t") {
		t.Errorf("Pod %q has the labels %v, and the volume is %q", pod.Name, pod.Labels, volume.Name)
	}
	long := rules.SampleSandbox(builder.MakeTemplate(strings.Repeat("a", 253)).Obj())
	if len(long.Name) > 63 {
		t.Errorf("the name %q is too long for a label", long.Name)
	}
}
