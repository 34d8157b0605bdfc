package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// oldReference returns ref as it was written in the time of v1alpha1.
func oldReference(ref metav1.OwnerReference) metav1.OwnerReference {
	ref.APIVersion = strings.Replace(ref.APIVersion, "v1beta1", "v1alpha1", 1)
	ref.BlockOwnerDeletion = nil
	return ref
}

func TestMigratedOwners(t *testing.T) {
	sandbox := *rules.SandboxOwner(builder.MakeSandbox("s").Obj())
	claim, pool, foreign := controllers["claim-a"][0], controllers["pool-a"][0], controllers["foreign"][0]
	unblocked, unblockedBefore := sandbox, oldReference(sandbox)
	unblocked.BlockOwnerDeletion, unblockedBefore.BlockOwnerDeletion = new(false), new(false)
	friend, oldForeign := oldReference(sandbox), oldReference(foreign)
	friend.Controller = nil
	type refs = []metav1.OwnerReference
	for name, tc := range map[string]struct{ owners, want refs }{
		"nobody":                           {},
		"a Sandbox":                        {owners: refs{sandbox}, want: refs{sandbox}},
		"a Sandbox, from before":           {owners: refs{oldReference(sandbox)}, want: refs{sandbox}},
		"a claim, from before":             {owners: refs{oldReference(claim)}, want: refs{claim}},
		"a pool, from before":              {owners: refs{oldReference(pool)}, want: refs{pool}},
		"others beside it stay":            {owners: refs{friend, oldReference(sandbox)}, want: refs{friend, sandbox}},
		"what the collector has unblocked": {owners: refs{unblockedBefore}, want: refs{unblocked}},
		"somebody else":                    {owners: refs{oldForeign}, want: refs{oldForeign}},
		"an owner that does not control":   {owners: refs{friend}, want: refs{friend}},
		"what is no version":               {owners: refs{{APIVersion: "a/b/c", Controller: new(true)}}, want: refs{{APIVersion: "a/b/c", Controller: new(true)}}},
	} {
		t.Run(name, func(t *testing.T) {
			pod := builder.MakePod("s").OwnerReferences(tc.owners...).Obj()
			before := pod.DeepCopy()
			if diff := cmp.Diff(tc.want, rules.MigratedOwners(pod)); diff != "" {
				t.Errorf("owners (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, pod); diff != "" {
				t.Errorf("the Pod was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestRenewed(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	warm := func() *builder.SandboxWrapper { return builder.MakeSandbox("s").Pool(pool) }
	claimed := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("s").ClaimedBy(builder.MakeClaim("c").Template("t").Obj())
	}
	old := []metav1.OwnerReference{oldReference(*rules.PoolOwner(pool))}
	const label, of = sandboxv1.LabelTemplateRefHash, sandboxv1.AnnotationTemplateRef
	for name, tc := range map[string]struct{ sandbox, want *builder.SandboxWrapper }{
		"one of a pool":                      {warm(), warm()},
		"... without the label":              {warm().WithoutLabel(label), warm()},
		"... that knows no template":         {warm().WithoutLabel(label).WithoutAnnotation(of), warm().WithoutLabel(label).WithoutAnnotation(of)},
		"... with another label":             {warm().Label(label, "12345678"), warm().Label(label, "12345678")},
		"... from before":                    {warm().OwnerReferences(old...), warm()},
		"... from before, without the label": {warm().OwnerReferences(old...).WithoutLabel(label), warm()},
		"one of a claim":                     {claimed(), claimed()},
		"one of a claim, without the label":  {claimed().WithoutLabel(label), claimed()},
		"one of nobody": {
			builder.MakeSandbox("s").Annotation(of, "t"), builder.MakeSandbox("s").Annotation(of, "t"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := tc.sandbox.Obj()
			before := sandbox.DeepCopy()
			renewed := rules.MigratedSandbox(sandbox)
			if diff := cmp.Diff(tc.want.Obj(), renewed); diff != "" {
				t.Errorf("renewed (-want +got):\n%s", diff)
			}
			if same := cmp.Equal(before, renewed); same != (renewed == sandbox) || !cmp.Equal(before, sandbox) {
				t.Errorf("a copy: %t, and changed: %t", renewed != sandbox, !same)
			}
		})
	}
}

// The reference to a controller may change to the served version, and never to another.
func TestAControllerMayBeMigrated(t *testing.T) {
	sandbox := builder.MakeSandbox("s").Obj()
	pod := builder.MakePod("s").ControlledBy(sandbox)
	today, before := *rules.SandboxOwner(sandbox), oldReference(*rules.SandboxOwner(sandbox))
	for name, tc := range map[string]struct {
		from, to metav1.OwnerReference
		want     bool
	}{
		"to the version that is served": {from: before, to: today, want: true},
		"back":                          {from: today, to: before},
		"to a version that never was":   {from: before, to: func() metav1.OwnerReference { r := before; r.APIVersion = "agents.x-k8s.io/v2"; return r }()},
		"to another of the same name":   {from: before, to: func() metav1.OwnerReference { r := today; r.UID = "another"; return r }()},
	} {
		t.Run(name, func(t *testing.T) {
			old, obj := pod.OwnerReferences(tc.from).Obj(), pod.OwnerReferences(tc.to).Obj()
			verdicts := map[string]field.ErrorList{"Pod": rules.CheckPodOwner(old, obj, rules.Controller)}
			for _, owner := range []string{"claim-a", "pool-a"} {
				from, to := controllers[owner][0], controllers[owner][0]
				from.APIVersion = strings.Replace(tc.from.APIVersion, "agents", "extensions.agents", 1)
				to.APIVersion = strings.Replace(tc.to.APIVersion, "agents", "extensions.agents", 1)
				if tc.to.UID != today.UID {
					to.UID = tc.to.UID
				}
				before, after := builder.MakeSandbox("s").OwnerReferences(from).Obj(), builder.MakeSandbox("s").OwnerReferences(to).Obj()
				verdicts["Sandbox of "+owner] = rules.CheckController(before, after, rules.Controller)
				if tc.want && rules.NeedsClaim(before, after) {
					t.Error("a claim is looked up for it")
				}
			}
			for object, errs := range verdicts {
				if passes := len(errs) == 0; passes != tc.want {
					t.Errorf("%s: passes %t: %v", object, passes, errs)
				}
			}
			if tc.want && rules.NeedsSandbox(old, obj) {
				t.Error("a Sandbox is looked up for it")
			}
		})
	}
}
