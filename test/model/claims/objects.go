package claims

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// theTemplate is the one template of the model.
const theTemplate = "t"

func claimName(number int) string { return "c" + strconv.Itoa(number+1) }
func poolName(number int) string  { return "p" + strconv.Itoa(number+1) }

func claimUIDOf(uid uint8) types.UID { return types.UID("claim-" + strconv.Itoa(int(uid))) }

// sandboxName returns the name of a Sandbox. What pools create is called after none of them, since a name has no pool.
func sandboxName(n name) string {
	switch {
	case n == 0:
		return ""
	case n < firstCold:
		return "warm-" + strconv.Itoa(int(n))
	case n < firstAlt:
		return claimName(int(n) - firstCold)
	}
	uid := n - firstAlt + 1
	return rules.ColdName(&extensionsv1.SandboxClaim{ObjectMeta: metav1.ObjectMeta{Name: claimName(claimOf(uid)), UID: claimUIDOf(uid)}}, true)
}

// names are the names of Sandboxes by their numbers, and the other way round.
var names, numbers = func() (names [maxNames]string, numbers map[string]name) {
	numbers = map[string]name{}
	for n := range names {
		names[n] = sandboxName(name(n))
		numbers[names[n]] = name(n)
	}
	return names, numbers
}()

// conditions are the Ready conditions that a claim can have: its status and its reason.
var conditions = []string{
	"", "True " + sandboxv1.ReasonDependenciesReady, "False " + extensionsv1.ReasonSandboxNotReady,
	"False " + sandboxv1.ReasonDependenciesNotReady,
	"False " + extensionsv1.ReasonSandboxMissing, "False " + extensionsv1.ReasonReconcilerError,
	"False " + extensionsv1.ReasonAdoptionConflict, "False " + extensionsv1.ReasonClaimExpired,
}

const isReady = 1

// claimObject returns c, the claim of that number, as the API has it.
func claimObject(number int, c claim) *extensionsv1.SandboxClaim {
	if c.uid == 0 {
		return nil
	}
	obj := &extensionsv1.SandboxClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: builder.DefaultNamespace, Name: claimName(number), UID: claimUIDOf(c.uid),
	}}
	if c.binding != 0 {
		obj.Annotations = map[string]string{sandboxv1.AnnotationBinding: names[c.binding]}
	}
	if c.deleting {
		obj.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
	}
	if c.pool > 0 {
		obj.Spec.WarmPoolRef = &extensionsv1.SandboxWarmPoolReference{Name: poolName(int(c.pool) - 1)}
	} else {
		obj.Spec.SandboxTemplateRef = &extensionsv1.SandboxTemplateReference{Name: theTemplate}
	}
	lifecycle := &extensionsv1.Lifecycle{ShutdownPolicy: extensionsv1.ShutdownPolicyRetain}
	if c.deletes {
		lifecycle.ShutdownPolicy = extensionsv1.ShutdownPolicyDelete
	}
	if c.expired {
		lifecycle.ShutdownTime = &metav1.Time{Time: builder.Epoch}
	}
	obj.Spec.Lifecycle = lifecycle
	if c.record != 0 {
		obj.Status.Sandbox = extensionsv1.ClaimedSandbox{Name: names[c.record], UID: sandboxUIDOf(c.recordUID)}
	}
	if c.ready > 0 {
		var status, reason string
		_, _ = fmt.Sscan(conditions[c.ready], &status, &reason) // It never fails: each is two words.
		meta.SetStatusCondition(&obj.Status.Conditions, metav1.Condition{
			Type: extensionsv1.ConditionReady, Status: metav1.ConditionStatus(status), Reason: reason,
			LastTransitionTime: metav1.NewTime(builder.Epoch),
		})
	}
	return obj
}

// withStatus returns c with the status of the API's object.
func withStatus(c claim, status extensionsv1.SandboxClaimStatus) claim {
	c.record, c.recordUID, c.ready = numbers[status.Sandbox.Name], sandboxNumber(status.Sandbox.UID), 0
	ready := meta.FindStatusCondition(status.Conditions, extensionsv1.ConditionReady)
	if ready == nil {
		return c
	}
	for i, known := range conditions {
		if known == string(ready.Status)+" "+ready.Reason {
			c.ready = uint8(i)
			return c
		}
	}
	panic("the model does not know the condition " + string(ready.Status) + " " + ready.Reason)
}

func sandboxUIDOf(uid uint8) types.UID { return types.UID(strconv.Itoa(int(uid))) }

func sandboxNumber(uid types.UID) uint8 {
	n, _ := strconv.ParseUint(string(uid), 10, 8) // An empty one is 0.
	return uint8(n)
}

// sandboxObject returns s, the Sandbox of that name, as the API has it.
func sandboxObject(n name, s sandbox) *sandboxv1.Sandbox {
	if s.uid == 0 {
		return nil
	}
	obj := &sandboxv1.Sandbox{ObjectMeta: metav1.ObjectMeta{
		Namespace: builder.DefaultNamespace, Name: names[n], UID: sandboxUIDOf(s.uid), Generation: 1,
		Labels:      map[string]string{sandboxv1.LabelTemplateRefHash: rules.Hash(theTemplate)},
		Annotations: map[string]string{sandboxv1.AnnotationTemplateRef: theTemplate},
	}}
	switch s.owner.kind {
	case byPool:
		obj.OwnerReferences = []metav1.OwnerReference{*rules.PoolOwner(poolObject(int(s.owner.of), s.owner.uid))}
	case byClaim:
		obj.OwnerReferences = []metav1.OwnerReference{*rules.ClaimOwner(claimObject(int(s.owner.of), claim{uid: s.owner.uid}))}
	case nobody:
	}
	if s.deleting {
		obj.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
	}
	ready := metav1.Condition{
		Type: sandboxv1.ConditionReady, Status: metav1.ConditionFalse, Reason: sandboxv1.ReasonDependenciesNotReady,
		ObservedGeneration: 1, LastTransitionTime: metav1.NewTime(builder.Epoch),
	}
	if s.ready {
		ready.Status, ready.Reason = metav1.ConditionTrue, sandboxv1.ReasonDependenciesReady
		obj.Status.PodIPs = []string{"10.0.0.1"}
	}
	obj.Status.Conditions = []metav1.Condition{ready}
	return obj
}

func poolObject(number int, uid uint8) *extensionsv1.SandboxWarmPool {
	return &extensionsv1.SandboxWarmPool{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: builder.DefaultNamespace, Name: poolName(number), UID: types.UID("pool-" + strconv.Itoa(int(uid))),
		},
		Spec: extensionsv1.SandboxWarmPoolSpec{SandboxTemplateRef: extensionsv1.SandboxTemplateReference{Name: theTemplate}},
	}
}
