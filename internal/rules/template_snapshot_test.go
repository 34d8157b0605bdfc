package rules_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Each change of the template must make an existing member outdated, or leave it current.
func TestTemplateSnapshotMatches(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	base := func() *builder.TemplateWrapper {
		return builder.MakeTemplate("t").Image("a").VolumeClaimTemplate("data").PodLabel("team", "a")
	}
	cpu := func(amount string) func(*extensionsv1.SandboxTemplate) {
		return func(template *extensionsv1.SandboxTemplate) {
			template.Spec.PodTemplate.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(amount)}
		}
	}
	spec := func(change func(*corev1.PodSpec)) func(*extensionsv1.SandboxTemplate) {
		return func(template *extensionsv1.SandboxTemplate) { change(&template.Spec.PodTemplate.Spec) }
	}
	volume := func(change func(*sandboxv1.PersistentVolumeClaimTemplate)) func(*extensionsv1.SandboxTemplate) {
		return func(template *extensionsv1.SandboxTemplate) { change(&template.Spec.VolumeClaimTemplates[0]) }
	}
	for name, tc := range map[string]struct {
		before, after func(*extensionsv1.SandboxTemplate)
		want          bool
	}{
		"nothing changed":                     {want: true},
		"another image":                       {after: spec(func(s *corev1.PodSpec) { s.Containers[0].Image = "b" })},
		"another container":                   {after: spec(func(s *corev1.PodSpec) { s.Containers = append(s.Containers, corev1.Container{Name: "x"}) })},
		"the token, said as it is by default": {after: spec(func(s *corev1.PodSpec) { s.AutomountServiceAccountToken = new(false) }), want: true},
		"the token, wanted":                   {after: spec(func(s *corev1.PodSpec) { s.AutomountServiceAccountToken = new(true) })},
		"the same amount in other words":      {before: cpu("1"), after: cpu("1000m"), want: true},
		"another amount":                      {before: cpu("1"), after: cpu("1001m")},
		"an empty list for none":              {after: spec(func(s *corev1.PodSpec) { s.Tolerations = []corev1.Toleration{} }), want: true},
		"labels of the Pod":                   {after: func(t *extensionsv1.SandboxTemplate) { t.Spec.PodTemplate.Metadata.Labels["team"] = "b" }, want: true},
		"annotations of the Pod": {after: func(t *extensionsv1.SandboxTemplate) {
			t.Spec.PodTemplate.Metadata.Annotations = map[string]string{"a": "b"}
		}, want: true},
		"labels of the volume":   {after: volume(func(v *sandboxv1.PersistentVolumeClaimTemplate) { v.Metadata.Labels = map[string]string{"a": "b"} }), want: true},
		"the name of the volume": {after: volume(func(v *sandboxv1.PersistentVolumeClaimTemplate) { v.Metadata.Name = "other" })},
		"the size of the volume": {after: volume(func(v *sandboxv1.PersistentVolumeClaimTemplate) {
			v.Spec.Resources.Requests["storage"] = resource.MustParse("2Gi")
		})},
		"one volume less":                    {after: func(t *extensionsv1.SandboxTemplate) { t.Spec.VolumeClaimTemplates = nil }},
		"a Service":                          {after: func(t *extensionsv1.SandboxTemplate) { t.Spec.Service = new(true) }},
		"no Service, where nothing was said": {after: func(t *extensionsv1.SandboxTemplate) { t.Spec.Service = new(false) }},
		"a NetworkPolicy that lets the Pods to the cluster's DNS": {after: func(t *extensionsv1.SandboxTemplate) {
			t.Spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyUnmanaged
		}},
		"what claims may bring along": {after: func(t *extensionsv1.SandboxTemplate) {
			t.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionAllowed
		}, want: true},
		"another template of the same content": {after: func(t *extensionsv1.SandboxTemplate) { t.Name = "u" }},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := base().Obj(), base().Obj()
			if tc.before != nil {
				tc.before(before)
			}
			if tc.after != nil {
				tc.after(after)
			}
			member := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(before), "abcde")
			edition := rules.NewTemplateSnapshot(after)
			for range 2 { // The second result comes from the cache.
				if got := edition.Matches(member); got != tc.want {
					t.Errorf("got %t", got)
				}
			}
		})
	}
}

// Hashes of agent-sandbox do not cover the secure defaults, so members with the same hash may differ in them. Each must
// be compared.
func TestTemplateSnapshotMatchesNothingWithoutSecureDefaults(t *testing.T) {
	template := builder.MakeTemplate("t").Obj()
	pool := builder.MakePool("p").Template("t").Obj()
	edition := rules.NewTemplateSnapshot(template)
	for _, safe := range []bool{false, true, false} {
		member := rules.NewPoolSandbox(pool, edition, "abcde")
		member.Labels[sandboxv1.LabelTemplateHash] = "0a1b2c3d"
		if !safe {
			member.Spec.PodTemplate.Spec = template.Spec.PodTemplate.Spec
		}
		if got := edition.Matches(member); got != safe {
			t.Errorf("it counts as current: %t, and it is: %t", got, safe)
		}
	}
}

// A policy of the cluster changes every Sandbox at its creation. A Sandbox that a pool has just made must be current
// all the same, and outdated when the template changes.
func TestTemplateSnapshotMatchesWhatAPolicyChanges(t *testing.T) {
	template := builder.MakeTemplate("t").Obj()
	edition := rules.NewTemplateSnapshot(template)
	member := rules.NewPoolSandbox(builder.MakePool("p").Template("t").Obj(), edition, "abcde")
	member.Spec.PodTemplate.Spec.DNSPolicy = corev1.DNSDefault
	member.Spec.PodTemplate.Spec.AutomountServiceAccountToken = new(true)
	if !edition.Matches(member) {
		t.Error("it is outdated from birth")
	}
	template.Spec.PodTemplate.Spec.Containers[0].Image = "another"
	if rules.NewTemplateSnapshot(template).Matches(member) {
		t.Error("it is current after the template changed")
	}
}

// agent-sandbox keeps nothing of a template's dnsConfig beside its own nameservers. What it made of this same template
// must be current. What Namesake made before the template had a dnsConfig must not be.
func TestTemplateSnapshotMatchesWhatAgentSandboxMade(t *testing.T) {
	resolving := func() *extensionsv1.SandboxTemplate {
		template := builder.MakeTemplate("t").Obj()
		template.Spec.PodTemplate.Spec.DNSConfig = &corev1.PodDNSConfig{Searches: []string{"example.com"}}
		return template
	}
	for name, tc := range map[string]struct {
		here   bool
		change func(*extensionsv1.SandboxTemplate, *corev1.PodSpec)
		want   bool
	}{
		"of agent-sandbox": {want: true},
		"of agent-sandbox, with another nameserver": {change: func(_ *extensionsv1.SandboxTemplate, made *corev1.PodSpec) {
			made.DNSConfig.Nameservers = []string{"9.9.9.9"}
		}},
		"of agent-sandbox, and another image now": {change: func(template *extensionsv1.SandboxTemplate, _ *corev1.PodSpec) {
			template.Spec.PodTemplate.Spec.Containers[0].Image = "b"
		}},
		"of agent-sandbox, and rules of its own now": {change: func(template *extensionsv1.SandboxTemplate, _ *corev1.PodSpec) {
			template.Spec.NetworkPolicy = &extensionsv1.NetworkPolicySpec{}
		}},
		"of agent-sandbox, and the cluster's DNS now": {change: func(template *extensionsv1.SandboxTemplate, _ *corev1.PodSpec) {
			template.Spec.PodTemplate.Spec.DNSPolicy = corev1.DNSClusterFirst
		}},
		"of Namesake": {here: true},
	} {
		t.Run(name, func(t *testing.T) {
			template := resolving()
			member := rules.NewPoolSandbox(builder.MakePool("p").Template("t").Obj(), rules.NewTemplateSnapshot(template), "abcde")
			member.Labels[sandboxv1.LabelTemplateHash] = "3f0c9ad1"
			member.Spec.PodTemplate.Spec.DNSConfig = &corev1.PodDNSConfig{Nameservers: []string{"8.8.8.8", "1.1.1.1"}}
			if !tc.here {
				member.Spec.PodTemplate.Metadata.Labels = map[string]string{sandboxv1.LabelWarmPool: rules.Hash("p")}
			}
			if tc.change != nil {
				tc.change(template, &member.Spec.PodTemplate.Spec)
			}
			if got := rules.NewTemplateSnapshot(template).Matches(member); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestNoTemplateHasNoEdition(t *testing.T) {
	if got := rules.NewTemplateSnapshot(nil); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestEvictable(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	for name, tc := range map[string]struct {
		template *builder.TemplateWrapper
		want     string
	}{
		"a template that says nothing": {builder.MakeTemplate("t"), "true"},
		"one that says no":             {builder.MakeTemplate("t").PodAnnotation(sandboxv1.AnnotationSafeToEvict, "false"), ""},
		"one that says yes itself":     {builder.MakeTemplate("t").PodAnnotation(sandboxv1.AnnotationSafeToEvict, "true"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(tc.template.Obj()), "abcde")
			if got := rules.Evictable(sandbox).Annotations[sandboxv1.AnnotationSafeToEvict]; got != tc.want {
				t.Errorf("the Sandbox says %q, want %q", got, tc.want)
			}
			if got := sandbox.Annotations[sandboxv1.AnnotationSafeToEvict]; got != "" {
				t.Errorf("what was given was changed: %q", got)
			}
		})
	}
}
