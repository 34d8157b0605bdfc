package webhooks

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const firstObserved = "2026-01-01T00:00:00Z"

// mutator returns a claimMutator that knows pool "p" of template "template", and these Sandboxes of the pool.
func mutator(live *shelf, sandboxes ...string) *claimMutator {
	pool, template := builder.MakePool("p").Obj(), builder.MakeTemplate(builder.DefaultTemplate).Obj()
	index := candidates.New(0)
	index.ObserveNode(builder.MakeNode(builder.DefaultNode).Obj())
	index.ObservePool(pool)
	index.ObserveTemplate(template)
	for _, name := range sandboxes {
		index.Observe(builder.MakeSandbox(name).Pool(pool).Ready().Obj())
	}
	cache := shelfOf(pool, template, builder.MakeClaim("taken").Pool("p").Obj())
	return &claimMutator{
		claims:   lookup[extensionsv1.SandboxClaim, *extensionsv1.SandboxClaim]{cache: cache, live: live},
		requests: requests(cache, live), candidates: index, now: now,
	}
}

// requests returns the claimRequests that read from cache and live.
func requests(cache, live *shelf) claimRequests {
	return claimRequests{
		sandboxes: sandboxes{cache: cache, live: live},
		pools:     lookup[extensionsv1.SandboxWarmPool, *extensionsv1.SandboxWarmPool]{cache: cache, live: live},
		templates: lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]{cache: cache, live: live},
		domains:   rules.DefaultLabelDomains,
	}
}

func TestClaimMutator(t *testing.T) {
	const annotations = "/metadata/annotations"
	const seen, binding = annotations + "/agents.x-k8s.io~1controller-first-observed-at", annotations + "/agents.x-k8s.io~1sandbox-name"
	dropped := `metadata.annotations[agents.x-k8s.io/sandbox-name]: dropped "mine": a claim is bound by Namesake, not by its sender`
	for name, tc := range map[string]struct {
		claim    *builder.ClaimWrapper
		warm     []string
		live     []client.Object
		want     []jsonpatch.Operation
		warnings []string
	}{
		"a warm Sandbox is Ready": {
			claim: builder.MakeClaim("c").Pool("p"), warm: []string{"p-abcde"},
			want: []jsonpatch.Operation{op("add", annotations, map[string]string{
				sandboxv1.AnnotationControllerFirstObservedAt: firstObserved, sandboxv1.AnnotationBinding: "p-abcde",
			})},
		},
		"none is": {
			claim: builder.MakeClaim("c").Template(builder.DefaultTemplate),
			want:  []jsonpatch.Operation{op("add", annotations, map[string]string{sandboxv1.AnnotationControllerFirstObservedAt: firstObserved})},
		},
		"a name to be generated": {
			claim: builder.MakeClaim("").GenerateName("sandbox-claim-").Template(builder.DefaultTemplate).Annotation("note", "x"), warm: []string{"p-abcde"},
			want: []jsonpatch.Operation{op("add", seen, firstObserved), op("add", binding, "p-abcde")},
		},
		"variables of its own": {
			claim: builder.MakeClaim("c").Pool("p").Env("A", "1"), warm: []string{"p-abcde"},
			want: []jsonpatch.Operation{op("add", annotations, map[string]string{sandboxv1.AnnotationControllerFirstObservedAt: firstObserved})},
		},
		"a binding that its sender made up is replaced": {
			claim: builder.MakeClaim("c").Pool("p").BoundTo("mine"), warm: []string{"p-abcde"},
			want: []jsonpatch.Operation{op("add", seen, firstObserved), op("add", binding, "p-abcde")}, warnings: []string{dropped},
		},
		"or dropped, with what else only the controller writes": {
			claim: builder.MakeClaim("c").Pool("p").BoundTo("mine").Annotation(sandboxv1.AnnotationClaimFirstReadyAt, "x").
				Annotation(sandboxv1.AnnotationControllerFirstObservedAt, "y"),
			want: []jsonpatch.Operation{
				op("remove", annotations+"/agents.x-k8s.io~1claim-first-ready-at", nil), op("remove", binding, nil), op("add", seen, firstObserved),
			},
			warnings: []string{dropped},
		},
		"so is a label of one": {
			claim: builder.MakeClaim("c").Pool("p").Label(sandboxv1.LabelBinding, "mine").Annotation("note", "x"), warm: []string{"p-abcde"},
			want: []jsonpatch.Operation{
				op("add", seen, firstObserved), op("add", binding, "p-abcde"), op("remove", "/metadata/labels/agents.x-k8s.io~1sandbox-name", nil),
			},
			warnings: []string{`metadata.labels[agents.x-k8s.io/sandbox-name]: dropped "mine": a claim is bound by Namesake, not by its sender`},
		},
		"what it adds to its Pod keeps it from nothing": {
			claim: builder.MakeClaim("c").Pool("p").PodLabel("sandbox.users.io/team", "blue").Annotation("note", "x"), warm: []string{"p-abcde"},
			want: []jsonpatch.Operation{op("add", seen, firstObserved), op("add", binding, "p-abcde")},
		},
		"its time is up": {
			claim: builder.MakeClaim("c").Pool("p").Annotation("note", "x").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: now()}}),
			warm:  []string{"p-abcde"}, want: []jsonpatch.Operation{op("add", seen, firstObserved)},
			warnings: []string{"spec.lifecycle.shutdownTime: 2026-01-01T00:00:00Z is past: the claim expires at once, and gets no Sandbox"},
		},
		"its time will be up": {
			claim: builder.MakeClaim("c").Pool("p").Annotation("note", "x").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: now().Add(time.Second)}}),
			warm:  []string{"p-abcde"}, want: []jsonpatch.Operation{op("add", seen, firstObserved), op("add", binding, "p-abcde")},
		},
		"a pool that is not there yet": {
			claim: builder.MakeClaim("c").Pool("q").Annotation("note", "x"), want: []jsonpatch.Operation{op("add", seen, firstObserved)},
			warnings: []string{`spec.warmPoolRef.name: SandboxWarmPool "q" not found: the claim waits until it is created`},
		},
		"a pool that the cache does not have yet": {
			claim: builder.MakeClaim("c").Pool("q").Annotation("note", "x"), live: []client.Object{builder.MakePool("q").Obj()},
			want: []jsonpatch.Operation{op("add", seen, firstObserved)},
		},
		"a template that is not there yet": {
			claim: builder.MakeClaim("c").Template("u").Annotation("note", "x"), want: []jsonpatch.Operation{op("add", seen, firstObserved)},
			warnings: []string{`spec.sandboxTemplateRef.name: SandboxTemplate "u" not found: the claim waits until it is created`},
		},
		"a claim that names nothing, which the schema refuses": {
			claim: builder.MakeClaim("c").Annotation("note", "x"), want: []jsonpatch.Operation{op("add", seen, firstObserved)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			response := mutator(shelfOf(tc.live...), tc.warm...).Handle(t.Context(), request(t, someUser, nil, tc.claim.Obj()))
			if !response.Allowed {
				t.Fatalf("refused: %v", response.Result)
			}
			if diff := cmp.Diff(tc.want, response.Patches); diff != "" {
				t.Errorf("patch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.warnings, response.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClaimMutatorRemembers(t *testing.T) {
	bindings := func(dryRun bool) []string {
		m := mutator(shelfOf(), "p-abcde")
		var got []string
		for _, name := range []string{"c", "d"} {
			req := request(t, someUser, nil, builder.MakeClaim(name).Pool("p").Obj())
			req.DryRun = &dryRun
			stamped, _ := m.Handle(t.Context(), req).Patches[0].Value.(map[string]string)
			got = append(got, stamped[sandboxv1.AnnotationBinding])
		}
		return got
	}
	if diff := cmp.Diff([]string{"p-abcde", ""}, bindings(false)); diff != "" {
		t.Errorf("two claims in a row (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"p-abcde", "p-abcde"}, bindings(true)); diff != "" {
		t.Errorf("on a dry run (-want +got):\n%s", diff)
	}
}

// TestClaimMutatorForgetsWhatIsRefused checks that a claim that the API server will refuse takes nothing from those that it
// accepts.
func TestClaimMutatorForgetsWhatIsRefused(t *testing.T) {
	for name, refused := range map[string]*builder.ClaimWrapper{
		"a name that is taken":        builder.MakeClaim("taken").Pool("p"),
		"both references":             builder.MakeClaim("both").Pool("p").Template(builder.DefaultTemplate),
		"a label that is not allowed": builder.MakeClaim("label").Pool("p").PodLabel("team", "blue"),
		"a name that cannot be":       builder.MakeClaim("My_Claim").Pool("p"),
		"a negative time to live":     builder.MakeClaim("ttl").Pool("p").Lifecycle(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(-1))}),
		"a policy that there is not":  builder.MakeClaim("policy").Pool("p").Lifecycle(extensionsv1.Lifecycle{ShutdownPolicy: "Stop"}),
	} {
		t.Run(name, func(t *testing.T) {
			m := mutator(shelfOf(), "p-abcde")
			m.Handle(t.Context(), request(t, someUser, nil, refused.Obj()))
			next := m.Handle(t.Context(), request(t, someUser, nil, builder.MakeClaim("next").Pool("p").Obj()))
			stamped, _ := next.Patches[0].Value.(map[string]string)
			if got := stamped[sandboxv1.AnnotationBinding]; got != "p-abcde" {
				t.Errorf("the next claim is bound to %q", got)
			}
		})
	}
}

func TestClaimMutatorErrors(t *testing.T) {
	if got := answer(mutator(&shelf{err: errors.New("lost")}).Handle(t.Context(), request(t, someUser, nil, builder.MakeClaim("c").Pool("q").Obj()))); got != "500" {
		t.Errorf("a look-up that fails: %s", got)
	}
	for _, raw := range []string{``, `7`, `{"metadata":{"annotations":{"a":7}}}`} {
		req := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Object: runtime.RawExtension{Raw: []byte(raw)}}}
		if got := answer(mutator(shelfOf()).Handle(t.Context(), req)); got != "400" {
			t.Errorf("%q: %s", raw, got)
		}
	}
}

// TestClaimMutatorOfWhatIsNoClaim checks that an invalid claim is left to the schema, which says where it is wrong, and is
// bound to nothing.
func TestClaimMutatorOfWhatIsNoClaim(t *testing.T) {
	raw := []byte(`{"metadata":{"annotations":{"agents.x-k8s.io/sandbox-name":"mine"},"labels":{"agents.x-k8s.io/sandbox-name":"mine"}},` +
		`"spec":{"warmPoolRef":{"name":"p"},"lifecycle":{"shutdownTime":"tomorrow"}}}`)
	req := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Object: runtime.RawExtension{Raw: raw}}}
	response := mutator(shelfOf(), "p-abcde").Handle(t.Context(), req)
	want := []jsonpatch.Operation{
		op("remove", "/metadata/annotations/agents.x-k8s.io~1sandbox-name", nil), op("remove", "/metadata/labels/agents.x-k8s.io~1sandbox-name", nil),
	}
	if diff := cmp.Diff(want, response.Patches); diff != "" || !response.Allowed {
		t.Errorf("allowed: %t, patch (-want +got):\n%s", response.Allowed, diff)
	}
}

func TestClaimValidator(t *testing.T) {
	warm := builder.MakeSandbox("p-abcde").Pool(builder.MakePool("p").Obj())
	bound := func(name string) *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p").BoundTo(name) }
	const path = "FieldValueInvalid metadata.annotations[agents.x-k8s.io/sandbox-name]"
	for name, tc := range map[string]struct {
		user       string
		old, claim *builder.ClaimWrapper
		live       []client.Object
		want       string
		liveAsked  int
	}{
		"the controller binds": {controllerUser, builder.MakeClaim("c"), bound("p-abcde"), nil, "allowed", 0},
		"a user binds":         {someUser, builder.MakeClaim("c"), bound("p-abcde"), nil, "403", 0},
		"a user annotates":     {someUser, bound("p-abcde"), bound("p-abcde").Annotation("note", "x"), nil, "allowed", 0},
		"a binding is rewritten, its Sandbox is gone": {controllerUser, bound("p-abcde"), bound("p-fghij"), nil, "allowed", 1},
		"a binding is rewritten, its Sandbox waits":   {controllerUser, bound("p-abcde"), bound("p-fghij"), []client.Object{warm.Obj()}, "422 " + path, 1},
		"a binding is taken away":                     {controllerUser, bound("p-abcde"), builder.MakeClaim("c"), nil, "422 " + path, 0},
		"a binding of a claim that is served":         {controllerUser, bound("p-abcde").StatusSandbox("p-abcde"), bound("p-fghij").StatusSandbox("p-abcde"), nil, "422 " + path, 0},
		"the garbage collector has no need":           {collectorUser, bound("c"), bound("p-fghij"), nil, "422 " + path, 0},
	} {
		t.Run(name, func(t *testing.T) {
			// The cache is stale and is not asked: only a live read tells that a Sandbox is lost.
			cache, live := shelfOf(warm.Obj()), shelfOf(tc.live...)
			v := &claimValidator{sandboxes: sandboxes{cache: cache, live: live}, requests: requests(cache, live), actor: actorOf}
			handler := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxClaim](v.check))
			if got := answer(handler.Handle(t.Context(), request(t, tc.user, tc.old.Obj(), tc.claim.Obj()))); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if cache.asked != 0 || live.asked != tc.liveAsked {
				t.Errorf("asked the cache %d times and the API server %d times, want 0 and %d", cache.asked, live.asked, tc.liveAsked)
			}
		})
	}
	for name, tc := range map[string]struct {
		live *shelf
		old  *builder.ClaimWrapper
		obj  *builder.ClaimWrapper
	}{
		"the look-up of its Sandbox fails":  {&shelf{err: errors.New("lost")}, bound("p-abcde"), bound("p-fghij")},
		"the look-up of its template fails": {&shelf{err: errors.New("lost")}, builder.MakeClaim("c").Pool("p"), builder.MakeClaim("c").Pool("p").Env("A", "1")},
	} {
		t.Run(name, func(t *testing.T) {
			v := &claimValidator{
				sandboxes: sandboxes{cache: shelfOf(), live: tc.live}, requests: requests(shelfOf(), tc.live), actor: actorOf,
			}
			handler := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxClaim](v.check))
			if got := answer(handler.Handle(t.Context(), request(t, controllerUser, tc.old.Obj(), tc.obj.Obj()))); !strings.HasPrefix(got, "500") {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestClaimValidatorOfRequests checks that a claim's requests are checked against what exists, and only when it asks for
// something new.
func TestClaimValidatorOfRequests(t *testing.T) {
	const team = "sandbox.users.io/team"
	pool := builder.MakePool("p").Template("t").Obj()
	template := builder.MakeTemplate("t").PodLabel(team, "red").Obj()
	older := builder.MakeSandbox("p-abcde").Pool(pool).PodLabel(team, "green").Obj()
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p") }
	const conflict = "422 FieldValueInvalid spec.additionalPodMetadata.labels[sandbox.users.io/team]"
	for name, tc := range map[string]struct {
		old, claim *builder.ClaimWrapper
		missing    bool
		want       string
	}{
		"a new claim":                         {nil, claim().Env("A", "1"), false, "422 FieldValueForbidden spec.env"},
		"a new claim by its template":         {nil, builder.MakeClaim("c").Template("t").Env("A", "1"), false, "422 FieldValueForbidden spec.env"},
		"a new claim of what is not there":    {nil, claim().Env("A", "1").PodLabel(team, "blue"), true, "allowed"},
		"a new claim that contradicts":        {nil, claim().PodLabel(team, "blue"), false, conflict},
		"one that is bound asks for another":  {claim().BoundTo("p-abcde"), claim().BoundTo("p-abcde").Env("A", "1"), false, "422 FieldValueForbidden spec.env"},
		"one that is bound contradicts":       {claim().BoundTo("p-abcde"), claim().BoundTo("p-abcde").PodLabel(team, "red"), false, conflict},
		"one that is bound agrees":            {claim().BoundTo("p-abcde"), claim().BoundTo("p-abcde").PodLabel(team, "green"), false, "allowed"},
		"one whose Sandbox is not there":      {claim().BoundTo("gone"), claim().BoundTo("gone").PodLabel(team, "red"), false, "allowed"},
		"one that changes something else":     {claim().PodLabel(team, "blue"), claim().PodLabel(team, "blue").Lifecycle(extensionsv1.Lifecycle{}), false, "allowed"},
		"who may not bind is told that first": {claim(), claim().BoundTo("x").Env("A", "1"), false, "403"},
	} {
		t.Run(name, func(t *testing.T) {
			cache := shelfOf(pool, template, older)
			if tc.missing {
				cache = shelfOf()
			}
			v := &claimValidator{sandboxes: sandboxes{cache: cache, live: shelfOf()}, requests: requests(cache, shelfOf()), actor: actorOf}
			handler := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxClaim](v.check))
			var old *extensionsv1.SandboxClaim
			if tc.old != nil {
				old = tc.old.Obj()
			}
			if got := answer(handler.Handle(t.Context(), request(t, someUser, old, tc.claim.Obj()))); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestClaimStatusValidator(t *testing.T) {
	claim := func() *builder.ClaimWrapper {
		return builder.MakeClaim("c").Pool("p").BoundTo("a").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: now()}})
	}
	expired := func() *builder.ClaimWrapper { return claim().Condition("Ready", metav1.ConditionFalse, "ClaimExpired") }
	for name, tc := range map[string]struct {
		user       string
		old, claim *builder.ClaimWrapper
		want       string
	}{
		"the Sandbox that it is bound to": {controllerUser, claim(), claim().StatusSandbox("a"), "allowed"},
		"another":                         {controllerUser, claim(), claim().StatusSandbox("b"), "422 FieldValueInvalid status.sandbox.name"},
		"the record is taken away":        {controllerUser, claim().StatusSandbox("a"), claim(), "422 FieldValueInvalid status.sandbox.name"},
		"the record of an expired claim":  {controllerUser, claim().StatusSandbox("a"), expired(), "allowed"},
		"by somebody else":                {someUser, claim().StatusSandbox("a"), expired(), "422 FieldValueInvalid status.sandbox.name"},
	} {
		t.Run(name, func(t *testing.T) {
			handler := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxClaim]((&claimStatusValidator{actor: actorOf}).check))
			if got := answer(handler.Handle(t.Context(), request(t, tc.user, tc.old.Obj(), tc.claim.Obj()))); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
