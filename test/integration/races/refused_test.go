package races

import (
	"context"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The API server refuses these writes even from those who may otherwise write: a controller with a bug, the garbage collector,
// and people with rights on status. Each case gets an arena with claim "ann" that has the adopted Sandbox python-aaaaa, claim
// "bob" that is not bound, and the warm Sandbox python-bbbbb.
func TestRefusedToWhoeverAsks(t *testing.T) {
	for name, write := range map[string]func(*refusal) error{
		"the controller gives an adopted Sandbox to another claim": func(r *refusal) error {
			return r.own(r.Controller, r.taken, rules.ClaimOwner(r.bob))
		},
		"the controller gives an adopted Sandbox to another claim, which is bound to it": func(r *refusal) error {
			r.given(r.rebind(r.bob, r.taken.Name))
			return r.own(r.Controller, r.taken, rules.ClaimOwner(r.bob))
		},
		"the controller gives an adopted Sandbox back to its pool": func(r *refusal) error {
			return r.own(r.Controller, r.taken, rules.PoolOwner(r.pool))
		},
		"the controller adopts for a claim that is not bound": func(r *refusal) error {
			return r.own(r.Controller, r.warm, rules.ClaimOwner(r.bob))
		},
		"the controller adopts for a claim that is bound to another Sandbox": func(r *refusal) error {
			return r.own(r.Controller, r.warm, rules.ClaimOwner(r.ann))
		},
		"the controller gives a Sandbox of nobody to a claim": func(r *refusal) error {
			return r.own(r.Controller, r.bare, rules.ClaimOwner(r.bob))
		},
		"the controller takes a Sandbox of nobody into a pool": func(r *refusal) error {
			return r.own(r.Controller, r.bare, rules.PoolOwner(r.pool))
		},
		"the controller takes the owner away": func(r *refusal) error { return r.own(r.Controller, r.taken, nil) },
		"the garbage collector adds an owner": func(r *refusal) error {
			return r.own(r.Collector, r.bare, rules.ClaimOwner(r.bob))
		},
		"the controller adopts another Sandbox than the one that the claim is bound to": func(r *refusal) error {
			r.given(r.rebind(r.bob, "gone"))
			return r.own(r.Controller, r.warm, rules.ClaimOwner(r.bob))
		},
		"the controller binds a claim that has its Sandbox again": func(r *refusal) error { return r.rebind(r.ann, r.warm.Name) },
		"the controller binds a claim again whose Sandbox can be adopted": func(r *refusal) error {
			r.given(r.rebind(r.bob, r.warm.Name))
			return r.rebind(r.bob, "bob")
		},
		"the controller binds a claim again that is to go cold": func(r *refusal) error {
			r.given(r.rebind(r.bob, "bob"))
			return r.rebind(r.bob, r.warm.Name)
		},
		"the controller removes a binding": func(r *refusal) error {
			return r.patch(r.Controller, r.ann, `{"metadata":{"annotations":{%q:null}}}`, sandboxv1.AnnotationBinding)
		},
		"a status that names another Sandbox":                      func(r *refusal) error { return r.status(r.Operator, r.ann, `{"name":"python-bbbbb"}`) },
		"a status that names no Sandbox any more":                  func(r *refusal) error { return r.status(r.Operator, r.ann, `{"name":null}`) },
		"a status that is emptied":                                 func(r *refusal) error { return r.status(r.Operator, r.ann, `null`) },
		"a status that names what is not bound":                    func(r *refusal) error { return r.status(r.Operator, r.bob, `{"name":"python-bbbbb"}`) },
		"the controller's own status, of another name":             func(r *refusal) error { return r.status(r.Controller, r.ann, `{"name":"python-bbbbb"}`) },
		"a status that gives the Sandbox up, by somebody else":     func(r *refusal) error { return r.giveUp(r.Operator) },
		"a status that gives it up, of a claim that cannot expire": func(r *refusal) error { return r.giveUp(r.Controller) },
		"a whole status in place of the old": func(r *refusal) error {
			r.ann.Status = extensionsv1.SandboxClaimStatus{}
			return r.Operator.Status().Update(r.ctx, r.ann)
		},
		"a cold Sandbox created for a claim that is bound elsewhere": func(r *refusal) error {
			sandbox := builder.MakeSandbox("ann").Namespace(r.Name).OwnerReferences(*rules.ClaimOwner(r.ann)).Obj()
			return r.Controller.Create(r.ctx, sandbox)
		},
		"a second Pod for a Sandbox, by the controller": func(r *refusal) error {
			pod := rules.NewPod(r.taken)
			pod.Name = "python-aaaaa-2"
			return r.Controller.Create(r.ctx, pod)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRefusal(t)
			if err := write(r); !apierrors.IsInvalid(err) {
				t.Errorf("got %v, want Invalid", err)
			}
			r.has(t, "ann", r.taken.Name)
		})
	}
}

// These are writes that they may make nevertheless.
func TestAllowedToWhomItConcerns(t *testing.T) {
	for name, write := range map[string]func(*refusal) error{
		"the garbage collector orphans a Sandbox of a pool": func(r *refusal) error { return r.own(r.Collector, r.warm, nil) },
		"the garbage collector no longer blocks the owner's deletion": func(r *refusal) error {
			reference := rules.ClaimOwner(r.ann)
			reference.BlockOwnerDeletion = new(false)
			return r.own(r.Collector, r.taken, reference)
		},
		"a status that says more of the same Sandbox": func(r *refusal) error { return r.status(r.Operator, r.ann, `{"podIPs":["10.0.0.9"]}`) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := write(newRefusal(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

type refusal struct {
	*arena

	ctx               context.Context
	fail              func(...any)
	ann, bob          *extensionsv1.SandboxClaim
	taken, warm, bare *sandboxv1.Sandbox
}

func newRefusal(t *testing.T) *refusal {
	t.Helper()
	r := &refusal{arena: newArena(t), ctx: t.Context(), fail: t.Fatal}
	r.taken, r.warm = r.Warm(t, r.pool, "aaaaa"), r.Warm(t, r.pool, "bbbbb")
	r.bare = suite.Create(t, r.Namespace, r.Editor, builder.MakeSandbox("bare").Obj())
	r.ann, r.bob = r.boundTo(t, "ann", r.taken.Name), r.claim(t, "bob")
	r.Settle(t)
	reconcile(t, r.worker(r.Cached), r.ann)
	r.Settle(t)
	r.ann = suite.Get[extensionsv1.SandboxClaim](t, r.Namespace, "ann")
	r.taken = suite.Get[sandboxv1.Sandbox](t, r.Namespace, r.taken.Name)
	return r
}

// given fails the test if err is not nil. The steps that lead to the refused write have to succeed.
func (r *refusal) given(err error) {
	if err != nil {
		r.fail(err)
	}
}

// own replaces the owners of sandbox by reference, or removes them if that is nil.
func (r *refusal) own(c client.Client, sandbox *sandboxv1.Sandbox, reference *metav1.OwnerReference) error {
	changed := sandbox.DeepCopy()
	changed.OwnerReferences = nil
	if reference != nil {
		changed.OwnerReferences = []metav1.OwnerReference{*reference}
	}
	return c.Patch(r.ctx, changed, client.MergeFrom(sandbox))
}

func (r *refusal) patch(c client.Client, obj client.Object, format string, args ...any) error {
	return c.Patch(r.ctx, obj, client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, format, args...)))
}

// rebind writes the binding of claim as its controller.
func (r *refusal) rebind(claim *extensionsv1.SandboxClaim, sandbox string) error {
	return r.patch(r.Controller, claim, `{"metadata":{"annotations":{%q:%q}}}`, sandboxv1.AnnotationBinding, sandbox)
}

// giveUp writes the status of claim "ann" as if it had expired under Retain.
func (r *refusal) giveUp(c client.Client) error {
	base := r.ann.DeepCopy()
	r.ann.Status = rules.ExpiredStatus(r.ann, nil, r.Clock.Now())
	return c.Status().Patch(r.ctx, r.ann, client.MergeFrom(base))
}

// status writes sandbox as status.sandbox of claim.
func (r *refusal) status(c client.Client, claim *extensionsv1.SandboxClaim, sandbox string) error {
	patch := fmt.Appendf(nil, `{"status":{"sandbox":%s}}`, sandbox)
	return c.Status().Patch(r.ctx, claim, client.RawPatch("application/merge-patch+json", patch))
}
