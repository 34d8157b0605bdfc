package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestKeptClaimKeys(t *testing.T) {
	const binding, seen, ready = sandboxv1.AnnotationBinding, sandboxv1.AnnotationControllerFirstObservedAt, sandboxv1.AnnotationClaimFirstReadyAt
	type m = map[string]string
	stamped := m{binding: "p-abcde", seen: "then", ready: "later"}
	for name, tc := range map[string]struct {
		old, obj, want         m
		oldLabels, labels, all m
		kept                   []string
	}{
		"nothing is left out": {old: stamped, obj: stamped, want: stamped},
		"all are left out":    {old: stamped, want: stamped, kept: []string{binding, seen, ready}},
		"one is left out": {
			old: stamped, obj: m{binding: "p-abcde", seen: "then", "note": "x"}, want: m{binding: "p-abcde", seen: "then", ready: "later", "note": "x"},
			kept: []string{ready},
		},
		"one's own keys go": {old: m{binding: "p-abcde", "note": "x"}, obj: m{}, want: m{binding: "p-abcde"}, kept: []string{binding}},
		"one is changed, and the others are left out": {
			old: stamped, obj: m{binding: "p-other"}, want: m{binding: "p-other", seen: "then", ready: "later"}, kept: []string{seen, ready},
		},
		"one is empty, which is a change": {old: stamped, obj: m{binding: "", seen: "then", ready: "later"}, want: m{binding: "", seen: "then", ready: "later"}},
		"a claim that has none":           {old: m{"note": "x"}, obj: m{}},
		"the label that once bound a claim": {
			oldLabels: m{sandboxv1.LabelBinding: "p-abcde", "app": "x"}, labels: m{"app": "y"}, all: m{sandboxv1.LabelBinding: "p-abcde", "app": "y"},
			kept: []string{sandboxv1.LabelBinding},
		},
	} {
		t.Run(name, func(t *testing.T) {
			old, obj := builder.MakeClaim("c").Obj(), builder.MakeClaim("c").Obj()
			old.Annotations, old.Labels, obj.Annotations, obj.Labels = tc.old, tc.oldLabels, tc.obj, tc.labels
			before := obj.DeepCopy()
			annotations, labels, kept := rules.KeptClaimKeys(old, obj)
			if diff := cmp.Diff([]any{tc.want, tc.all, tc.kept}, []any{annotations, labels, kept}, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("annotations, labels and keys (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, obj); diff != "" {
				t.Errorf("the claim itself was changed:\n%s", diff)
			}
		})
	}
}
