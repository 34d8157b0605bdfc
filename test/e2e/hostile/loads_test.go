package hostile

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/bench/load/schedule"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	// creationRate is how many objects of a load are created in a second. It leaves the API server room: in a cluster, its priority and
	// fairness bounds what one user gets of it.
	creationRate = 50
	// comparison is how many ConfigMaps are created: as many as that rate makes while the neighbour is looked at.
	comparison = int(phase/time.Second) * creationRate
	// triesAMinute is how many of a namespace's refusals are tried again in a minute: one a second, and ten that may have been saved up
	// (controllers/internal/retry).
	triesAMinute = 60 + 10
	// callsATry is what it costs to create a cold Sandbox in vain: live reads of the claim and the Sandbox, since a cache may be stale; the
	// webhook's live read of the claim; and the creation.
	callsATry = 4
	// looksOfTheAuditor are the live reads with which it makes sure that what it found is not merely late: a Pod's, its Sandbox's, and the
	// namespace's.
	looksOfTheAuditor = 3
	// mostWaiting is how many Sandboxes a pool creates that no node takes, before it goes on a few at a time
	// (--sandbox-warm-pool-max-batch-size).
	mostWaiting = 128
	// slowSync is how long a sync takes on a disk that is much too slow for etcd.
	slowSync = 200 * time.Millisecond
)

// loads are what TestBounds tries.
func loads() []load {
	claims, members := 10_000 / *reduced, 5000 / *reduced
	return []load{
		{
			name: fmt.Sprintf("for comparison, %d ConfigMaps", comparison), everybody: true, callsAMinute: 0,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.configMaps(t, namespace, comparison)
			},
			settled: func(context.Context, *world, string) (bool, error) { return true, nil },
		},
		{
			name: fmt.Sprintf("%d claims without a pool", claims), callsAMinute: 0,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.claims(t, namespace, "nowhere", claims)
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.said(ctx, namespace, "not found", claims)
			},
		},
		{
			name: fmt.Sprintf("%d members that never get Ready", members), callsAMinute: 0,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.pool(t, namespace, members, nodeOf("nowhere"))
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.crowded(ctx, namespace)
			},
		},
		{
			name: "a namespace deleted midway", callsAMinute: 0,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.pool(t, namespace, members, nil)
				awaited(t, "half of the members", func(ctx context.Context) (bool, error) {
					list := &sandboxv1.SandboxList{}
					err := w.Editor.List(ctx, list, client.InNamespace(namespace))
					return len(list.Items) > members/2, err
				})
				gone := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
				if err := w.Admin.Delete(t.Context(), gone); err != nil {
					t.Fatal(err)
				}
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				err := w.Admin.Get(ctx, client.ObjectKey{Name: namespace}, &corev1.Namespace{})
				return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
			},
		},
		{
			name: fmt.Sprintf("%d claims over a quota", claims/10), callsAMinute: triesAMinute * callsATry, more: 1,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.quota(t, namespace, "count/sandboxes.agents.x-k8s.io", 2)
				w.pool(t, namespace, 2, nil)
				w.awaitReady(t, namespace, 2)
				w.claims(t, namespace, poolName, claims/10+2)
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.said(ctx, namespace, "exceeded quota", claims/10)
			},
		},
		{
			name: fmt.Sprintf("an etcd whose disk takes %s", slowSync), everybody: true, callsAMinute: 100 * looksOfTheAuditor,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.pool(t, namespace, 50, nil)
				w.awaitReady(t, namespace, 50)
				w.SlowDisk(t, slowSync)
				w.claims(t, namespace, poolName, 100)
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.served(ctx, namespace, 100, 50)
			},
		},
		{
			name: "429 for what the managers ask beyond a few at a time", everybody: true, callsAMinute: 0, answer: http.StatusTooManyRequests,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.pool(t, namespace, 50, nil)
				w.awaitReady(t, namespace, 50)
				w.reject(t)
				w.claimsAt(t, namespace, poolName, schedule.Burst(100))
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.served(ctx, namespace, 100, 50)
			},
		},
	}
}

// nodeOf is a node selector that no node satisfies.
func nodeOf(zone string) map[string]string { return map[string]string{corev1.LabelTopologyZone: zone} }

// pool makes a template and a pool of it. selector is that of the Pods, for nodes.
func (w *world) pool(t *testing.T, namespace string, replicas int, selector map[string]string) {
	t.Helper()
	template := builder.MakeTemplate(poolName).Namespace(namespace).Obj()
	template.Spec.PodTemplate.Spec.NodeSelector = selector
	w.create(t, template, builder.MakePool(poolName).Namespace(namespace).Template(poolName).Replicas(int32(replicas)).Obj())
}

// claims makes n claims of a pool.
func (w *world) claims(t *testing.T, namespace, pool string, n int) {
	t.Helper()
	w.claimsAt(t, namespace, pool, steadily(n))
}

// claimsAt makes a claim of a pool at each offset.
func (w *world) claimsAt(t *testing.T, namespace, pool string, offsets []time.Duration) {
	t.Helper()
	w.createAt(t, offsets, func(i int) client.Object {
		return builder.MakeClaim(fmt.Sprintf("claim-%d", i)).Namespace(namespace).Pool(pool).Obj()
	})
}

// configMaps makes n objects that have nothing to do with the product: what a neighbour waits longer meanwhile is the API server's and the
// machine's part.
func (w *world) configMaps(t *testing.T, namespace string, n int) {
	t.Helper()
	w.createAt(t, steadily(n), func(i int) client.Object {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("map-%d", i)}}
	})
}

// steadily returns the offsets of n objects.
func steadily(n int) []time.Duration {
	return schedule.Rate(creationRate, time.Duration(n)*time.Second/creationRate)
}

// createAt creates an object at each offset, as the editor.
func (w *world) createAt(t *testing.T, offsets []time.Duration, object func(i int) client.Object) {
	t.Helper()
	schedule.Run(t.Context(), offsets, func(i int, _ time.Time) {
		if err := w.Editor.Create(t.Context(), object(i)); err != nil {
			t.Errorf("creating object %d: %v", i, err)
		}
	})
}

// said reports whether n claims say that in their Ready condition.
func (w *world) said(ctx context.Context, namespace, that string, n int) (bool, error) {
	list := &extensionsv1.SandboxClaimList{}
	if err := w.Editor.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return false, err
	}
	say := 0
	for i := range list.Items {
		ready := apimeta.FindStatusCondition(list.Items[i].Status.Conditions, extensionsv1.ConditionReady)
		if ready != nil && strings.Contains(ready.Message, that) {
			say++
		}
	}
	return say == n, nil
}

// served reports whether n claims are Ready, and the pool has its members.
func (w *world) served(ctx context.Context, namespace string, n, members int) (bool, error) {
	list := &extensionsv1.SandboxClaimList{}
	if err := w.Editor.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return false, err
	}
	ready := 0
	for i := range list.Items {
		if apimeta.IsStatusConditionTrue(list.Items[i].Status.Conditions, extensionsv1.ConditionReady) {
			ready++
		}
	}
	pool := &extensionsv1.SandboxWarmPool{}
	err := w.Editor.Get(ctx, client.ObjectKey{Namespace: namespace, Name: poolName}, pool)
	return ready == n && int(pool.Status.ReadyReplicas) == members, err
}

// crowded reports whether the pool says that no node takes its Sandboxes, and all of them say that of theirs.
func (w *world) crowded(ctx context.Context, namespace string) (bool, error) {
	pool, list := &extensionsv1.SandboxWarmPool{}, &sandboxv1.SandboxList{}
	if err := w.Editor.Get(ctx, client.ObjectKey{Namespace: namespace, Name: poolName}, pool); err != nil {
		return false, err
	}
	progressing := apimeta.FindStatusCondition(pool.Status.Conditions, extensionsv1.ConditionProgressing)
	if progressing == nil || !strings.Contains(progressing.Message, "others are created only a few at a time") {
		return false, nil
	}
	err := w.Editor.List(ctx, list, client.InNamespace(namespace))
	for i := range list.Items {
		if !apimeta.IsStatusConditionFalse(list.Items[i].Status.Conditions, sandboxv1.ConditionPodScheduled) {
			return false, err
		}
	}
	return true, err
}

// reject lets the API server answer 429 to what the managers ask about Sandboxes, claims, pools and Pods, as soon as it has more than a few
// of these requests at a time, until the test ends. Leases are not among them, as in a cluster whose flow schemas are Kubernetes' own.
func (w *world) reject(t *testing.T) {
	t.Helper()
	level := &flowcontrolv1.PriorityLevelConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "few-at-a-time"},
		Spec: flowcontrolv1.PriorityLevelConfigurationSpec{
			Type: flowcontrolv1.PriorityLevelEnablementLimited,
			Limited: &flowcontrolv1.LimitedPriorityLevelConfiguration{
				NominalConcurrencyShares: new(int32(1)), LendablePercent: new(int32(0)), BorrowingLimitPercent: new(int32(0)),
				LimitResponse: flowcontrolv1.LimitResponse{Type: flowcontrolv1.LimitResponseTypeReject},
			},
		},
	}
	schema := &flowcontrolv1.FlowSchema{
		ObjectMeta: metav1.ObjectMeta{Name: "managers-few-at-a-time"},
		Spec: flowcontrolv1.FlowSchemaSpec{
			PriorityLevelConfiguration: flowcontrolv1.PriorityLevelConfigurationReference{Name: level.Name},
			MatchingPrecedence:         2, // Only "exempt" may have 1.
			Rules: []flowcontrolv1.PolicyRulesWithSubjects{{
				Subjects: []flowcontrolv1.Subject{{Kind: flowcontrolv1.SubjectKindServiceAccount, ServiceAccount: &flowcontrolv1.ServiceAccountSubject{
					Namespace: "namesake-system", Name: "namesake",
				}}},
				ResourceRules: []flowcontrolv1.ResourcePolicyRule{{
					Verbs: []string{"get", "create", "update", "patch", "delete"}, Namespaces: []string{flowcontrolv1.NamespaceEvery},
					APIGroups: []string{"", sandboxv1.GroupName, extensionsv1.GroupName}, Resources: []string{flowcontrolv1.ResourceAll},
				}},
			}},
		},
	}
	for _, o := range []client.Object{level, schema} {
		if err := w.Admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := w.Admin.Delete(context.Background(), o); err != nil {
				t.Error(err)
			}
		})
	}
}
