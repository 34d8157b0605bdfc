package objects

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestParseRef(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
		err  string
	}{
		"short":               {args: []string{"claim/agent"}, want: "claim/agent"},
		"kind":                {args: []string{"SandboxClaim/agent"}, want: "claim/agent"},
		"plural and group":    {args: []string{"sandboxclaims.extensions.agents.x-k8s.io/agent"}, want: "claim/agent"},
		"version and group":   {args: []string{"sandboxes.v1beta1.agents.x-k8s.io", "runner"}, want: "sandbox/runner"},
		"two words":           {args: []string{"pool", "python"}, want: "pool/python"},
		"short name of a CRD": {args: []string{"swp/python"}, want: "pool/python"},
		"a Pod":               {args: []string{"po/python-1"}, want: "pod/python-1"},
		"another group":       {args: []string{"sandbox.example.com/a"}, err: `unknown kind "sandbox.example.com": use one of claim, pool, sandbox, template, pod`},
		"another kind":        {args: []string{"deployment/a"}, err: `unknown kind "deployment": use one of claim, pool, sandbox, template, pod`},
		"no kind":             {args: []string{"agent"}, err: `name an object as KIND/NAME, such as claim/NAME; found "agent"`},
		"no name":             {args: []string{"claim/"}, err: "name one object after its kind, such as claim/NAME"},
		"a name with a slash": {args: []string{"claim", "a/b"}, err: "name one object after its kind, such as claim/NAME"},
		"nothing":             {err: "name one object, as KIND/NAME or KIND NAME"},
	} {
		t.Run(name, func(t *testing.T) {
			ref, err := ParseRef(tc.args, Kinds...)
			if tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Errorf("got %v, want %s", err, tc.err)
				}
				return
			}
			if err != nil || ref.String() != tc.want {
				t.Errorf("got %v, %v, want %s", ref, err, tc.want)
			}
		})
	}
}

func TestNameOf(t *testing.T) {
	for want, ref := range map[string]Ref{"sandboxclaim.extensions.agents.x-k8s.io/a": {Claim, "a"}, "pod/b": {Pod, "b"}} {
		if got := ref.Kind.NameOf(ref.Name); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The scheme knows each kind under the name that the kind says.
func TestKindsAreTheSchemes(t *testing.T) {
	for _, kind := range Kinds {
		if _, _, err := Scheme.ObjectKinds(kind.New()); err != nil {
			t.Error(err)
		}
		if _, _, err := Scheme.ObjectKinds(kind.NewList()); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCannotBeSeen(t *testing.T) {
	resource := schema.GroupResource{Group: "agents.x-k8s.io", Resource: "sandboxes"}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"the mapper knows no such kind":  {&meta.NoKindMatchError{}, "the cluster does not serve this kind"},
		"the API server has no such URL": {apierrors.NewGenericServerResponse(http.StatusNotFound, "get", resource, "a", "404 page not found", 0, true), "the cluster does not serve this kind"},
		"there is no such object":        {apierrors.NewNotFound(resource, "a"), ""},
		"forbidden":                      {apierrors.NewForbidden(resource, "a", nil), "you may not read sandboxes"},
		"another error":                  {apierrors.NewInternalError(http.ErrHandlerTimeout), ""},
		"no error":                       {nil, ""},
	} {
		if got := CannotSee(tc.err); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

func TestManagerOf(t *testing.T) {
	deployment := func(labels map[string]string, image string) *appsv1.Deployment {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "d", Labels: labels}}
		d.Spec.Template.Spec.Containers = []corev1.Container{{Image: image}}
		d.Status.ReadyReplicas = 1
		return d
	}
	for want, d := range map[string]*appsv1.Deployment{
		"1.2.3":   deployment(map[string]string{"app.kubernetes.io/version": "1.2.3"}, "a:2"),
		"v1.36":   deployment(nil, "registry:5000/a/b:v1.36@sha256:0123"),
		"unknown": deployment(nil, "registry:5000/a/b"),
	} {
		m := managerOf(ProductNamesake, d)
		if diff := cmp.Diff(Manager{ProductNamesake, "ns", "d", want, d.Spec.Template.Spec.Containers[0].Image, 1, 1}, m); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
