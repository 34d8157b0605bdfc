package write

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gomodules.xyz/jsonpatch/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// sent is a client that only records what would be sent, which a real API server does not tell.
type sent struct {
	client.Client

	what, kind string
	body       any
	options    client.DeleteOptions
}

func (s *sent) Patch(_ context.Context, obj client.Object, patch client.Patch, _ ...client.PatchOption) error {
	return s.note("patch", obj, patch)
}

func (s *sent) Status() client.SubResourceWriter { return status{sent: s} }

func (s *sent) Delete(_ context.Context, obj client.Object, options ...client.DeleteOption) error {
	s.what = "delete " + obj.GetName()
	s.options.ApplyOptions(options)
	return nil
}

func (s *sent) note(what string, obj client.Object, patch client.Patch) error {
	raw, err := patch.Data(obj)
	if err != nil {
		return err
	}
	s.what, s.kind = what+" "+obj.GetName(), string(patch.Type())
	return json.Unmarshal(raw, &s.body)
}

type status struct {
	client.SubResourceWriter

	sent *sent
}

func (s status) Patch(_ context.Context, obj client.Object, patch client.Patch, _ ...client.SubResourcePatchOption) error {
	return s.sent.note("patch status", obj, patch)
}

type object = map[string]any

// deletions holds the options of the deletions in TestWritesAreGuarded.
var deletions = map[string]client.DeleteOptions{
	"a deletion": {
		Preconditions:     &metav1.Preconditions{UID: new(types.UID("sandboxclaim-c-uid")), ResourceVersion: new("7")},
		PropagationPolicy: new(metav1.DeletePropagationBackground),
	},
	"a deletion in the foreground": {
		Preconditions:     &metav1.Preconditions{UID: new(types.UID("sandboxclaim-c-uid")), ResourceVersion: new("7")},
		PropagationPolicy: new(metav1.DeletePropagationForeground),
	},
	"a deletion in whatever state": {
		Preconditions:     &metav1.Preconditions{UID: new(types.UID("sandboxclaim-c-uid"))},
		PropagationPolicy: new(metav1.DeletePropagationBackground),
	},
}

// TestWritesAreGuarded checks that each write carries the version, or at least the UID, that it was decided on.
func TestWritesAreGuarded(t *testing.T) {
	base := builder.MakeClaim("c").ResourceVersion("7").Obj()
	for name, tc := range map[string]struct {
		write      func(context.Context, client.Client) error
		what, kind string
		body       any
	}{
		"an object": {
			func(ctx context.Context, c client.Client) error {
				return Patch(ctx, c, builder.MakeClaim("c").ResourceVersion("7").BoundTo("a").Obj(), base)
			},
			"patch c", "application/merge-patch+json",
			object{"metadata": object{"resourceVersion": "7", "annotations": object{"agents.x-k8s.io/sandbox-name": "a"}}},
		},
		"a status": {
			func(ctx context.Context, c client.Client) error {
				return Status(ctx, c, builder.MakeClaim("c").ResourceVersion("7").StatusSandbox("a").Obj(), base)
			},
			"patch status c", "application/merge-patch+json",
			object{"metadata": object{"resourceVersion": "7"}, "status": object{"sandbox": object{"name": "a"}}},
		},
		"operations": {
			func(ctx context.Context, c client.Client) error {
				return JSONPatch(ctx, c, base.DeepCopy(), []jsonpatch.Operation{
					jsonpatch.NewOperation("test", "/metadata/uid", base.UID), jsonpatch.NewOperation("remove", "/metadata/labels", nil),
				})
			},
			"patch c", "application/json-patch+json",
			[]any{object{"op": "test", "path": "/metadata/uid", "value": "sandboxclaim-c-uid"}, object{"op": "remove", "path": "/metadata/labels"}},
		},
		"a deletion": {
			func(ctx context.Context, c client.Client) error { return DeleteVersion(ctx, c, base) }, "delete c", "", nil,
		},
		"a deletion in the foreground": {
			func(ctx context.Context, c client.Client) error {
				return DeleteVersion(ctx, c, base, client.PropagationPolicy(metav1.DeletePropagationForeground))
			}, "delete c", "", nil,
		},
		"a deletion in whatever state": {
			func(ctx context.Context, c client.Client) error { return DeleteUID(ctx, c, base) }, "delete c", "", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := &sent{}
			if err := tc.write(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if c.what != tc.what || c.kind != tc.kind {
				t.Errorf("sent %s as %s, want %s as %s", c.what, c.kind, tc.what, tc.kind)
			}
			if diff := cmp.Diff(tc.body, c.body); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(deletions[name], c.options, cmpopts.IgnoreFields(client.DeleteOptions{}, "Raw")); diff != "" {
				t.Errorf("deletion (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOperationsThatJSONCannotSay(t *testing.T) {
	ops := []jsonpatch.Operation{jsonpatch.NewOperation("add", "/x", func() {})}
	if err := JSONPatch(t.Context(), &sent{}, builder.MakeClaim("c").Obj(), ops); err == nil {
		t.Error("no error")
	}
}
