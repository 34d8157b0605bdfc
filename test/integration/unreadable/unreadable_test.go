package unreadable

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/unreadable"
)

// refusing sends all requests, except those for a list by watch. So informers list as they do on an older API server.
type refusing struct{ next http.RoundTripper }

func (r refusing) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Query().Get("sendInitialEvents") == "" {
		return r.next.RoundTrip(request)
	}
	return &http.Response{
		StatusCode: http.StatusUnprocessableEntity, Header: http.Header{"Content-Type": {"application/json"}}, Request: request,
		Body: io.NopCloser(strings.NewReader(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Invalid","code":422}`)),
	}, nil
}

// A cache becomes ready whatever is stored. It serves all that is readable, and names all that is not.
func TestACacheStarts(t *testing.T) {
	byLists := rest.CopyConfig(server)
	byLists.Wrap(func(next http.RoundTripper) http.RoundTripper { return refusing{next} })
	admin, namespace := newNamespace(t)
	want := fill(t, admin, namespace)
	for name, cfg := range map[string]*rest.Config{"by watches": server, "by lists": byLists} {
		t.Run(name, func(t *testing.T) {
			w := start(t, cfg, namespace)
			for like := range good {
				if got := w.names(t, like); !slices.Equal(got, []string{"good"}) {
					t.Errorf("of %T the cache has %q, want the good one", like, got)
				}
			}
			if diff := cmp.Diff(want, w.register.Count()); diff != "" {
				t.Errorf("unreadable objects (-want +got):\n%s", diff)
			}
			log := w.logged()
			for like, specs := range bad {
				for name := range maps.Keys(specs) {
					if n := strings.Count(log, `"namespace"="`+namespace+`" "name"="`+name+`"`); n == 0 {
						t.Errorf("the log does not name %T %s:\n%.2000s", like, name, log)
					}
				}
			}
			if n := strings.Count(log, "\n"); n != sum(want) {
				t.Errorf("the log has %d lines, want one for each of %d objects", n, sum(want))
			}
			if !w.register.Any(sandboxv1.KindSandbox, namespace) || w.register.Any(sandboxv1.KindSandbox, "other") {
				t.Error("the register does not know in which namespace Sandboxes are unreadable")
			}
		})
	}
}

// An object that turns unreadable leaves the cache like a deleted one, with its metadata. It comes back when it is readable.
// The watch goes on.
func TestAnObjectTurnsBadAndGoodAgain(t *testing.T) {
	admin, namespace := newNamespace(t)
	sandbox := &sandboxv1.Sandbox{}
	create := func(name, spec string) *unstructured.Unstructured {
		o := object(t, sandbox, namespace, name, spec)
		o.SetLabels(map[string]string{"kept": "yes"})
		if err := admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	turn := func(o *unstructured.Unstructured, spec string) {
		o.Object["spec"] = object(t, sandbox, namespace, "", spec).Object["spec"]
		if err := admin.Update(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	first := create("first", good[kindOf(good, sandbox)])
	w := start(t, server, namespace)
	for i, name := range slices.Sorted(maps.Keys(bad[kindOf(bad, sandbox)])) {
		turn(first, bad[kindOf(bad, sandbox)][name])
		report := receive(t, w.reports)
		if report.Object.Name != "first" || report.Object.ResourceVersion != first.GetResourceVersion() || len(report.Reason) > 300 {
			t.Errorf("%s: reported is %v", name, report)
		}
		gone := receive(t, w.deleted)
		if gone.GetUID() != first.GetUID() || gone.GetLabels()["kept"] != "yes" {
			t.Errorf("%s: deleted is %v, without its metadata", name, gone)
		}
		w.await(t, name+": it leaves the cache", func() bool {
			return len(w.names(t, sandbox)) == i && w.register.Count()["Sandbox"] == 1
		})
		turn(first, good[kindOf(good, sandbox)])
		w.await(t, name+": it comes back", func() bool { return slices.Contains(w.names(t, sandbox), "first") })
		create("then-"+name, good[kindOf(good, sandbox)])
		w.await(t, name+": others come", func() bool { return slices.Contains(w.names(t, sandbox), "then-"+name) })
		if got := w.register.Count()["Sandbox"]; got != 0 {
			t.Errorf("%s: %d are unreadable, want none", name, got)
		}
	}
	second := create("second", bad[kindOf(bad, sandbox)]["exponent"])
	w.await(t, "a new one is unreadable", func() bool { return w.register.Count()["Sandbox"] == 1 })
	if err := admin.Delete(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	w.await(t, "it is gone", func() bool { return w.register.Count()["Sandbox"] == 0 })
}

// A live read of an unreadable object fails at once, with an error that names it.
func TestLiveReads(t *testing.T) {
	admin, namespace := newNamespace(t)
	fill(t, admin, namespace)
	connection, err := rest.HTTPClientFor(server)
	if err != nil {
		t.Fatal(err)
	}
	live, err := unreadable.NewReader(server, connection, scheme, admin)
	if err != nil {
		t.Fatal(err)
	}
	for like, specs := range bad {
		into := like.DeepCopyObject().(client.Object)
		for name := range specs {
			err := live.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, into)
			var unread *unreadable.Error
			if !errors.As(err, &unread) || unread.Object.Name != name || !strings.Contains(err.Error(), namespace+"/"+name) {
				t.Errorf("%T %s: %v", like, name, err)
			}
		}
		if err := live.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "none"}, into); !apierrors.IsNotFound(err) {
			t.Errorf("%T: a missing one: %v", like, err)
		}
		if err := live.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "good"}, into); err != nil || into.GetName() != "good" {
			t.Errorf("%T: the good one: %v", like, err)
		}
	}
	var unread *unreadable.Error
	if err := live.List(t.Context(), &sandboxv1.SandboxList{}, client.InNamespace(namespace)); !errors.As(err, &unread) {
		t.Errorf("a list with unreadable ones: %v", err)
	}
	var none sandboxv1.SandboxList
	if err := live.List(t.Context(), &none, client.InNamespace(namespace), client.HasLabels{"none"}); err != nil || len(none.Items) != 0 {
		t.Errorf("an empty list: %v", err)
	}
	if err := live.Get(t.Context(), client.ObjectKey{Name: namespace}, &corev1.Namespace{}); err != nil {
		t.Errorf("another kind: %v", err)
	}
}
