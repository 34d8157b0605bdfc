package rules_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// These hashes are wire interface, because existing clients select by them.
func TestHash(t *testing.T) {
	for name, want := range map[string]string{
		"my-sandbox": "374de8f5", "test-template": "69155462", "test-pool": "59733166", "pool": "91dd7983", "tpl": "9d22159f",
		"sandboxwarmpool-example": "11ea0998", "": "811c9dc5",
	} {
		if got := rules.Hash(name); got != want {
			t.Errorf("Hash(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestKindsOfOwners(t *testing.T) {
	for name, tc := range map[string]struct {
		ref                            *metav1.OwnerReference
		sandbox, pool, claim, template bool
	}{
		"nobody":                        {},
		"a Sandbox":                     {ref: &metav1.OwnerReference{APIVersion: "agents.x-k8s.io/v1beta1", Kind: "Sandbox"}, sandbox: true},
		"a Sandbox of another version":  {ref: &metav1.OwnerReference{APIVersion: "agents.x-k8s.io/v1", Kind: "Sandbox"}, sandbox: true},
		"a Sandbox of another group":    {ref: &metav1.OwnerReference{APIVersion: "example.com/v1beta1", Kind: "Sandbox"}},
		"a group that only begins so":   {ref: &metav1.OwnerReference{APIVersion: "agents.x-k8s.io.example.com/v1", Kind: "Sandbox"}},
		"a Sandbox of the core group":   {ref: &metav1.OwnerReference{APIVersion: "v1", Kind: "Sandbox"}},
		"a version that cannot be read": {ref: &metav1.OwnerReference{APIVersion: "agents.x-k8s.io/v1/beta1", Kind: "Sandbox"}},
		"a pool":                        {ref: &metav1.OwnerReference{APIVersion: "extensions.agents.x-k8s.io/v1beta1", Kind: "SandboxWarmPool"}, pool: true},
		"a pool of the Sandbox's group": {ref: &metav1.OwnerReference{APIVersion: "agents.x-k8s.io/v1beta1", Kind: "SandboxWarmPool"}},
		"a claim":                       {ref: &metav1.OwnerReference{APIVersion: "extensions.agents.x-k8s.io/v1alpha1", Kind: "SandboxClaim"}, claim: true},
		"a template":                    {ref: &metav1.OwnerReference{APIVersion: "extensions.agents.x-k8s.io/v1", Kind: "SandboxTemplate"}, template: true},
		"a template of another group":   {ref: &metav1.OwnerReference{APIVersion: "agents.x-k8s.io/v1", Kind: "SandboxTemplate"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.IsSandbox(tc.ref); got != tc.sandbox {
				t.Errorf("IsSandbox: %t", got)
			}
			if got := rules.IsPool(tc.ref); got != tc.pool {
				t.Errorf("IsPool: %t", got)
			}
			if got := rules.IsClaim(tc.ref); got != tc.claim {
				t.Errorf("IsClaim: %t", got)
			}
			if got := rules.IsTemplate(tc.ref); got != tc.template {
				t.Errorf("IsTemplate: %t", got)
			}
		})
	}
}

func TestOwnerReferences(t *testing.T) {
	sandbox, pool, claim := builder.MakeSandbox("s").Obj(), builder.MakePool("p").Obj(), builder.MakeClaim("c").Obj()
	template := builder.MakeTemplate("t").Obj()
	for name, tc := range map[string]struct {
		ref  *metav1.OwnerReference
		is   func(*metav1.OwnerReference) bool
		want metav1.Object
	}{
		"of a Sandbox":  {rules.SandboxOwner(sandbox), rules.IsSandbox, sandbox},
		"of a pool":     {rules.PoolOwner(pool), rules.IsPool, pool},
		"of a claim":    {rules.ClaimOwner(claim), rules.IsClaim, claim},
		"of a template": {rules.TemplateOwner(template), rules.IsTemplate, template},
	} {
		t.Run(name, func(t *testing.T) {
			if !tc.is(tc.ref) || tc.ref.UID != tc.want.GetUID() || tc.ref.Name != tc.want.GetName() || !*tc.ref.Controller || !*tc.ref.BlockOwnerDeletion {
				t.Errorf("got %v", tc.ref)
			}
			if owned := builder.MakePod("x").OwnerReferences(*tc.ref).Obj(); !rules.ControlledBy(owned, tc.want) {
				t.Error("what bears it is not controlled by its object")
			}
		})
	}
}

func TestControlledByGoesByUID(t *testing.T) {
	claim := builder.MakeClaim("c").Obj()
	sandbox := builder.MakeSandbox("s").ClaimedBy(claim).Obj()
	if again := builder.MakeClaim("c").UID("another").Obj(); !rules.ControlledBy(sandbox, claim) || rules.ControlledBy(sandbox, again) {
		t.Error("a claim of the same name that came later is another claim")
	}
	ref := *rules.ClaimOwner(claim)
	ref.Controller = new(bool)
	if sandbox := builder.MakeSandbox("s").OwnerReferences(ref).Obj(); rules.ControlledBy(sandbox, claim) || rules.ControllerOf(sandbox) != nil {
		t.Error("an owner that is not the controller does not control")
	}
}

func TestActorFor(t *testing.T) {
	const own = "system:serviceaccount:namesake-system:namesake"
	for user, want := range map[string]rules.Actor{
		own: rules.Controller,
		"system:serviceaccount:kube-system:generic-garbage-collector": rules.GarbageCollector,
		"system:kube-controller-manager":                              rules.GarbageCollector,
		"system:serviceaccount:default:generic-garbage-collector":     rules.User,
		"system:serviceaccount:default:namesake":                      rules.User,
		"system:kube-scheduler":                                       rules.User,
		"kubernetes-admin":                                            rules.User,
		"":                                                            rules.User,
	} {
		if got := rules.ActorFor(user, own); got != want {
			t.Errorf("ActorFor(%q) = %d, want %d", user, got, want)
		}
	}
}
