package rules_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gomodules.xyz/jsonpatch/v2"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// absent is the value of what is not there, as a test in a patch has it.
var absent = json.RawMessage("null")

func TestPatchMap(t *testing.T) {
	const path = "/metadata/labels"
	type m = map[string]string
	for name, tc := range map[string]struct {
		current, target m
		want            []jsonpatch.Operation
	}{
		"nothing to nothing":                        {},
		"the same":                                  {current: m{"a": "1"}, target: m{"a": "1"}},
		"an empty map and none are the same":        {current: m{}},
		"a first key brings the map":                {target: m{"a": "1"}, want: []jsonpatch.Operation{op("add", path, m{"a": "1"})}},
		"an empty map is not there on the wire":     {current: m{}, target: m{"a": "1"}, want: []jsonpatch.Operation{op("add", path, m{"a": "1"})}},
		"a key more":                                {current: m{"a": "1"}, target: m{"a": "1", "b": "2"}, want: []jsonpatch.Operation{op("add", path+"/b", "2")}},
		"a key less":                                {current: m{"a": "1", "b": "2"}, target: m{"a": "1"}, want: []jsonpatch.Operation{op("remove", path+"/b", nil)}},
		"the last key":                              {current: m{"a": "1"}, want: []jsonpatch.Operation{op("remove", path+"/a", nil)}},
		"another value":                             {current: m{"a": "1"}, target: m{"a": "2"}, want: []jsonpatch.Operation{op("add", path+"/a", "2")}},
		"an empty value is a value":                 {current: m{"a": "1"}, target: m{"a": "1", "b": ""}, want: []jsonpatch.Operation{op("add", path+"/b", "")}},
		"a value that becomes empty":                {current: m{"a": "1"}, target: m{"a": ""}, want: []jsonpatch.Operation{op("add", path+"/a", "")}},
		"keys that a pointer has to escape":         {current: m{"a/b": "1", "x": "1"}, target: m{"c~d": "2", "e~1/f": "3", "x": "1"}, want: []jsonpatch.Operation{op("remove", path+"/a~1b", nil), op("add", path+"/c~0d", "2"), op("add", path+"/e~01~1f", "3")}},
		"removals first, each in the order of keys": {current: m{"z": "1", "b": "1", "m": "1"}, target: m{"y": "1", "a": "1", "m": "2"}, want: []jsonpatch.Operation{op("remove", path+"/b", nil), op("remove", path+"/z", nil), op("add", path+"/a", "1"), op("add", path+"/m", "2"), op("add", path+"/y", "1")}},
	} {
		t.Run(name, func(t *testing.T) {
			ops := rules.PatchMap(path, tc.current, tc.target)
			if diff := cmp.Diff(tc.want, ops); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
			pod := builder.MakePod("a").Obj()
			pod.Labels = tc.current
			patched, err := apply(t, pod, ops)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.target, patched.Labels, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

// A patch of a stored object must leave alone what somebody else writes before it arrives.
func TestPatchesOfStoredMaps(t *testing.T) {
	type m = map[string]string
	for name, tc := range map[string]struct {
		seen, target, found, want m
		conflicts                 bool
	}{
		"a first key":                               {target: m{"a": "1"}, want: m{"a": "1"}},
		"a first key, of an empty map":              {seen: m{}, target: m{"a": "1"}, want: m{"a": "1"}},
		"a first key, and somebody else's came":     {target: m{"a": "1"}, found: m{"plugin": "x"}, conflicts: true},
		"a second key, and somebody else's came":    {seen: m{"a": "1"}, target: m{"a": "1", "b": "2"}, found: m{"a": "1", "plugin": "x"}, want: m{"a": "1", "b": "2", "plugin": "x"}},
		"another value, and somebody else's came":   {seen: m{"a": "1"}, target: m{"a": "2"}, found: m{"a": "1", "plugin": "x"}, want: m{"a": "2", "plugin": "x"}},
		"the last key goes, and somebody's came":    {seen: m{"a": "1"}, target: m{}, found: m{"a": "1", "plugin": "x"}, want: m{"plugin": "x"}},
		"a key that somebody else has removed goes": {seen: m{"a": "1", "b": "2"}, target: m{"a": "1"}, found: m{"a": "1"}, conflicts: true},
		"nothing, and somebody else's came":         {found: m{"plugin": "x"}, want: m{"plugin": "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			found := builder.MakePod("a").Obj()
			found.Annotations = tc.found
			if tc.found == nil {
				found.Annotations = tc.seen
			}
			patched, err := apply(t, found, rules.PatchStoredMap("/metadata/annotations", tc.seen, tc.target))
			if (err != nil) != tc.conflicts {
				t.Fatalf("error %v, want one: %t", err, tc.conflicts)
			}
			if tc.conflicts {
				return
			}
			if diff := cmp.Diff(tc.want, patched.Annotations, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSetKeys(t *testing.T) {
	const path = "/metadata/annotations"
	type m = map[string]string
	for name, tc := range map[string]struct {
		current, wanted m
		want            []jsonpatch.Operation
	}{
		"what is not named stays":             {current: m{"a": "1", "b": "2"}, wanted: m{"b": "3"}, want: []jsonpatch.Operation{op("add", path+"/b", "3")}},
		"an empty wish takes the key away":    {current: m{"a": "1", "b": "2"}, wanted: m{"b": ""}, want: []jsonpatch.Operation{op("remove", path+"/b", nil)}},
		"also where its value is empty":       {current: m{"a": "1", "b": ""}, wanted: m{"b": ""}, want: []jsonpatch.Operation{op("remove", path+"/b", nil)}},
		"an empty wish for what is not there": {wanted: m{"b": ""}},
		"wishes for a map that is not there":  {wanted: m{"a": "1", "b": ""}, want: []jsonpatch.Operation{op("add", path, m{"a": "1"})}},
		"a wish that is true already":         {current: m{"a": "1"}, wanted: m{"a": "1", "b": ""}},
		"no wish":                             {current: m{"a": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := maps.Clone(tc.current)
			if diff := cmp.Diff(tc.want, rules.SetKeys(path, tc.current, tc.wanted)); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tc.current, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the map itself was changed:\n%s", diff)
			}
		})
	}
}

func TestPodMetadataPatch(t *testing.T) {
	sandbox := builder.MakeSandbox("a").PodLabel("app", "x").PodAnnotation("note/me", "y").Obj()
	labels, annotations := rules.PodMetadata(sandbox, nil)
	current := builder.MakePod("a").ControlledBy(sandbox).Obj()
	current.Labels, current.Annotations = labels, annotations
	if got := rules.PodMetadataPatch(sandbox, current); got != nil {
		t.Errorf("a Pod that has its labels: %v, want nil", got)
	}
	for name, tc := range map[string]struct {
		pod  *builder.PodWrapper
		want []jsonpatch.Operation
	}{
		"a Pod without any": {
			pod: builder.MakePod("a"),
			want: []jsonpatch.Operation{
				op("test", "/metadata/labels", absent),
				op("add", "/metadata/labels", map[string]string{
					"app": "x", sandboxv1.LabelSandboxNameHash: rules.Hash("a"), sandboxv1.LabelSandboxUID: "sandbox-a-uid",
				}),
				op("test", "/metadata/annotations", absent),
				op("add", "/metadata/annotations", map[string]string{
					"note/me": "y", sandboxv1.AnnotationPropagatedLabels: "app", sandboxv1.AnnotationPropagatedAnnotations: "note/me",
				}),
			},
		},
		"a Pod with other ones": {
			pod: builder.MakePod("a").ControlledBy(sandbox).Label(sandboxv1.LabelWarmPool, "x").Label("mine", "z").Label("app", "w").
				Annotation(sandboxv1.AnnotationPropagatedAnnotations, "old").Annotation("old", "o").Annotation("mine", "z"),
			want: []jsonpatch.Operation{
				op("remove", "/metadata/labels/agents.x-k8s.io~1warm-pool-sandbox", nil),
				op("add", "/metadata/labels/app", "x"),
				op("remove", "/metadata/annotations/old", nil),
				op("add", "/metadata/annotations/agents.x-k8s.io~1propagated-annotations", "note/me"),
				op("add", "/metadata/annotations/agents.x-k8s.io~1propagated-labels", "app"),
				op("add", "/metadata/annotations/note~1me", "y"),
			},
		},
		"a Pod that names its Sandbox in a version from before": {
			pod: builder.MakePod("a").OwnerReferences(keeper, oldReference(*rules.SandboxOwner(sandbox))),
			want: []jsonpatch.Operation{
				op("test", "/metadata/labels", absent),
				op("add", "/metadata/labels", labels),
				op("test", "/metadata/annotations", absent),
				op("add", "/metadata/annotations", annotations),
				op("test", "/metadata/ownerReferences/1/uid", sandbox.UID),
				op("replace", "/metadata/ownerReferences/1", *rules.SandboxOwner(sandbox)),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			pod := tc.pod.Obj()
			got := rules.PodMetadataPatch(sandbox, pod)
			want := append([]jsonpatch.Operation{op("test", "/metadata/uid", pod.UID)}, tc.want...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
			patched, err := apply(t, pod, got)
			if err != nil {
				t.Fatal(err)
			}
			if again := rules.PodMetadataPatch(sandbox, patched); again != nil {
				t.Errorf("a second pass would write again: %v", again)
			}
			if _, err := apply(t, builder.MakePod("a").UID("another").Obj(), got); err == nil {
				t.Error("the patch applies to another Pod of this name")
			}
		})
	}
}
