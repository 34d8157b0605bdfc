package webhooks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/limits"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// withCPU writes a Sandbox whose container has this limit of CPU, and some tolerations.
func withCPU(cpu string, tolerations int) []byte {
	return fmt.Appendf(nil, `{"apiVersion":"agents.x-k8s.io/v1beta1","kind":"Sandbox","metadata":{"name":"a","namespace":"default","labels":{"team":"a"}},`+
		`"spec":{"podTemplate":{"spec":{"tolerations":[%s{}],"containers":[{"name":"main","resources":{"limits":{"cpu":%s}}}]}}}}`,
		strings.Repeat("{},", tolerations), cpu)
}

func TestWithLimits(t *testing.T) {
	fine := withCPU(`"500m"`, 1)
	for name, tc := range map[string]struct {
		object, old []byte
		want        string
		// wantOld is what the handler is given as the old object.
		wantOld string
	}{
		"an object like others":                   {object: fine, want: "allowed", wantOld: "none"},
		"an update like others":                   {object: fine, old: withCPU(`"1"`, 1), want: "allowed", wantOld: "team a, 1 container"},
		"a huge exponent":                         {object: withCPU(`"1e-900000000"`, 1), want: "422 FieldValueInvalid spec.podTemplate.spec.containers[0].resources.limits[cpu]"},
		"a huge exponent, in an update":           {object: withCPU(`"1e900000000"`, 1), old: fine, want: "422 FieldValueInvalid spec.podTemplate.spec.containers[0].resources.limits[cpu]"},
		"a list that is too long":                 {object: withCPU(`"1"`, limits.MaxItems), want: "422 FieldValueTooMany spec.podTemplate.spec.tolerations"},
		"a huge exponent is made smaller":         {object: fine, old: withCPU(`"1e-900000000"`, 1), want: "allowed", wantOld: "team a, 0 containers"},
		"a list that is too long is made shorter": {object: fine, old: withCPU(`"1"`, 400000), want: "allowed", wantOld: "team a, 0 containers"},
		"a huge exponent stays":                   {object: withCPU(`"1e-900000000"`, 1), old: withCPU(`"1e-900000000"`, 1), want: "422 FieldValueInvalid spec.podTemplate.spec.containers[0].resources.limits[cpu]"},
		"what Go does not read is made readable":  {object: fine, old: withCPU(`"1e1.5"`, 1), want: "allowed", wantOld: "team a, 0 containers"},
		"what Go does not read is written":        {object: withCPU(`"1e1.5"`, 1), want: "400"},
		"what Go does not read is written again":  {object: withCPU(`"1e1.5"`, 1), old: withCPU(`"1e1.5"`, 1), want: "400"},
		"an old object of which nothing is left":  {object: fine, old: []byte(`{"metadata":`), want: "400"},
	} {
		t.Run(name, func(t *testing.T) {
			gotOld := ""
			handler := withLimits("/validate-sandbox", admission.WithValidator(scheme(t), check[*sandboxv1.Sandbox](
				func(_ context.Context, _ admission.Request, old, _ *sandboxv1.Sandbox) (admission.Warnings, error) {
					gotOld = "none"
					if old != nil {
						gotOld = fmt.Sprintf("team %s, %d container", old.Labels["team"], len(old.Spec.PodTemplate.Spec.Containers))
						if len(old.Spec.PodTemplate.Spec.Containers) != 1 {
							gotOld += "s"
						}
					}
					return nil, nil
				})).Handler)
			var old *sandboxv1.Sandbox
			if tc.old != nil {
				old = builder.MakeSandbox("a").Obj()
			}
			req := request(t, someUser, old, builder.MakeSandbox("a").Obj())
			req.Object.Raw, req.OldObject.Raw = tc.object, tc.old
			response := handler.Handle(t.Context(), req)
			if got := answer(response); got != tc.want || gotOld != tc.wantOld {
				t.Errorf("got %s, the old object as %q; want %s, %q", got, gotOld, tc.want, tc.wantOld)
			}
			if !response.Allowed && len(response.Result.Message) > 1000 {
				t.Errorf("a message of %d characters", len(response.Result.Message))
			}
		})
	}
}

// TestLimitsOfEveryPath checks that each path looks for quantities where its own kind has them, whatever the request says.
func TestLimitsOfEveryPath(t *testing.T) {
	const cpu = `{"containers":[{"resources":{"limits":{"cpu":"1e-900000000"}}}]}`
	const storage = `{"volumeClaimTemplates":[{"spec":{"resources":{"requests":{"storage":"1e-900000000"}}}}]}`
	spec := map[bool]string{true: `{"spec":` + cpu + `}`, false: `{"spec":{"podTemplate":{"spec":` + cpu + `}}}`}
	for path := range boundedKinds {
		t.Run(path, func(t *testing.T) {
			raw := spec[strings.HasSuffix(path, "pod")]
			switch {
			case strings.Contains(path, "claim"):
				raw = `{"spec":` + storage + `}`
			case strings.Contains(path, "warmpool"): // It has no quantities.
				raw = `{"spec":` + strings.Repeat("[", limits.MaxDepth) + strings.Repeat("]", limits.MaxDepth) + `}`
			}
			asked := false
			handler := withLimits(path, admission.HandlerFunc(func(context.Context, admission.Request) admission.Response {
				asked = true
				return admission.Allowed("")
			}))
			req := request(t, someUser, nil, builder.MakeSandbox("a").Obj())
			req.Object.Raw = []byte(raw)
			if got := answer(handler.Handle(t.Context(), req)); !strings.HasPrefix(got, "422 ") || asked {
				t.Errorf("got %s, the handler asked: %t", got, asked)
			}
		})
	}
}

// TestNothingIsDoneForACallerWhoHasGone checks that neither a handler nor a look-up begins when its request is over.
func TestNothingIsDoneForACallerWhoHasGone(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	asked := false
	handler := withLimits("/validate-sandbox", admission.HandlerFunc(func(context.Context, admission.Request) admission.Response {
		asked = true
		return admission.Allowed("")
	}))
	response := handler.Handle(gone, request(t, someUser, nil, builder.MakeSandbox("a").Obj()))
	if response.Allowed || asked {
		t.Errorf("allowed %t, the handler asked: %t", response.Allowed, asked)
	}
	objects := shelfOf(builder.MakeSandbox("a").Obj())
	found := lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]{cache: objects, live: objects}
	if _, err := found.get(gone, metav1.NamespaceDefault, "a", exists); !errors.Is(err, context.Canceled) || objects.asked != 0 {
		t.Errorf("got %v after %d reads", err, objects.asked)
	}
	api := &answers{}
	template := builder.MakeTemplate("t").Obj()
	validator := templateValidator{dryRun: api, templates: lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]{cache: shelfOf(), live: shelfOf()}}
	if _, err := validator.check(gone, admission.Request{}, template, builder.MakeTemplate("t").Image("other").Obj()); !errors.Is(err, context.Canceled) || len(api.asked) != 0 {
		t.Errorf("got %v after %d dry runs", err, len(api.asked))
	}
}

func TestUnknownPathHasNoLimits(t *testing.T) {
	defer func() {
		if diff := cmp.Diff("webhooks: add the kind of /other to boundedKinds", recover()); diff != "" {
			t.Error(diff)
		}
	}()
	withLimits("/other", nil)
}
