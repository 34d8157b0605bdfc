package audit_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// reader answers as an API server that has trouble, which a real one cannot be made to have at a given moment.
type reader struct {
	// list answers a list of a kind. tokens are those that were asked with so far for that kind.
	list  func(kind, version string, list client.ObjectList, token string, tokens []string) error
	asked map[string][]string
}

// List implements client.Reader.
func (r *reader) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	o := (&client.ListOptions{}).ApplyOptions(options)
	gvk := list.GetObjectKind().GroupVersionKind()
	before := r.asked[gvk.Kind]
	if r.asked == nil {
		r.asked = map[string][]string{}
	}
	r.asked[gvk.Kind] = append(before, o.Continue)
	return r.list(gvk.Kind, gvk.Version, list, o.Continue, before)
}

// Get implements client.Reader. Namespaces may not be read, and all else fails.
func (*reader) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	if obj.GetObjectKind().GroupVersionKind().Kind == "Namespace" {
		return apierrors.NewForbidden(corev1.Resource("namespaces"), key.Name, nil)
	}
	return apierrors.NewInternalError(errors.New("down"))
}

// pods puts Pods of these names into list, of which there are more if token is not empty.
func pods(list client.ObjectList, token string, names ...string) {
	found, ok := list.(*metav1.PartialObjectMetadataList)
	if !ok {
		panic("Pods are listed by their metadata")
	}
	for _, name := range names {
		found.Items = append(found.Items, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: name}})
	}
	found.Continue = token
}

func podNames(snapshots audit.Namespaces) []string {
	names := []string{}
	if snapshots["a"] != nil {
		for _, pod := range snapshots["a"].Pods {
			names = append(names, pod.Name)
		}
	}
	return names
}

// A list whose state the API server has dropped begins anew, and has nothing twice.
func TestExpired(t *testing.T) {
	for name, tc := range map[string]struct {
		times int
		want  []string
		fails bool
	}{
		"never":      {want: []string{"one", "two"}},
		"twice":      {times: 2, want: []string{"one", "two"}},
		"every time": {times: 100, want: []string{}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			expired := 0
			r := &reader{list: func(kind, _ string, list client.ObjectList, token string, _ []string) error {
				switch {
				case kind != "PodList":
				case token == "":
					pods(list, "more", "one")
				case expired < tc.times:
					expired++
					return apierrors.NewResourceExpired("the token is too old")
				default:
					pods(list, "", "two")
				}
				return nil
			}}
			snapshots, unread, err := (&audit.Source{Reader: r}).List(t.Context(), "")
			if err != nil || (len(unread) > 0) != tc.fails {
				t.Fatalf("%v, unread %v", err, unread)
			}
			if diff := cmp.Diff(tc.want, podNames(snapshots)); diff != "" {
				t.Errorf("Pods (-want +got):\n%s", diff)
			}
			if asked := len(r.asked["PodList"]); asked > 8 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// What may not be listed, and what the cluster has not, is told apart, and the rest is read.
func TestUnreadKinds(t *testing.T) {
	r := &reader{list: func(kind, version string, list client.ObjectList, _ string, _ []string) error {
		switch kind {
		case "PodList":
			pods(list, "", "one")
		case "NetworkPolicyList":
			return apierrors.NewForbidden(schema.GroupResource{Resource: "networkpolicies"}, "", nil)
		case "SandboxWarmPoolList":
			return &meta.NoKindMatchError{}
		case "SandboxClaimList":
			return apierrors.NewNotFound(schema.GroupResource{Resource: "sandboxclaims"}, "")
		case "SandboxList": // Only an old version is served.
			if version != "v1alpha1" {
				return &meta.NoKindMatchError{}
			}
			sandboxes(list, builder.MakeSandbox("old").Obj())
		}
		return nil
	}}
	snapshots, unread, err := (&audit.Source{Reader: r}).List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, u := range unread {
		got[u.Kind] = u.Absent
	}
	if diff := cmp.Diff(map[string]bool{"NetworkPolicy": false, "SandboxWarmPool": true, "SandboxClaim": true}, got); diff != "" {
		t.Errorf("unread, and whether absent (-want +got):\n%s", diff)
	}
	if len(snapshots["a"].Pods) != 1 || len(snapshots[builder.DefaultNamespace].Sandboxes) != 1 {
		t.Errorf("%+v", snapshots)
	}
	for _, snapshot := range snapshots {
		if !snapshot.Unread.HasAll("NetworkPolicy", "SandboxWarmPool", "SandboxClaim") || snapshot.Unread.Len() != 3 {
			t.Errorf("unread: %v", snapshot.Unread)
		}
	}
}

func sandboxes(list client.ObjectList, objects ...client.Object) {
	found, ok := list.(*unstructured.UnstructuredList)
	if !ok {
		panic("Sandboxes are listed as they are")
	}
	for _, obj := range objects {
		found.Items = append(found.Items, unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "agents.x-k8s.io/v1beta1", "kind": "Sandbox",
			"metadata": map[string]any{"namespace": obj.GetNamespace(), "name": obj.GetName(), "annotations": obj.GetAnnotations()},
			"spec":     "of a form that nobody knows",
		}})
	}
}

// One object that cannot be read hides no other.
func TestUnreadableObject(t *testing.T) {
	r := &reader{list: func(kind, _ string, list client.ObjectList, _ string, _ []string) error {
		if kind == "SandboxList" {
			sandboxes(list, builder.MakeSandbox("bad").Obj(), builder.MakeSandbox("good").Obj())
			found, _ := list.(*unstructured.UnstructuredList)
			found.Items[0].Object["metadata"] = map[string]any{"namespace": "default", "name": "bad", "generation": "many"}
		}
		return nil
	}}
	snapshots, unread, err := (&audit.Source{Reader: r}).List(t.Context(), "")
	if err != nil || len(unread) != 1 || !unread[0].Partial {
		t.Fatalf("%v, unread %v", err, unread)
	}
	snapshot := snapshots[builder.DefaultNamespace]
	if len(snapshot.Sandboxes) != 1 || snapshot.Sandboxes[0].Name != "good" || snapshot.Unread.Len() > 0 {
		t.Errorf("%+v", snapshot)
	}
}

// What cannot be read again is neither confirmed nor taken for resolved.
func TestConfirmFails(t *testing.T) {
	f := finding(audit.CheckTwoPods, "box")
	if _, err := (&audit.Source{Reader: &reader{}}).Confirm(t.Context(), &f); err == nil {
		t.Error("no error")
	}
}

// gone is an API server without namespaces, which counts what it is asked.
type gone struct {
	reader

	gets int
}

// Get implements client.Reader.
func (g *gone) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	g.gets++
	return apierrors.NewNotFound(corev1.Resource("namespaces"), key.Name)
}

// However much was found in a namespace that is gone, it is asked for once.
func TestConfirmInANamespaceThatIsGone(t *testing.T) {
	r := &gone{}
	source := &audit.Source{Reader: r}
	for _, name := range []string{"a", "b", "c"} {
		f := finding(audit.CheckTwoPods, name)
		if holds, err := source.Confirm(t.Context(), &f); holds || err != nil {
			t.Errorf("%s: %t, %v", name, holds, err)
		}
	}
	if r.gets != 1 {
		t.Errorf("the API server was asked %d times", r.gets)
	}
}

// Who is told to stop reads no further page.
func TestPause(t *testing.T) {
	stop := errors.New("stop")
	r := &reader{list: func(string, string, client.ObjectList, string, []string) error { return nil }}
	source := &audit.Source{Reader: r, Pause: func(context.Context) error {
		if len(r.asked) == 2 {
			return stop
		}
		return nil
	}}
	if _, _, err := source.List(t.Context(), ""); !errors.Is(err, stop) || len(r.asked) != 2 {
		t.Errorf("%v after %d kinds", err, len(r.asked))
	}
}
