package rules_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Admission refuses a word that is neither true nor false, unless it was there before. Where it is stored, the Pod is kept.
func TestKeepEndedPod(t *testing.T) {
	says := func(word string) *sandboxv1.Sandbox {
		return builder.MakeSandbox("a").Annotation(sandboxv1.AnnotationKeepEndedPod, word).Obj()
	}
	silent := builder.MakeSandbox("a").Obj()
	for name, tc := range map[string]struct {
		old, obj      *sandboxv1.Sandbox
		refused, kept bool
	}{
		"nothing":             {nil, silent, false, false},
		"true":                {nil, says("true"), false, true},
		"false":               {nil, says("false"), false, false},
		"capitalized":         {nil, says("True"), true, true},
		"yes":                 {nil, says("yes"), true, true},
		"a number":            {nil, says("1"), true, true},
		"empty":               {nil, says(""), true, true},
		"False":               {nil, says("False"), true, true},
		"stored before":       {says("yes"), says("yes"), false, true},
		"another wrong word":  {says("yes"), says("no"), true, true},
		"mended":              {says("yes"), says("false"), false, false},
		"taken away":          {says("yes"), silent, false, false},
		"wrong on an old one": {silent, says("yes"), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			var old metav1.Object
			if tc.old != nil {
				old = tc.old
			}
			var want []string
			if tc.refused {
				want = []string{"FieldValueNotSupported metadata.annotations[agents.x-k8s.io/keep-ended-pod]"}
			}
			wantRefusals(t, rules.CheckKeepEndedPod(old, tc.obj), want...)
			if got := rules.KeepsEndedPod(tc.obj); got != tc.kept {
				t.Errorf("kept: %t", got)
			}
		})
	}
}
