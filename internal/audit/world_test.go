package audit_test

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// world is a healthy namespace: a template with its policy, a pool with one member, a claim with a Sandbox that was adopted, a bare
// Sandbox, and their Pods. A test changes some of it.
type world struct {
	template            *extensionsv1.SandboxTemplate
	policy              *networkingv1.NetworkPolicy
	pool                *extensionsv1.SandboxWarmPool
	claim, other        *extensionsv1.SandboxClaim
	member, held, bare  *sandboxv1.Sandbox
	memberPod, heldPod  *corev1.Pod
	barePod, foreignPod *corev1.Pod
	more                []metav1.Object
}

func newWorld() *world {
	w := &world{
		template: builder.MakeTemplate("python").Obj(), pool: builder.MakePool("warm").Template("python").Obj(),
		claim: builder.MakeClaim("mine").Pool("warm").BoundTo("held").StatusSandbox("held").Obj(),
		other: builder.MakeClaim("other").Pool("warm").Obj(), foreignPod: builder.MakePod("web").Label("app", "web").Obj(),
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: builder.DefaultNamespace, UID: "namespace-uid"}}
	w.policy = rules.NetworkPolicy(w.template, nil, namespace, rules.DefaultNetwork())
	w.policy.UID, w.policy.CreationTimestamp = "policy-uid", metav1.NewTime(builder.Epoch)
	w.claim.Status.Sandbox.UID = builder.UID("sandbox", "held")
	w.claim.Status.Conditions = []metav1.Condition{{Type: extensionsv1.ConditionReady, Status: metav1.ConditionTrue}}
	w.member = builder.MakeSandbox("member").Pool(w.pool).Ready().Obj()
	w.held = builder.MakeSandbox("held").Pool(w.pool).ClaimedBy(w.claim).Ready().Obj()
	w.bare = builder.MakeSandbox("bare").Ready().Obj()
	w.memberPod = builder.MakePod("member").ControlledBy(w.member).Obj()
	w.heldPod = builder.MakePod("held").ControlledBy(w.held).Obj()
	w.barePod = builder.MakePod("bare").ControlledBy(w.bare).Obj()
	return w
}

// snapshot returns what is there. A test that sets a field to nil has removed that object.
func (w *world) snapshot() *audit.Snapshot {
	found := audit.Namespaces{}
	add := func(there bool, obj metav1.Object) {
		if there {
			found.Add(obj)
		}
	}
	add(w.template != nil, w.template)
	add(w.policy != nil, w.policy)
	add(w.pool != nil, w.pool)
	for _, claim := range []*extensionsv1.SandboxClaim{w.claim, w.other} {
		add(claim != nil, claim)
	}
	for _, sandbox := range []*sandboxv1.Sandbox{w.member, w.held, w.bare} {
		add(sandbox != nil, sandbox)
	}
	for _, pod := range []*corev1.Pod{w.memberPod, w.heldPod, w.barePod, w.foreignPod} {
		add(pod != nil, pod)
	}
	for _, obj := range w.more {
		found.Add(obj)
	}
	return found[builder.DefaultNamespace]
}

// delete marks obj as being deleted.
func (*world) delete(obj metav1.Object) {
	obj.SetDeletionTimestamp(&metav1.Time{Time: builder.Epoch.Add(time.Hour)})
}

// secondPod adds a Pod of another name that sandbox controls.
func (w *world) secondPod(name string, sandbox *sandboxv1.Sandbox) *corev1.Pod {
	pod := builder.MakePod(name).ControlledBy(sandbox).Obj()
	w.more = append(w.more, pod)
	return pod
}

// adopt makes claim the controller of sandbox, as nobody should who does not hold the binding.
func adopt(sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) {
	sandbox.OwnerReferences = []metav1.OwnerReference{*rules.ClaimOwner(claim)}
}

// record makes claim say that it has the Sandbox of that name and UID.
func record(claim *extensionsv1.SandboxClaim, name string, uid types.UID) {
	claim.Status.Sandbox = extensionsv1.ClaimedSandbox{Name: name, UID: uid}
}
