package rules_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestCheckOverrides(t *testing.T) {
	withHome := corev1.Container{Name: "main", Env: []corev1.EnvVar{{Name: "HOME", Value: "/"}}}
	strict := builder.MakeTemplate("t").Containers(withHome).VolumeClaimTemplate("data").PodLabel(team, "red").Obj()
	lenient := builder.MakeTemplate("t").Containers(withHome).VolumeClaimTemplate("data").
		EnvVarsInjectionPolicy(extensionsv1.EnvVarsInjectionAllowed).VolumeClaimTemplatesPolicy(extensionsv1.VolumeClaimTemplatesAllowed).Obj()
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Template("t") }
	bound := func() *builder.ClaimWrapper { return claim().BoundTo("p-abcde") }
	green := warm("p-abcde").PodLabel(team, "green")
	const env, volumes = "FieldValueForbidden spec.env", "FieldValueForbidden spec.volumeClaimTemplates"
	const conflict = "FieldValueInvalid " + labels + "[" + team + "]"
	for name, tc := range map[string]struct {
		old, claim *builder.ClaimWrapper
		template   *extensionsv1.SandboxTemplate
		sandbox    *builder.SandboxWrapper
		want       []string
	}{
		"plain": {claim: claim(), template: strict},
		"everything that is not allowed": {
			claim: claim().Env("A", "1").VolumeClaimTemplate("more").PodLabel(team, "blue"), template: strict,
			want: []string{env, volumes, conflict},
		},
		"everything that is allowed": {claim: claim().Env("A", "1").VolumeClaimTemplate("more").PodLabel(team, "blue"), template: lenient},
		"names that are taken": {
			claim: claim().Env("HOME", "1").VolumeClaimTemplate("data"), template: lenient,
			want: []string{"FieldValueInvalid spec.env[0].name", "FieldValueInvalid spec.volumeClaimTemplates[0].metadata.name"},
		},
		"names that cannot be, or come twice": {
			claim: claim().Env("A=B", "1").Env("A", "1").Env("A", "2"), template: lenient,
			want: []string{"FieldValueInvalid spec.env[0].name", "FieldValueDuplicate spec.env[2].name"},
		},
		"the template is not there":           {claim: claim().Env("A", "1").VolumeClaimTemplate("more").PodLabel(team, "blue")},
		"but a label can never be":            {claim: claim().PodLabel("team", "blue"), want: []string{"FieldValueInvalid " + labels + "[team]"}},
		"what is as it was passes":            {old: claim().Env("A", "1").PodLabel(team, "blue"), claim: claim().Env("A", "1").PodLabel(team, "blue").Label("a", "b"), template: strict},
		"what changes is checked":             {old: claim(), claim: claim().Env("A", "1").PodLabel(team, "blue"), template: strict, want: []string{env, conflict}},
		"a claim that is bound keeps its env": {old: bound(), claim: bound().Env("A", "1"), template: lenient, want: []string{env}},
		"and loses none":                      {old: bound().Env("A", "1").VolumeClaimTemplate("x"), claim: bound(), template: lenient, want: []string{env, volumes}},
		"so does one that is bound by its label": {
			old:   claim().Label(sandboxv1.LabelBinding, "a"),
			claim: claim().Label(sandboxv1.LabelBinding, "a").Env("A", "1"), template: lenient, want: []string{env},
		},
		"its lifecycle may change":                         {old: bound(), claim: bound().Lifecycle(extensionsv1.Lifecycle{}), template: strict},
		"its metadata is checked against its Sandbox":      {old: bound(), claim: bound().PodLabel(team, "red"), template: strict, sandbox: green, want: []string{conflict}},
		"and not against the template":                     {old: bound(), claim: bound().PodLabel(team, "green"), template: strict, sandbox: green},
		"nor against a Sandbox that went to another claim": {old: bound(), claim: bound().PodLabel(team, "red"), template: strict, sandbox: warm("p-abcde").PodLabel(team, "green").ClaimedBy(builder.MakeClaim("other").Obj())},
		"nor against what it added itself": {
			old: bound().PodLabel(team, "blue"), claim: bound().PodLabel(team, "red"),
			sandbox: warm("p-abcde").PodLabel(team, "blue").Annotation(sandboxv1.AnnotationClaimLabels, team).ClaimedBy(theClaim),
		},
	} {
		t.Run(name, func(t *testing.T) {
			var old *extensionsv1.SandboxClaim
			if tc.old != nil {
				old = tc.old.Obj()
			}
			var sandbox *sandboxv1.Sandbox
			if tc.sandbox != nil {
				sandbox = tc.sandbox.Obj()
			}
			errs := rules.CheckOverrides(old, tc.claim.Obj(), tc.template, sandbox, rules.DefaultLabelDomains)
			wantRefusals(t, errs, tc.want...)
			if len(errs) > 0 && !rules.OverridesChanged(old, tc.claim.Obj()) {
				t.Error("nobody would have looked")
			}
		})
	}
}

func TestAsksAnew(t *testing.T) {
	plain := builder.MakeClaim("c").Pool("p").Lifecycle(extensionsv1.Lifecycle{}).Label("a", "b")
	for name, more := range map[string]*builder.ClaimWrapper{
		"env":        builder.MakeClaim("c").Env("A", "1"),
		"volumes":    builder.MakeClaim("c").VolumeClaimTemplate("a"),
		"label":      builder.MakeClaim("c").PodLabel("a", "b"),
		"annotation": builder.MakeClaim("c").PodAnnotation("a", "b"),
	} {
		if !rules.OverridesChanged(nil, more.Obj()) || !rules.OverridesChanged(plain.Obj(), more.Obj()) || !rules.OverridesChanged(more.Obj(), plain.Obj()) {
			t.Errorf("%s: not seen", name)
		}
		if rules.OverridesChanged(more.Obj(), more.Obj()) || rules.HasNoOverrides(more.Obj()) {
			t.Errorf("%s: seen where nothing changes, or not at all", name)
		}
	}
	if rules.OverridesChanged(nil, plain.Obj()) || rules.OverridesChanged(plain.Obj(), plain.Obj()) {
		t.Error("a plain claim asks for more")
	}
}
