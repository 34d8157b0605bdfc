package webhooks

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
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
		actor:    actorOf,
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
		"its time will be up, and it is a copy of one that has expired": {
			claim: builder.MakeClaim("c").Pool("p").Annotation("note", "x").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: now().Add(time.Second)}}).
				Condition("Ready", metav1.ConditionFalse, extensionsv1.ReasonClaimExpired),
			warm: []string{"p-abcde"}, want: []jsonpatch.Operation{op("add", seen, firstObserved), op("add", binding, "p-abcde")},
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

// A pick for a claim that may come is a claim on its way. A dry run, and a claim that gets nothing, are none.
func TestAPickIsAClaimOnItsWay(t *testing.T) {
	for name, tc := range map[string]struct {
		warm   []string
		dryRun bool
		want   bool
	}{
		"a pick":          {warm: []string{"a"}, want: true},
		"a dry run":       {warm: []string{"a"}, dryRun: true},
		"nothing to pick": {},
	} {
		t.Run(name, func(t *testing.T) {
			m := mutator(shelfOf(), tc.warm...)
			m.traffic = yield.NewTraffic(testclock.NewFakeClock(builder.Epoch))
			req := request(t, someUser, nil, builder.MakeClaim("c").Pool("p").Obj())
			req.DryRun = new(tc.dryRun)
			if response := m.Handle(t.Context(), req); !response.Allowed {
				t.Fatalf("refused: %v", response.Result)
			}
			if got := m.traffic.Busy(); got != tc.want {
				t.Errorf("busy: %t, want %t", got, tc.want)
			}
		})
	}
}
