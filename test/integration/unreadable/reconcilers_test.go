package unreadable

import (
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/controllers/sandboxclaim"
	"github.com/namesake-sandbox/namesake/controllers/sandboxwarmpool"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/unreadable"
)

// reconcilers are stepped by hand, on a cache that leaves out what is unreadable.
type reconcilers struct {
	admin, cached client.Client
	claims        *sandboxclaim.Reconciler
	pools         *sandboxwarmpool.Reconciler
}

func newReconcilers(t *testing.T, admin client.Client, namespace string) *reconcilers {
	t.Helper()
	register := unreadable.NewRegister(logr.Discard())
	mgr, err := ctrl.NewManager(server, manager.Options{
		Scheme: scheme, NewCache: unreadable.NewCache(register), Cache: cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}},
		Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0", Controller: config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	live, err := unreadable.NewReader(server, mgr.GetHTTPClient(), scheme, mgr.GetAPIReader())
	if err != nil {
		t.Fatal(err)
	}
	cached, err := client.New(server, client.Options{
		Scheme: scheme, Cache: &client.CacheOptions{Reader: mgr.GetCache(), EnableReadYourWritesConsistency: new(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := controllers.Index(t.Context(), mgr.GetFieldIndexer()); err != nil {
		t.Fatal(err)
	}
	go func() { _ = mgr.GetCache().Start(t.Context()) }()
	recorder := events.NewFakeRecorder(100)
	now := time.Now //nolint:forbidigo // It is the reconcilers' clock: they meet the times that a real API server writes.
	return &reconcilers{
		admin: admin, cached: cached,
		claims: &sandboxclaim.Reconciler{
			Client: cached, Live: live, Candidates: candidates.New(0), Recorder: recorder, Metrics: metrics.NewClaims(), Now: now,
		},
		pools: &sandboxwarmpool.Reconciler{
			Client: cached, Live: live, Unreadable: register, Recorder: recorder, Settings: rules.PoolSettings{ReadinessGrace: time.Minute, Refill: rules.RefillLimits{Batch: 10}}, Now: now,
		},
	}
}

// A claim whose Sandbox is unreadable says so in its status, once, and is tried again with backoff.
func TestAClaimOfAnUnreadableSandbox(t *testing.T) {
	admin, namespace := newNamespace(t)
	fill(t, admin, namespace)
	r := newReconcilers(t, admin, namespace)
	bound := object(t, &extensionsv1.SandboxClaim{}, namespace, "bound", good[kindOf(good, &extensionsv1.SandboxClaim{})])
	bound.SetAnnotations(map[string]string{sandboxv1.AnnotationBinding: "exponent"})
	if err := admin.Create(t.Context(), bound); err != nil {
		t.Fatal(err)
	}
	versions := map[string]bool{}
	for range 3 {
		claim := &extensionsv1.SandboxClaim{}
		if err := admin.Get(t.Context(), client.ObjectKeyFromObject(bound), claim); err != nil {
			t.Fatal(err)
		}
		if _, err := r.claims.Reconcile(t.Context(), claim); err == nil || !strings.Contains(err.Error(), namespace+"/exponent") {
			t.Fatalf("the error does not name the Sandbox, or there is no backoff: %v", err)
		}
		if err := admin.Get(t.Context(), client.ObjectKeyFromObject(bound), claim); err != nil {
			t.Fatal(err)
		}
		versions[claim.ResourceVersion] = true
		ready := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionReady)
		if ready == nil || ready.Status != metav1.ConditionFalse || !strings.Contains(ready.Message, `"`+namespace+`/exponent" is stored but cannot be read`) {
			t.Errorf("the status says %v", ready)
		}
	}
	if len(versions) != 1 {
		t.Errorf("the status was written %d times, want once", len(versions))
	}
}

// A member that cannot be read holds its place: there are never more Sandboxes than the pool asks for.
func TestAPoolWithAnUnreadableMember(t *testing.T) {
	admin, namespace := newNamespace(t)
	create := func(o client.Object) {
		t.Helper()
		if err := admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	create(object(t, &extensionsv1.SandboxTemplate{}, namespace, "a", good[kindOf(good, &extensionsv1.SandboxTemplate{})]))
	made := object(t, &extensionsv1.SandboxWarmPool{}, namespace, "pool", good[kindOf(good, &extensionsv1.SandboxWarmPool{})])
	create(made)
	member := object(t, &sandboxv1.Sandbox{}, namespace, "member", bad[kindOf(bad, &sandboxv1.Sandbox{})]["exponent"])
	member.SetLabels(map[string]string{sandboxv1.LabelWarmPool: rules.Hash("pool")})
	member.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: extensionsv1.GroupVersion.String(), Kind: extensionsv1.KindSandboxWarmPool, Name: "pool", UID: made.GetUID(), Controller: new(true),
	}})
	create(member)
	r := newReconcilers(t, admin, namespace)
	for pass := range 3 {
		pool := &extensionsv1.SandboxWarmPool{}
		if err := admin.Get(t.Context(), client.ObjectKeyFromObject(made), pool); err != nil {
			t.Fatal(err)
		}
		if _, err := r.pools.Reconcile(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(sandboxv1.GroupVersion.WithKind(sandboxv1.KindSandboxList))
		if err := admin.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
		if len(list.Items) != 3 {
			t.Errorf("pass %d: there are %d Sandboxes, want 3, the unreadable one among them", pass, len(list.Items))
		}
	}
}
