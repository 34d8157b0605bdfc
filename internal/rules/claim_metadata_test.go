package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	team        = "sandbox.users.io/team"
	labels      = "spec.additionalPodMetadata.labels"
	annotations = "spec.additionalPodMetadata.annotations"
)

func TestCheckAdditionalPodMetadata(t *testing.T) {
	label := func(key, value string) *builder.ClaimWrapper { return builder.MakeClaim("c").PodLabel(key, value) }
	annotation := func(key string) *builder.ClaimWrapper { return builder.MakeClaim("c").PodAnnotation(key, "x") }
	const invalid, forbidden = "FieldValueInvalid ", "FieldValueForbidden "
	for name, tc := range map[string]struct {
		claim   *builder.ClaimWrapper
		domains string
		want    []string
	}{
		"nothing":                        {claim: builder.MakeClaim("c")},
		"a label of the domain":          {claim: label(team, "blue")},
		"without a value":                {claim: label(team, "")},
		"of a domain below":              {claim: label("a.sandbox.users.io/team", "blue")},
		"of the administrator's domain":  {claim: label("example.com/team", "blue"), domains: "example.org\nexample.com"},
		"the default is replaced":        {claim: label(team, "blue"), domains: "example.com", want: []string{forbidden + labels + "[" + team + "]"}},
		"of another domain":              {claim: label("example.com/team", "x"), want: []string{forbidden + labels + "[example.com/team]"}},
		"of a domain that only ends so":  {claim: label("mysandbox.users.io/team", "x"), want: []string{forbidden + labels + "[mysandbox.users.io/team]"}},
		"of the domain above":            {claim: label("users.io/team", "x"), want: []string{forbidden + labels + "[users.io/team]"}},
		"of no domain":                   {claim: label("team", "x"), want: []string{invalid + labels + "[team]"}},
		"that is no label":               {claim: label("sandbox.users.io/my team", "x"), want: []string{invalid + labels + "[sandbox.users.io/my team]"}},
		"that is empty":                  {claim: label("", "x"), want: []string{invalid + labels + "[]"}},
		"with a value that is none":      {claim: label(team, "my team"), want: []string{invalid + labels + "[" + team + "]"}},
		"that makes the Pod a router":    {claim: label("app", "Sandbox-Router"), want: []string{forbidden + labels + "[app]"}},
		"that Namesake writes, allowed":  {claim: label("agents.x-k8s.io/claim-uid", "x"), domains: "agents.x-k8s.io", want: []string{forbidden + labels + "[agents.x-k8s.io/claim-uid]"}},
		"an annotation":                  {claim: annotation("note")},
		"of any domain":                  {claim: annotation("podsnapshot.gke.io/ps-name")},
		"of one that only ends so, too":  {claim: annotation("myk8s.io/note")},
		"that lets the autoscaler evict": {claim: annotation("cluster-autoscaler.kubernetes.io/safe-to-evict")},
		"that Kubernetes acts on":        {claim: annotation("kubernetes.io/egress-bandwidth"), want: []string{forbidden + annotations + "[kubernetes.io/egress-bandwidth]"}},
		"in capitals":                    {claim: annotation("Kubernetes.io/x"), want: []string{forbidden + annotations + "[Kubernetes.io/x]"}},
		"of a domain below Kubernetes'":  {claim: annotation("seccomp.security.alpha.kubernetes.io/pod"), want: []string{forbidden + annotations + "[seccomp.security.alpha.kubernetes.io/pod]"}},
		"of k8s.io":                      {claim: annotation("scheduler.k8s.io/x"), want: []string{forbidden + annotations + "[scheduler.k8s.io/x]"}},
		"that Namesake writes":           {claim: annotation("agents.x-k8s.io/pod-name"), want: []string{forbidden + annotations + "[agents.x-k8s.io/pod-name]"}},
		"the trace, which is dropped":    {claim: annotation("opentelemetry.io/trace-context")},
		"that is no annotation":          {claim: annotation("a/b/c"), want: []string{invalid + annotations + "[a/b/c]"}},
		"that are too large": {
			claim: builder.MakeClaim("c").PodAnnotation("note", strings.Repeat("x", 256<<10)), want: []string{"FieldValueTooLong " + annotations},
		},
		"everything is said": {
			claim: label("team", "my team").PodLabel("x", "y").PodAnnotation("k8s.io/x", "y"),
			want:  []string{invalid + labels + "[team]", invalid + labels + "[team]", invalid + labels + "[x]", forbidden + annotations + "[k8s.io/x]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			domains, err := rules.ParseLabelDomains(tc.domains)
			if err != nil {
				t.Fatal(err)
			}
			wantRefusals(t, rules.CheckAdditionalPodMetadata(tc.claim.Obj(), domains), tc.want...)
		})
	}
}

func TestParseLabelDomains(t *testing.T) {
	for text, want := range map[string]rules.LabelDomains{
		"":                               {"sandbox.users.io"},
		" ,\n\r\n,":                      {"sandbox.users.io"},
		"example.com":                    {"example.com"},
		"a.io, B.io\r\nc.io\n":           {"a.io", "b.io", "c.io"},
		"example.com,, sandbox.users.io": {"example.com", "sandbox.users.io"},
		"*.example.com":                  nil,
		"example.com other.com":          nil,
	} {
		got, err := rules.ParseLabelDomains(text)
		if diff := cmp.Diff(want, got); diff != "" || (err != nil) != (want == nil) {
			t.Errorf("%q: error %v, domains (-want +got):\n%s", text, err, diff)
		}
	}
}

// A Sandbox's pod metadata must follow the claim's, and what the template gave it must stay.
func TestWithClaimMetadata(t *testing.T) {
	type m = map[string]string
	base := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("s").PodLabel("app", "x").PodAnnotation("note", "n")
	}
	given := func() *builder.SandboxWrapper {
		return base().PodLabel(team, "blue").PodAnnotation("a", "1").
			Annotation(sandboxv1.AnnotationClaimLabels, team).Annotation(sandboxv1.AnnotationClaimAnnotations, "a")
	}
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c") }
	const uid = sandboxv1.LabelClaimUID
	taken := func() *builder.SandboxWrapper { // This is how agent-sandbox leaves it.
		return base().PodLabel(uid, "c").PodLabel("example.com/a", "b").PodAnnotation("a", "1")
	}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		claim   *builder.ClaimWrapper
		want    sandboxv1.PodMetadata
		noted   m
		refused bool
		same    bool
	}{
		"a claim that adds nothing": {
			sandbox: base(), claim: claim(), same: true, want: sandboxv1.PodMetadata{Labels: m{"app": "x"}, Annotations: m{"note": "n"}},
		},
		"added": {
			sandbox: base(), claim: claim().PodLabel(team, "blue").PodAnnotation("a", "1"),
			want:  sandboxv1.PodMetadata{Labels: m{"app": "x", team: "blue"}, Annotations: m{"note": "n", "a": "1"}},
			noted: m{sandboxv1.AnnotationClaimLabels: team, sandboxv1.AnnotationClaimAnnotations: "a"},
		},
		"added to nothing": {
			sandbox: builder.MakeSandbox("s"), claim: claim().PodLabel(team, "blue"),
			want: sandboxv1.PodMetadata{Labels: m{team: "blue"}}, noted: m{sandboxv1.AnnotationClaimLabels: team},
		},
		"there already": {
			sandbox: given(), claim: claim().PodLabel(team, "blue").PodAnnotation("a", "1"), same: true,
			want:  sandboxv1.PodMetadata{Labels: m{"app": "x", team: "blue"}, Annotations: m{"note": "n", "a": "1"}},
			noted: m{sandboxv1.AnnotationClaimLabels: team, sandboxv1.AnnotationClaimAnnotations: "a"},
		},
		"changed, and another one": {
			sandbox: given(), claim: claim().PodLabel(team, "red").PodLabel("sandbox.users.io/a", "1").PodAnnotation("a", "1"),
			want:  sandboxv1.PodMetadata{Labels: m{"app": "x", team: "red", "sandbox.users.io/a": "1"}, Annotations: m{"note": "n", "a": "1"}},
			noted: m{sandboxv1.AnnotationClaimLabels: "sandbox.users.io/a," + team, sandboxv1.AnnotationClaimAnnotations: "a"},
		},
		"taken away": {
			sandbox: given(), claim: claim(), want: sandboxv1.PodMetadata{Labels: m{"app": "x"}, Annotations: m{"note": "n"}},
		},
		"what a user changed in the Sandbox is put right": {
			sandbox: given().PodLabel(team, "green"), claim: claim().PodLabel(team, "blue").PodAnnotation("a", "1"),
			want:  sandboxv1.PodMetadata{Labels: m{"app": "x", team: "blue"}, Annotations: m{"note": "n", "a": "1"}},
			noted: m{sandboxv1.AnnotationClaimLabels: team, sandboxv1.AnnotationClaimAnnotations: "a"},
		},
		"what the template has, too, stays when the claim takes it back": {
			sandbox: base(), claim: claim().PodAnnotation("note", "n"), same: true,
			want: sandboxv1.PodMetadata{Labels: m{"app": "x"}, Annotations: m{"note": "n"}},
		},
		"another value than the template's":       {sandbox: base(), claim: claim().PodAnnotation("note", "other"), refused: true},
		"a label of a domain that is not allowed": {sandbox: base(), claim: claim().PodLabel("example.com/a", "b"), refused: true},
		"a label that was allowed when it was given": {
			sandbox: base().PodLabel("example.com/a", "b").Annotation(sandboxv1.AnnotationClaimLabels, "example.com/a"), same: true,
			claim: claim().PodLabel("example.com/a", "b"),
			want:  sandboxv1.PodMetadata{Labels: m{"app": "x", "example.com/a": "b"}, Annotations: m{"note": "n"}},
			noted: m{sandboxv1.AnnotationClaimLabels: "example.com/a"},
		},
		"what agent-sandbox has added is noted, and not judged": {
			sandbox: taken(), claim: claim().PodLabel("example.com/a", "b").PodAnnotation("a", "1"),
			want:  sandboxv1.PodMetadata{Labels: m{"app": "x", uid: "c", "example.com/a": "b"}, Annotations: m{"note": "n", "a": "1"}},
			noted: m{sandboxv1.AnnotationClaimLabels: "example.com/a", sandboxv1.AnnotationClaimAnnotations: "a"},
		},
		"what the template has is no claim's there, either": {sandbox: taken(), claim: claim().PodAnnotation("note", "other"), refused: true},
		"where agent-sandbox has added nothing, nothing is noted": {
			sandbox: base().PodLabel(uid, "c"), claim: claim(), same: true,
			want: sandboxv1.PodMetadata{Labels: m{"app": "x", uid: "c"}, Annotations: m{"note": "n"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := tc.sandbox.Obj()
			before := sandbox.DeepCopy()
			got, problem := rules.WithClaimMetadata(sandbox, tc.claim.Obj(), rules.DefaultLabelDomains)
			if diff := cmp.Diff(before, sandbox); diff != "" {
				t.Errorf("the Sandbox itself was changed:\n%s", diff)
			}
			if problem != nil || tc.refused {
				if !tc.refused || problem == nil || problem.Reason != extensionsv1.ReasonInvalidMetadata || problem.Cause != nil {
					t.Errorf("problem %+v, want one: %t", problem, tc.refused)
				}
				return
			}
			if (got == sandbox) != tc.same {
				t.Errorf("it is the same object: %t", got == sandbox)
			}
			if diff := cmp.Diff(tc.want, got.Spec.PodTemplate.Metadata); diff != "" {
				t.Errorf("pod metadata (-want +got):\n%s", diff)
			}
			noted := m{}
			for _, key := range []string{sandboxv1.AnnotationClaimLabels, sandboxv1.AnnotationClaimAnnotations} {
				if value, ok := got.Annotations[key]; ok {
					noted[key] = value
				}
			}
			if tc.noted == nil {
				tc.noted = m{}
			}
			if diff := cmp.Diff(tc.noted, noted); diff != "" {
				t.Errorf("what is noted as the claim's (-want +got):\n%s", diff)
			}
			if again, problem := rules.WithClaimMetadata(got, tc.claim.Obj(), rules.DefaultLabelDomains); again != got || problem != nil {
				t.Errorf("a second time: %v, %v", again, problem)
			}
		})
	}
}

func TestMetadataProblem(t *testing.T) {
	template := builder.MakeTemplate("t").PodLabel(team, "red").Obj()
	for name, tc := range map[string]struct {
		claim    *builder.ClaimWrapper
		template *extensionsv1.SandboxTemplate
		want     string
	}{
		"nothing is added":             {builder.MakeClaim("c"), template, ""},
		"it is what the template says": {builder.MakeClaim("c").PodLabel(team, "red"), template, ""},
		"it contradicts the template": {builder.MakeClaim("c").PodLabel(team, "blue"), template,
			labels + `[` + team + `]: Invalid value: "blue": the template sets it to "red", and a claim only adds: leave it out`},
		"the template is not there": {builder.MakeClaim("c").PodLabel(team, "blue"), nil, ""},
		"it can never be": {builder.MakeClaim("c").PodLabel("team", "blue"), nil,
			labels + `[team]: Invalid value: "team": a label needs a domain in front: use "sandbox.users.io/team"`},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			if problem := rules.MetadataError(tc.claim.Obj(), tc.template, rules.DefaultLabelDomains); problem != nil {
				got = problem.Message
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}
