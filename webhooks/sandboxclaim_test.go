package webhooks

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

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
		"the garbage collector has no need":           {collectorUser, bound("c"), bound("p-fghij"), nil, "403", 0},
		"nor does it bind":                            {collectorUser, builder.MakeClaim("c"), bound("p-abcde"), nil, "403", 0},
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
		"by the garbage collector":        {collectorUser, claim(), claim().StatusSandbox("a"), "422 FieldValueInvalid status.sandbox.name"},
		"of a claim that is created":      {someUser, nil, claim().StatusSandbox("a"), "422 FieldValueInvalid status.sandbox.name"},
		"by somebody else":                {someUser, claim().StatusSandbox("a"), expired(), "422 FieldValueInvalid status.sandbox.name"},
	} {
		t.Run(name, func(t *testing.T) {
			handler := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxClaim]((&claimStatusValidator{actor: actorOf}).check))
			var old *extensionsv1.SandboxClaim
			if tc.old != nil {
				old = tc.old.Obj()
			}
			if got := answer(handler.Handle(t.Context(), request(t, tc.user, old, tc.claim.Obj()))); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
