package webhooks

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gomodules.xyz/jsonpatch/v2"
	"k8s.io/apimachinery/pkg/runtime"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// An update that leaves out what admission and the controller wrote on a claim gets it back, whoever sends it but the
// controller.
func TestClaimMutatorKeepsWhatItWrote(t *testing.T) {
	const binding, seen = sandboxv1.AnnotationBinding, sandboxv1.AnnotationControllerFirstObservedAt
	const annotations = "/metadata/annotations"
	const warning = "kept agents.x-k8s.io/sandbox-name, agents.x-k8s.io/controller-first-observed-at: " +
		"only Namesake's controller removes what it has written on a claim"
	plain := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p") }
	stamped := func() *builder.ClaimWrapper { return plain().Annotation(binding, "p-abcde").Annotation(seen, "then") }
	for name, tc := range map[string]struct {
		user     string
		old, obj *builder.ClaimWrapper
		want     []jsonpatch.Operation
		warned   bool
	}{
		"replaced without any": {
			user: someUser, old: stamped(), obj: plain(), warned: true,
			want: []jsonpatch.Operation{op("add", annotations, map[string]string{binding: "p-abcde", seen: "then"})},
		},
		"replaced without any, with others": {
			user: someUser, old: stamped(), obj: plain().Annotation("note", "x"), warned: true, want: []jsonpatch.Operation{
				op("add", annotations+"/agents.x-k8s.io~1controller-first-observed-at", "then"),
				op("add", annotations+"/agents.x-k8s.io~1sandbox-name", "p-abcde"),
			},
		},
		"as it was":                    {user: someUser, old: stamped(), obj: stamped().Annotation("note", "x")},
		"changed, which is refused":    {user: someUser, old: stamped(), obj: stamped().Annotation(binding, "p-other")},
		"by the controller":            {user: controllerUser, old: stamped(), obj: plain()},
		"by the garbage collector":     {user: collectorUser, old: stamped(), obj: plain()},
		"of a claim that has none yet": {user: someUser, old: plain(), obj: plain()},
	} {
		t.Run(name, func(t *testing.T) {
			m := mutator(shelfOf(), "p-vwxyz")
			response := m.Handle(t.Context(), request(t, tc.user, tc.old.Obj(), tc.obj.Obj()))
			var warnings []string
			if tc.warned {
				warnings = []string{warning}
			}
			if diff := cmp.Diff([]any{true, tc.want, warnings}, []any{response.Allowed, response.Patches, response.Warnings}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if free := m.candidates.Peek(plain().Obj(), now()); free != "p-vwxyz" {
				t.Errorf("an update holds a Sandbox: %q is free", free)
			}
		})
	}
	t.Run("what is no JSON", func(t *testing.T) {
		for _, raw := range [][2]string{{`{}`, `{"metadata":7}`}, {`7`, `{}`}} {
			req := request(t, someUser, stamped().Obj(), plain().Obj())
			req.Object, req.OldObject = runtime.RawExtension{Raw: []byte(raw[0])}, runtime.RawExtension{Raw: []byte(raw[1])}
			if got := answer(mutator(shelfOf()).Handle(t.Context(), req)); got != "400" {
				t.Errorf("got %s", got)
			}
		}
	})
}
