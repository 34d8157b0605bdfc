package rules_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// replicaSet controls objects that are not a Sandbox's. keeper owns an object without controlling it.
var (
	replicaSet = metav1.OwnerReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: "web-uid", Controller: new(true)}
	keeper     = metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "keep", UID: "keep-uid"}
)

func TestCheckPodTakeover(t *testing.T) {
	bare := builder.MakeSandbox("my-sandbox")
	adoptable := func() *builder.PodWrapper {
		return builder.MakePod("my-sandbox").Label(sandboxv1.LabelAdoptable, "true")
	}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper // a bare one by default
		pod     *builder.PodWrapper
		want    string
	}{
		"adoptable":                     {pod: adoptable()},
		"of this name before":           {pod: builder.MakePod("my-sandbox").Label(sandboxv1.LabelSandboxNameHash, "374de8f5")},
		"of another's ReplicaSet":       {pod: adoptable().OwnerReferences(keeper, replicaSet), want: `pod "my-sandbox" is owned by ReplicaSet/web (UID: web-uid), not by sandbox "my-sandbox": delete it, and the Sandbox gets its own`},
		"of an owner that is no master": {pod: adoptable().OwnerReferences(keeper), want: `pod "my-sandbox" is owned by ConfigMap/keep (UID: keep-uid), not by sandbox "my-sandbox": delete it, and the Sandbox gets its own`},
		"of an earlier namesake":        {pod: adoptable().OwnerReferences(*rules.SandboxOwner(builder.MakeSandbox("my-sandbox").UID("earlier").Obj())), want: `pod "my-sandbox" is owned by Sandbox/my-sandbox (UID: earlier), not by sandbox "my-sandbox": delete it, and the Sandbox gets its own`},
		"adoptable, said otherwise":     {pod: builder.MakePod("my-sandbox").Label(sandboxv1.LabelAdoptable, "yes"), want: `cannot adopt unowned pod "my-sandbox": missing required pool authorization label ("agents.x-k8s.io/adoptable") or sandbox tracking label ("agents.x-k8s.io/sandbox-name-hash"): delete it, or label it agents.x-k8s.io/adoptable=true to let sandbox "my-sandbox" have it`},
		"of another name before":        {pod: builder.MakePod("my-sandbox").Label(sandboxv1.LabelSandboxNameHash, rules.Hash("b")), want: `cannot adopt unowned pod "my-sandbox": missing required pool authorization label ("agents.x-k8s.io/adoptable") or sandbox tracking label ("agents.x-k8s.io/sandbox-name-hash"): delete it, or label it agents.x-k8s.io/adoptable=true to let sandbox "my-sandbox" have it`},
		"on its way out":                {pod: adoptable().Deleting(), want: `cannot adopt unowned pod "my-sandbox": it is being deleted, and the Sandbox gets its own when it is gone`},
		"for a Sandbox of a claim": {
			sandbox: builder.MakeSandbox("my-sandbox").ClaimedBy(builder.MakeClaim("c").Obj()), pod: adoptable(),
			want: `cannot adopt unowned pod "my-sandbox": sandbox "my-sandbox" is that of SandboxClaim "c", and only its template and its claim say what is in it: delete it, and the Sandbox gets its own`,
		},
		"of this name before, for a Sandbox of a claim": {
			sandbox: builder.MakeSandbox("my-sandbox").ClaimedBy(builder.MakeClaim("c").Obj()),
			pod:     builder.MakePod("my-sandbox").Label(sandboxv1.LabelSandboxNameHash, "374de8f5"),
			want:    `cannot adopt unowned pod "my-sandbox": sandbox "my-sandbox" is that of SandboxClaim "c", and only its template and its claim say what is in it: delete it, and the Sandbox gets its own`,
		},
		"for a Sandbox in a pool": {
			sandbox: builder.MakeSandbox("my-sandbox").Pool(builder.MakePool("p").Obj()), pod: adoptable(),
			want: `cannot adopt unowned pod "my-sandbox": sandbox "my-sandbox" is in a pool, where only its template says what is in it: delete it, and the Sandbox gets its own`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := bare.Obj()
			if tc.sandbox != nil {
				sandbox = tc.sandbox.Obj()
			}
			err := rules.CheckPodTakeover(sandbox, tc.pod.Obj())
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if rules.IsNameConflict(err) != (err != nil) {
				t.Error("the error is not known as one about what is in the way")
			}
		})
	}
	if rules.IsNameConflict(errors.New("another")) {
		t.Error("any error is about what is in the way")
	}
}

// A Pod that is taken over must be the Sandbox's by its owner and its labels, and must otherwise stay as it is.
func TestTakeOverPod(t *testing.T) {
	sandbox := builder.MakeSandbox("a").PodLabel("app", "x").Obj()
	pod := builder.MakePod("a").Image("mine").Label("team", "blue").Label(sandboxv1.LabelAdoptable, "true").Label(sandboxv1.LabelClaimUID, "made up").Obj()
	before := pod.DeepCopy()
	got := rules.TakeOverPod(sandbox, pod)
	want := before.DeepCopy()
	want.OwnerReferences = []metav1.OwnerReference{*rules.SandboxOwner(sandbox)}
	want.Labels = map[string]string{
		"app": "x", "team": "blue", sandboxv1.LabelAdoptable: "true",
		sandboxv1.LabelSandboxNameHash: rules.Hash("a"), sandboxv1.LabelSandboxUID: "sandbox-a-uid",
	}
	want.Annotations = map[string]string{sandboxv1.AnnotationPropagatedLabels: "app"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Pod (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, pod); diff != "" {
		t.Errorf("the Pod itself was changed:\n%s", diff)
	}
	if !rules.ControlledBy(got, sandbox) || rules.PodMetadataPatch(sandbox, got) != nil {
		t.Error("the next pass would write again")
	}
}
