package hostile

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	// mass is how many members a pool has of which all turn NotReady.
	mass = 200
	// mostReplaced is how many of them may be replaced: a quarter.
	mostReplaced = mass / 4
	// longerThanGrace is longer than a member may be not Ready before it is replaced (--sandbox-warm-pool-readiness-grace-period).
	longerThanGrace = 6 * time.Minute
	// callsPerRefused is how many calls a minute a refused Sandbox may cost, once its backoff has reached a minute, and
	// otherCalls how many its pool may.
	callsPerRefused, otherCalls = 2, 10
)

// All members of a pool turn NotReady, for longer than the grace period: their nodes do not report. Then they are Ready again.
func TestAllMembersNotReady(t *testing.T) {
	if testing.Short() {
		return // In that time, nothing would be replaced anyway. The integration tests have the same with a clock of their own.
	}
	t.Parallel() // It mostly waits.
	w := enter(t)
	namespace := w.Namespace(t)
	w.create(t, builder.MakeTemplate(poolName).Namespace(namespace).Obj(),
		builder.MakePool(poolName).Namespace(namespace).Template(poolName).Replicas(mass).Obj())
	w.awaitReady(t, namespace, mass)
	before := w.uids(t, namespace)
	w.report(t, namespace, corev1.ConditionFalse)
	w.awaitReady(t, namespace, 0)
	var all sets.Set[types.UID]
	w.watch(t, longerThanGrace, func() { all = before.Difference(w.uids(t, namespace)) })
	t.Logf("of %d members that were not Ready for %s, %d were replaced meanwhile: %s", mass, longerThanGrace, all.Len(), w.says(t, namespace))
	w.report(t, namespace, corev1.ConditionTrue)
	w.awaitReady(t, namespace, mass)
	replaced := before.Difference(w.uids(t, namespace)).Len()
	t.Logf("when all were Ready again, %d of %d had been replaced", replaced, mass)
	if replaced > mostReplaced {
		t.Errorf("%d of %d were replaced, and at most %d should be", replaced, mass, mostReplaced)
	}
}

// Pools whose Pods a quota refuses, in part or all of them, delete no Sandbox, and cost a few calls a minute.
func TestPoolsOverAPodQuota(t *testing.T) {
	t.Parallel()
	w := enter(t)
	observed := 10 * time.Minute
	if testing.Short() {
		observed = 10 * time.Second
	}
	type overQuota struct {
		replicas, quota int
		namespace       string
		made            sets.Set[types.UID]
	}
	pools := []*overQuota{{replicas: mass, quota: mass / 4}, {replicas: 10_000, quota: 0}}
	for _, p := range pools {
		p.namespace, p.made = w.Namespace(t), sets.New[types.UID]()
		w.quota(t, p.namespace, corev1.ResourcePods, int64(p.quota))
		w.create(t, builder.MakeTemplate(poolName).Namespace(p.namespace).Obj(),
			builder.MakePool(poolName).Namespace(p.namespace).Template(poolName).Replicas(int32(p.replicas)).Obj())
		w.awaitReady(t, p.namespace, p.quota)
		awaited(t, "a Pod to be refused", func(context.Context) (bool, error) { return w.uids(t, p.namespace).Len() > p.quota, nil })
	}
	began := time.Now()
	w.watch(t, observed, func() {
		for _, p := range pools {
			now := w.uids(t, p.namespace)
			if gone := p.made.Difference(now); gone.Len() > 0 {
				t.Errorf("pool of %d: %d Sandboxes were deleted", p.replicas, gone.Len())
			}
			p.made = now
		}
	})
	for _, p := range pools {
		each := w.callsByMinute(t, p.namespace, began)
		t.Logf("pool of %d, quota of %d Pods: %d Sandboxes, none deleted; calls in each minute: %v, %v; %s", p.replicas, p.quota, p.made.Len(),
			each, w.CallsOfManagers(t, p.namespace, began), w.says(t, p.namespace))
		// Half of the minutes count: a change of leader begins all backoffs anew.
		slices.Sort(each)
		if most := callsPerRefused*(p.made.Len()-p.quota) + otherCalls; !testing.Short() && each[len(each)/2] > most {
			t.Errorf("pool of %d: %d calls a minute, and %d are allowed", p.replicas, each[len(each)/2], most)
		}
	}
}

// callsByMinute returns how many calls the managers made about a namespace, in each minute since began, the last one in part.
func (w *world) callsByMinute(t *testing.T, namespace string, began time.Time) []int {
	t.Helper()
	var since []int // What came since the beginning of each minute.
	for at := began; at.Before(time.Now()); at = at.Add(time.Minute) {
		total := 0
		for _, calls := range w.CallsOfManagers(t, namespace, at) {
			total += calls
		}
		since = append(since, total)
	}
	for i := range len(since) - 1 {
		since[i] -= since[i+1]
	}
	return since
}

// watch calls look once a second for so long.
func (w *world) watch(t *testing.T, long time.Duration, look func()) {
	t.Helper()
	end := time.Now().Add(long)
	err := wait.PollUntilContextCancel(t.Context(), time.Second, true, func(context.Context) (bool, error) {
		look()
		return t.Failed() || time.Now().After(end), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// members returns the Sandboxes of a namespace.
func (w *world) members(t *testing.T, namespace string) []sandboxv1.Sandbox {
	t.Helper()
	list := &sandboxv1.SandboxList{}
	if err := w.Editor.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// uids returns the UIDs of a namespace's Sandboxes that are not terminating.
func (w *world) uids(t *testing.T, namespace string) sets.Set[types.UID] {
	t.Helper()
	uids := sets.New[types.UID]()
	for _, member := range w.members(t, namespace) {
		if member.DeletionTimestamp == nil {
			uids.Insert(member.UID)
		}
	}
	return uids
}

// awaitReady waits until the pool of a namespace has exactly that many Ready members.
func (w *world) awaitReady(t *testing.T, namespace string, n int) {
	t.Helper()
	awaited(t, fmt.Sprintf("the pool to have %d Ready members", n), func(ctx context.Context) (bool, error) {
		pool := &extensionsv1.SandboxWarmPool{}
		err := w.Editor.Get(ctx, client.ObjectKey{Namespace: namespace, Name: poolName}, pool)
		return pool.Status.ObservedGeneration == pool.Generation && int(pool.Status.ReadyReplicas) == n, err
	})
}

// says returns what the pool of a namespace says about its progress.
func (w *world) says(t *testing.T, namespace string) string {
	t.Helper()
	pool := &extensionsv1.SandboxWarmPool{}
	if err := w.Editor.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: poolName}, pool); err != nil {
		t.Fatal(err)
	}
	if len(pool.Status.Conditions) == 0 {
		return "the pool has no condition"
	}
	return pool.Status.Conditions[0].Reason + ": " + pool.Status.Conditions[0].Message
}

// report sets the Ready condition of every Pod of a namespace, as the kubelets or their supervisor do.
func (w *world) report(t *testing.T, namespace string, ready corev1.ConditionStatus) {
	t.Helper()
	pods := &corev1.PodList{}
	if err := w.Admin.List(t.Context(), pods, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	inParallel(len(pods.Items), func(i int) {
		pod := &pods.Items[i]
		base := pod.DeepCopy()
		for at := range pod.Status.Conditions {
			if c := &pod.Status.Conditions[at]; c.Type == corev1.PodReady {
				c.Status, c.LastTransitionTime = ready, metav1.Now()
			}
		}
		if err := w.Admin.Status().Patch(t.Context(), pod, client.StrategicMergeFrom(base)); err != nil {
			t.Errorf("setting the Ready condition of a Pod: %v", err)
		}
	})
}

// quota makes a quota in a namespace, and waits until it is enforced. A quota on a kind that the controller of quotas does not
// know yet, since its CRD is new, is computed again after five minutes only, or when it is made anew.
func (w *world) quota(t *testing.T, namespace string, of corev1.ResourceName, n int64) {
	t.Helper()
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "limited"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{of: *resource.NewQuantity(n, resource.DecimalSI)}},
	}
	const perTry = 100
	tries := 0
	awaited(t, "the quota to be known", func(ctx context.Context) (bool, error) {
		tries++
		if tries%perTry != 1 {
			err := w.Admin.Get(ctx, client.ObjectKeyFromObject(quota), quota)
			return len(quota.Status.Used) > 0, err
		}
		if err := w.Admin.Delete(ctx, quota); client.IgnoreNotFound(err) != nil {
			return false, err
		}
		quota.ResourceVersion, quota.UID = "", ""
		return false, w.Admin.Create(ctx, quota)
	})
}
