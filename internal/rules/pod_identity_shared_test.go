package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestSharedIdentity(t *testing.T) {
	const key = sandboxv1.AnnotationPodIdentity
	pool, claim := builder.MakePool("p").Template("t").Obj(), builder.MakeClaim("c").Template("t").Obj()
	member := func(name string) *builder.SandboxWrapper { return builder.MakeSandbox(name).Pool(pool) }
	hash := sandboxv1.LabelSandboxNameHash
	ofTemplate := map[string]string{hash: sandboxv1.SharedNameHash, sandboxv1.LabelTemplateRefHash: Hash("t")}
	alone := map[string]string{hash: sandboxv1.SharedNameHash}
	for name, tt := range map[string]struct {
		sandbox *sandboxv1.Sandbox
		// want are the Pod's labels; nil for those that are the Sandbox's own.
		want map[string]string
	}{
		"warm":                     {member("a").Annotation(key, "Shared").Obj(), ofTemplate},
		"another":                  {member("b").Annotation(key, "Shared").Obj(), ofTemplate},
		"claimed":                  {member("c").ClaimedBy(claim).Annotation(key, "Shared").Obj(), ofTemplate},
		"of a known client":        {member("d").Annotation(key, "Shared").Label(sandboxv1.LabelCreatedBy, "go-client").Obj(), ofTemplate},
		"bare":                     {builder.MakeSandbox("e").Annotation(key, "Shared").Obj(), alone},
		"told to have no Service":  {builder.MakeSandbox("f").Service(false).Annotation(key, "Shared").Obj(), alone},
		"with a Service":           {builder.MakeSandbox("g").Service(true).Annotation(key, "Shared").Obj(), nil},
		"with one from before":     {ofService(builder.MakeSandbox("h").Annotation(key, "Shared").Obj()), nil},
		"told to have its own":     {member("i").Annotation(key, "Own").Obj(), nil},
		"told nothing":             {member("j").Obj(), nil},
		"stored with another word": {member("k").Annotation(key, "shared").Obj(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			want, selector := tt.want, ""
			if want == nil {
				plain := tt.sandbox.DeepCopy()
				delete(plain.Annotations, key)
				want, selector = IdentityLabels(plain), hash+"="+Hash(tt.sandbox.Name)
				if want[sandboxv1.LabelSandboxUID] == "" {
					t.Fatalf("the Sandbox's own labels are %v", want)
				}
			}
			if diff := cmp.Diff(want, IdentityLabels(tt.sandbox)); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if got := podSelector(tt.sandbox); got != selector {
				t.Errorf("selector %q, want %q", got, selector)
			}
			pod := builder.MakePod(tt.sandbox.Name).ControlledBy(tt.sandbox).Obj()
			labels, _ := PodMetadata(tt.sandbox, pod)
			if diff := cmp.Diff(want, labels); diff != "" {
				t.Errorf("labels of a Pod that had the Sandbox's own (-want +got):\n%s", diff)
			}
		})
	}
}

func ofService(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	sandbox.Status.Service = sandbox.Name
	return sandbox
}

func TestCheckPodIdentityWord(t *testing.T) {
	said := func(word string) *sandboxv1.Sandbox {
		return builder.MakeSandbox("a").Annotation(sandboxv1.AnnotationPodIdentity, word).Obj()
	}
	for name, tt := range map[string]struct {
		old, obj *sandboxv1.Sandbox
		refused  bool
	}{
		"nothing":             {nil, builder.MakeSandbox("a").Obj(), false},
		"Shared":              {nil, said("Shared"), false},
		"Own":                 {nil, said("Own"), false},
		"in small letters":    {nil, said("shared"), true},
		"empty":               {nil, said(""), true},
		"with a space":        {nil, said("Shared "), true},
		"stored before":       {said("yes"), said("yes"), false},
		"another wrong word":  {said("yes"), said("no"), true},
		"mended":              {said("yes"), said("Own"), false},
		"taken away":          {said("yes"), builder.MakeSandbox("a").Obj(), false},
		"wrong on an old one": {builder.MakeSandbox("a").Obj(), said("yes"), true},
	} {
		t.Run(name, func(t *testing.T) {
			var errs = CheckPodIdentityWord(nil, tt.obj)
			if tt.old != nil {
				errs = CheckPodIdentityWord(tt.old, tt.obj)
			}
			if (len(errs) > 0) != tt.refused {
				t.Errorf("got %v, want it refused: %t", errs, tt.refused)
			}
		})
	}
}
