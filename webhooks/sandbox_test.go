package webhooks

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	if err := errors.Join(sandboxv1.AddToScheme(s), extensionsv1.AddToScheme(s)); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSandboxMutator(t *testing.T) {
	const annotations = "/metadata/annotations"
	stamp := map[string]string{sandboxv1.AnnotationPodName: "a"}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    []jsonpatch.Operation
	}{
		"without annotations":    {builder.MakeSandbox("a"), []jsonpatch.Operation{op("add", annotations, stamp)}},
		"with other annotations": {builder.MakeSandbox("a").Annotation("note", "x"), []jsonpatch.Operation{op("add", annotations+"/agents.x-k8s.io~1pod-name", "a")}},
		"that says another":      {builder.MakeSandbox("a").PodName("b"), nil}, // The validator refuses it.
		"that says it already":   {builder.MakeSandbox("a").PodName("a"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			response := (&sandboxMutator{actor: actorOf}).Handle(t.Context(), request(t, someUser, nil, tc.sandbox.Obj()))
			if diff := cmp.Diff(tc.want, response.Patches); diff != "" || !response.Allowed {
				t.Errorf("allowed %t, patch (-want +got):\n%s", response.Allowed, diff)
			}
		})
	}
	t.Run("with what a backup has of a pool's, or a claim's", func(t *testing.T) {
		const launch, claim = sandboxv1.LabelLaunchType, sandboxv1.LabelClaimUID
		dump := builder.MakeSandbox("a").PodName("a").Label("app", "x").Label(launch, "warm").Label(claim, "").
			Annotation("note", "y").Annotation(sandboxv1.AnnotationTemplateRef, strings.Repeat("t", 100))
		response := (&sandboxMutator{actor: actorOf}).Handle(t.Context(), request(t, someUser, nil, dump.Obj()))
		want := []jsonpatch.Operation{
			op("remove", "/metadata/annotations/agents.x-k8s.io~1sandbox-template-ref", nil),
			op("remove", "/metadata/labels/agents.x-k8s.io~1claim-uid", nil), op("remove", "/metadata/labels/agents.x-k8s.io~1launch-type", nil),
		}
		if diff := cmp.Diff(want, response.Patches); diff != "" || len(response.Warnings) != 3 || len(response.Warnings[2]) > 250 {
			t.Errorf("warnings %q, patch (-want +got):\n%s", response.Warnings, diff)
		}
		kept := (&sandboxMutator{actor: actorOf}).Handle(t.Context(), request(t, controllerUser, nil, dump.Obj()))
		if len(kept.Patches)+len(kept.Warnings) > 0 {
			t.Errorf("of the controller's: %v, %q", kept.Patches, kept.Warnings)
		}
	})
	t.Run("with a name to be generated, which is the Pod's too", func(t *testing.T) {
		response := (&sandboxMutator{actor: actorOf}).Handle(t.Context(), request(t, someUser, nil, builder.MakeSandbox("").GenerateName("runner-").Obj()))
		if len(response.Patches) != 2 {
			t.Fatalf("patch: %v", response.Patches)
		}
		name, _ := response.Patches[0].Value.(string)
		if suffix, ok := strings.CutPrefix(name, "runner-"); !ok || len(suffix) != rules.SuffixLength {
			t.Errorf("named %q", name)
		}
		want := []jsonpatch.Operation{op("add", "/metadata/name", name), op("add", annotations, map[string]string{sandboxv1.AnnotationPodName: name})}
		if diff := cmp.Diff(want, response.Patches); diff != "" {
			t.Errorf("patch (-want +got):\n%s", diff)
		}
	})
	t.Run("what is no JSON", func(t *testing.T) {
		req := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Object: runtime.RawExtension{Raw: []byte(`{"metadata":7}`)}}}
		if got := answer((&sandboxMutator{actor: actorOf}).Handle(t.Context(), req)); got != "400" {
			t.Errorf("got %s", got)
		}
	})
}

func TestSandboxValidator(t *testing.T) {
	pool := builder.MakePool("p").Obj()
	claim := builder.MakeClaim("c").BoundTo("a").Obj()
	had := builder.MakeClaim("c").BoundTo("a").StatusSandbox("a").Obj()
	elsewhere := builder.MakeClaim("c").BoundTo("b").Obj()
	unbound := builder.MakeClaim("c").Obj()
	warm := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Pool(pool) }
	adopted := func() *builder.SandboxWrapper { return warm().ClaimedBy(claim) }
	const owners = "FieldValueInvalid metadata.ownerReferences"
	for name, tc := range map[string]struct {
		user         string
		old, sandbox *builder.SandboxWrapper
		cache, live  []client.Object
		want         string
		liveAsked    int
	}{
		"the cache has the claim, bound": {user: controllerUser, old: warm(), sandbox: adopted(), cache: []client.Object{claim}, want: "allowed"},
		"the cache has it unbound yet":   {user: controllerUser, old: warm(), sandbox: adopted(), cache: []client.Object{unbound}, live: []client.Object{claim}, want: "allowed", liveAsked: 1},
		"the cache does not have it yet": {user: controllerUser, old: warm(), sandbox: adopted(), live: []client.Object{claim}, want: "allowed", liveAsked: 1},
		"it is not bound":                {user: controllerUser, old: warm(), sandbox: adopted(), cache: []client.Object{unbound}, live: []client.Object{unbound}, want: "422 " + owners, liveAsked: 1},
		"it is bound to another":         {user: controllerUser, old: warm(), sandbox: adopted(), cache: []client.Object{elsewhere}, live: []client.Object{elsewhere}, want: "422 " + owners, liveAsked: 1},
		"it is gone":                     {user: controllerUser, old: warm(), sandbox: adopted(), want: "422 " + owners, liveAsked: 1},
		"a second adoption is refused without a look": {
			user: controllerUser, old: adopted(), sandbox: warm().ClaimedBy(builder.MakeClaim("d").Obj()), want: "422 " + owners,
		},
		"a Sandbox that is being deleted": {user: controllerUser, old: warm().Deleting(), sandbox: adopted().Deleting(), cache: []client.Object{claim}, want: "422 " + owners},
		"a user adopts":                   {user: someUser, old: warm(), sandbox: adopted(), cache: []client.Object{claim}, want: "403"},
		"a user takes the pool away":      {user: someUser, old: warm(), sandbox: warm().OwnerReferences(), want: "422 " + owners},
		"the garbage collector does":      {user: collectorUser, old: warm(), sandbox: warm().OwnerReferences(), want: "allowed"},
		"the garbage collector labels":    {user: collectorUser, old: builder.MakeSandbox("a"), sandbox: builder.MakeSandbox("a").Label(sandboxv1.LabelClaimUID, "x"), want: "403"},
		"nor does it adopt":               {user: collectorUser, old: warm(), sandbox: adopted(), cache: []client.Object{claim}, want: "403"},
		"nor does it fill a pool":         {user: collectorUser, sandbox: warm(), want: "403"},
		"a cold one, created":             {user: controllerUser, sandbox: builder.MakeSandbox("a").ClaimedBy(claim), cache: []client.Object{claim}, live: []client.Object{claim}, want: "allowed", liveAsked: 1},
		"a cold one, which the claim had, whatever the cache says": {
			user: controllerUser, sandbox: builder.MakeSandbox("a").ClaimedBy(claim), cache: []client.Object{claim}, live: []client.Object{had},
			want: "422 " + owners, liveAsked: 1,
		},
		"a warm one, created by the controller": {user: controllerUser, sandbox: warm(), want: "allowed"},
		"a warm one, created by a user":         {user: someUser, sandbox: warm(), want: "403"},
		"a bare one, created by a user":         {user: someUser, sandbox: builder.MakeSandbox("a").PodName("a"), want: "allowed"},
		"one with another Pod":                  {user: someUser, sandbox: builder.MakeSandbox("a").PodName("b"), want: "422 FieldValueInvalid metadata.annotations[agents.x-k8s.io/pod-name]"},
		"a user changes what is in a pool": {
			user: someUser, old: warm(), sandbox: warm().Image("evil"), want: "403",
		},
		"a user changes their own": {user: someUser, old: adopted(), sandbox: adopted().Image("mine"), want: "allowed"},
		"a volume that another has": {
			user: someUser, sandbox: builder.MakeSandbox("foo-bar").VolumeClaimTemplate("data"),
			cache: []client.Object{builder.MakeSandbox("bar").VolumeClaimTemplate("data-foo").Obj()},
			want:  "422 FieldValueInvalid spec.volumeClaimTemplates[0].metadata.name",
		},
		"a volume that another does not have": {
			user: someUser, sandbox: builder.MakeSandbox("foo-bar").VolumeClaimTemplate("data"),
			cache: []client.Object{builder.MakeSandbox("bar").VolumeClaimTemplate("data").Obj()}, want: "allowed",
		},
		"a volume that another has since long": {
			user: someUser, old: builder.MakeSandbox("foo-bar").VolumeClaimTemplate("data"), sandbox: builder.MakeSandbox("foo-bar").VolumeClaimTemplate("data").Label("app", "x"),
			cache: []client.Object{builder.MakeSandbox("bar").VolumeClaimTemplate("data-foo").Obj()}, want: "allowed",
		},
		"a user claims with a label": {
			user: someUser, old: builder.MakeSandbox("a"), sandbox: builder.MakeSandbox("a").Label(sandboxv1.LabelClaimUID, "x"), want: "403",
		},
	} {
		t.Run(name, func(t *testing.T) {
			cache, live := shelfOf(tc.cache...), shelfOf(tc.live...)
			v := &sandboxValidator{
				claims:    lookup[extensionsv1.SandboxClaim, *extensionsv1.SandboxClaim]{cache: cache, live: live},
				sandboxes: sandboxes{cache: cache, live: live}, actor: actorOf,
			}
			handler := admission.WithValidator(scheme(t), check[*sandboxv1.Sandbox](v.check))
			var old *sandboxv1.Sandbox
			if tc.old != nil {
				old = tc.old.Obj()
			}
			if got := answer(handler.Handle(t.Context(), request(t, tc.user, old, tc.sandbox.Obj()))); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if live.asked != tc.liveAsked {
				t.Errorf("asked the API server %d times, want %d", live.asked, tc.liveAsked)
			}
		})
	}
	t.Run("the look-up fails", func(t *testing.T) {
		broken := &shelf{err: errors.New("lost")}
		v := &sandboxValidator{claims: lookup[extensionsv1.SandboxClaim, *extensionsv1.SandboxClaim]{cache: shelfOf(), live: broken}, actor: actorOf}
		handler := admission.WithValidator(scheme(t), check[*sandboxv1.Sandbox](v.check))
		if got := answer(handler.Handle(t.Context(), request(t, controllerUser, warm().Obj(), adopted().Obj()))); !strings.HasPrefix(got, "500") {
			t.Errorf("got %s", got)
		}
	})
}

// TestSandboxMutatorAndValidatorAgree checks that the validator accepts what the mutator adds, whoever sends it.
func TestSandboxMutatorAndValidatorAgree(t *testing.T) {
	sandbox := builder.MakeSandbox("a").Obj()
	response := (&sandboxMutator{actor: actorOf}).Handle(t.Context(), request(t, someUser, nil, sandbox))
	stamped := sandbox.DeepCopy()
	raw, err := json.Marshal(response.Patches[0].Value)
	if err == nil {
		err = json.Unmarshal(raw, &stamped.Annotations)
	}
	if err != nil {
		t.Fatal(err)
	}
	handler := admission.WithValidator(scheme(t), check[*sandboxv1.Sandbox]((&sandboxValidator{actor: actorOf}).check))
	if got := answer(handler.Handle(t.Context(), request(t, someUser, nil, stamped))); got != "allowed" {
		t.Errorf("got %s", got)
	}
}
