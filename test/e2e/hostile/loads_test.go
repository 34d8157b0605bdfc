package hostile

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// loads are what TestBounds tries.
func loads() []load {
	claims, members := 10_000 / *reduced, 5000 / *reduced
	return []load{
		{
			name: fmt.Sprintf("%d claims without a pool", claims), callsAMinute: 0,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.claims(t, namespace, "nowhere", claims)
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.said(ctx, namespace, claims)
			},
		},
		{
			name: fmt.Sprintf("%d members that never get Ready", members), callsAMinute: members / 5,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.pool(t, namespace, members, nodeOf("nowhere"))
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.podsOf(ctx, namespace, members)
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
				list := &sandboxv1.SandboxList{}
				err := w.Admin.List(ctx, list, client.InNamespace(namespace))
				return len(list.Items) == 0, err
			},
		},
		{
			name: fmt.Sprintf("%d claims over a quota of 2", claims/10), callsAMinute: 600 + claims/10,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.quota(t, namespace, "count/sandboxes.agents.x-k8s.io", 2)
				w.pool(t, namespace, 2, nil)
				w.claims(t, namespace, poolName, claims/10)
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.said(ctx, namespace, claims/10)
			},
		},
		{
			name: "an etcd that stands still for 200 ms at a time", everybody: true, callsAMinute: 0,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.pool(t, namespace, 50, nil)
				w.awaitReady(t, namespace, 50)
				w.Stall(t, "etcd", 200*time.Millisecond, 20*time.Millisecond)
				w.claims(t, namespace, poolName, 100)
			},
			settled: func(ctx context.Context, w *world, namespace string) (bool, error) {
				return w.served(ctx, namespace, 100, 50)
			},
		},
		{
			name: "429 for most of what the managers ask", everybody: true, callsAMinute: 0,
			begin: func(t *testing.T, w *world, namespace string) {
				t.Helper()
				w.pool(t, namespace, 50, nil)
				w.awaitReady(t, namespace, 50)
				w.reject(t)
				w.claims(t, namespace, poolName, 100)
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
	inParallel(n, func(i int) {
		claim := builder.MakeClaim(fmt.Sprintf("claim-%d", i)).Namespace(namespace).Pool(pool).Obj()
		if err := w.Editor.Create(t.Context(), claim); err != nil {
			t.Errorf("creating a claim: %v", err)
		}
	})
}

// said reports whether there are n claims, and each that has no Sandbox says why in its Ready condition.
func (w *world) said(ctx context.Context, namespace string, n int) (bool, error) {
	list := &extensionsv1.SandboxClaimList{}
	if err := w.Editor.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return false, err
	}
	for i := range list.Items {
		conditions := list.Items[i].Status.Conditions
		if len(conditions) == 0 || conditions[0].Message == "" {
			return false, nil
		}
	}
	return len(list.Items) == n, nil
}

// served reports whether n claims are Ready, and the pool has its members.
func (w *world) served(ctx context.Context, namespace string, n, members int) (bool, error) {
	list := &extensionsv1.SandboxClaimList{}
	if err := w.Editor.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return false, err
	}
	ready := 0
	for i := range list.Items {
		if len(list.Items[i].Status.Conditions) > 0 && list.Items[i].Status.Conditions[0].Status == metav1.ConditionTrue {
			ready++
		}
	}
	pool := &extensionsv1.SandboxWarmPool{}
	err := w.Editor.Get(ctx, client.ObjectKey{Namespace: namespace, Name: poolName}, pool)
	return ready == n && int(pool.Status.ReadyReplicas) == members, err
}

// podsOf reports whether there are n Pods.
func (w *world) podsOf(ctx context.Context, namespace string, n int) (bool, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("PodList"))
	err := w.Admin.List(ctx, list, client.InNamespace(namespace))
	return len(list.Items) >= n, err
}

// reject lets the API server answer 429 to what the managers ask about Sandboxes, claims, pools and Pods, as soon as it has more than one
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
			MatchingPrecedence:         1,
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
