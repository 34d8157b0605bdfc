package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A template is warned of each key that PodMetadata drops, and of no other.
func TestIgnoredTemplateKeys(t *testing.T) {
	const ignored = ": ignored: only Namesake's controller sets this on a Pod, use a key of your own"
	const label, annotation = "spec.podTemplate.metadata.labels[", "spec.podTemplate.metadata.annotations["
	plain := func() *builder.TemplateWrapper { return builder.MakeTemplate("t").PodLabel("app", "x") }
	pool := func() *builder.TemplateWrapper { return plain().PodLabel(sandboxv1.LabelWarmPool, "12345678") }
	for name, tc := range map[string]struct {
		old, template *builder.TemplateWrapper
		want          []string
	}{
		"keys of one's own":        {nil, plain().PodLabel("example.com/app", "y").PodAnnotation("note", "z"), nil},
		"a label of the Sandbox's": {nil, pool(), []string{label + sandboxv1.LabelWarmPool + "]" + ignored}},
		"one that nobody knows yet": {
			nil, plain().PodLabel(extensionsv1.ReservedPrefix+"later", "x"), []string{label + "extensions.agents.x-k8s.io/later]" + ignored},
		},
		"annotations and a label": {
			nil, pool().PodAnnotation(sandboxv1.AnnotationPodName, "x").PodAnnotation(sandboxv1.AnnotationTraceContext, "{}"), []string{
				label + sandboxv1.LabelWarmPool + "]" + ignored, annotation + sandboxv1.AnnotationPodName + "]" + ignored,
				annotation + sandboxv1.AnnotationTraceContext + "]" + ignored,
			},
		},
		"one that was there":         {pool(), pool().PodLabel("app", "y"), nil},
		"one that came":              {plain(), pool(), []string{label + sandboxv1.LabelWarmPool + "]" + ignored}},
		"one with another value":     {pool(), pool().PodLabel(sandboxv1.LabelWarmPool, "87654321"), []string{label + sandboxv1.LabelWarmPool + "]" + ignored}},
		"one that goes":              {pool(), plain(), nil},
		"what the autoscaler honors": {nil, plain().PodAnnotation(sandboxv1.AnnotationSafeToEvict, "true"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var old *extensionsv1.SandboxTemplate
			if tc.old != nil {
				old = tc.old.Obj()
			}
			template := tc.template.Obj()
			if diff := cmp.Diff(tc.want, rules.IgnoredTemplateKeys(old, template)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}
