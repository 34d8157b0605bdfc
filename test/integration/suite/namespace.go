package suite

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
)

// Namespace is the namespace of one test, with the clients of those who act in it.
type Namespace struct {
	Name string
	// Admin may do everything. The others may do what their roles say. All of them read live.
	Admin, Editor, Operator, Controller, Collector client.WithWatch
	// Cached writes as Controller, and reads from the cache that the webhooks read from. ReadYourWrites does so too, and its
	// reads wait until the cache has what it wrote.
	Cached, ReadYourWrites client.WithWatch
	// Index is what the webhooks pick from.
	Index *candidates.Index
	// Metrics are those of the claims that are reconciled here.
	Metrics *metrics.Claims
	// Clock is the time of webhooks and reconcilers.
	Clock *Clock
	// Recorder takes the events of the reconcilers.
	Recorder *events.FakeRecorder
}

// New creates a namespace for t.
func New(t *testing.T) *Namespace {
	t.Helper()
	name, err := shared.newNamespace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return in(t, name)
}

// NewPlain creates a namespace for t in which only Admin, Controller and Collector have rights.
func NewPlain(t *testing.T) *Namespace {
	t.Helper()
	name, err := shared.newPlainNamespace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return in(t, name)
}

// OldNamespace returns the namespace that Options.Old filled.
func OldNamespace(t *testing.T) *Namespace {
	t.Helper()
	return in(t, shared.old[0])
}

// OldNamespaces returns every namespace that Options.Old filled.
func OldNamespaces(t *testing.T) []*Namespace {
	t.Helper()
	var namespaces []*Namespace
	for _, name := range shared.old {
		namespaces = append(namespaces, in(t, name))
	}
	return namespaces
}

func in(t *testing.T, name string) *Namespace {
	t.Helper()
	n := &Namespace{
		Name: name, Cached: shared.cached, ReadYourWrites: shared.readYourWrites, Index: shared.index, Clock: shared.clock,
		Recorder: events.NewFakeRecorder(1000), Metrics: metrics.NewClaims(),
	}
	for config, c := range map[*rest.Config]*client.WithWatch{
		shared.admin: &n.Admin, shared.editor: &n.Editor, shared.operator: &n.Operator,
		shared.controller: &n.Controller, shared.collector: &n.Collector,
	} {
		made, err := shared.client(config)
		if err != nil {
			t.Fatal(err)
		}
		*c = made
	}
	return n
}

// Settle waits until the cache shows this namespace as the API server has it.
func (n *Namespace) Settle(t *testing.T) {
	t.Helper()
	for _, live := range kinds() {
		cached := live.DeepCopyObject().(client.ObjectList)
		var diff string
		err := wait.PollUntilContextTimeout(t.Context(), moment, patience, true, func(ctx context.Context) (bool, error) {
			options := []client.ListOption{client.InNamespace(n.Name)}
			if err := shared.cache.List(ctx, cached, options...); err != nil {
				return false, err
			}
			switch live.(type) { // The cache has only some objects of these kinds.
			case *corev1.PodList, *corev1.ServiceList, *corev1.PersistentVolumeClaimList:
				options = append(options, client.HasLabels{sandboxv1.LabelSandboxNameHash})
			case *networkingv1.NetworkPolicyList:
				options = append(options, client.HasLabels{sandboxv1.LabelTemplateRefHash})
			}
			if err := n.Admin.List(ctx, live, options...); err != nil {
				return false, err
			}
			diff = cmp.Diff(versions(t, live), versions(t, cached))
			return diff == "", nil
		})
		if err != nil {
			t.Fatalf("the cache does not catch up: %v (-live +cached):\n%s", err, diff)
		}
	}
}

// versions returns the resource versions of a list's objects by name.
func versions(t *testing.T, list client.ObjectList) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := meta.EachListItem(list, func(item runtime.Object) error {
		object, err := meta.Accessor(item)
		if err == nil {
			found[object.GetName()] = object.GetResourceVersion()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
