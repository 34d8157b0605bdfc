package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestBlueprint(t *testing.T) {
	public := &corev1.PodDNSConfig{Nameservers: []string{"8.8.8.8", "1.1.1.1"}}
	search := &corev1.PodDNSConfig{Searches: []string{"example.com"}, Options: []corev1.PodDNSConfigOption{{Name: "ndots"}}}
	searchInPublic := search.DeepCopy()
	searchInPublic.Nameservers = public.Nameservers
	own := &corev1.PodDNSConfig{Nameservers: []string{"9.9.9.9"}}
	type defaults struct {
		automount *bool
		policy    corev1.DNSPolicy
		config    *corev1.PodDNSConfig
	}
	for name, tc := range map[string]struct {
		says       defaults
		management extensionsv1.NetworkPolicyManagement
		rules      *extensionsv1.NetworkPolicySpec
		want       defaults
	}{
		"a template that says nothing":                           {want: defaults{new(false), corev1.DNSNone, public}},
		"Managed, in so many words":                              {management: "Managed", want: defaults{new(false), corev1.DNSNone, public}},
		"rules of its own":                                       {rules: &extensionsv1.NetworkPolicySpec{}, want: defaults{automount: new(false)}},
		"Unmanaged":                                              {management: "Unmanaged", want: defaults{automount: new(false)}},
		"Unmanaged, with rules that have no effect":              {management: "Unmanaged", rules: &extensionsv1.NetworkPolicySpec{}, want: defaults{automount: new(false)}},
		"a token that is asked for":                              {says: defaults{automount: new(true)}, want: defaults{new(true), corev1.DNSNone, public}},
		"a token that is refused":                                {says: defaults{automount: new(false)}, want: defaults{new(false), corev1.DNSNone, public}},
		"the cluster's DNS":                                      {says: defaults{policy: corev1.DNSClusterFirst}, want: defaults{new(false), corev1.DNSClusterFirst, nil}},
		"the cluster's DNS, and a nameserver besides":            {says: defaults{policy: corev1.DNSClusterFirst, config: own}, want: defaults{new(false), corev1.DNSClusterFirst, own}},
		"no DNS but its own":                                     {says: defaults{policy: corev1.DNSNone, config: own}, want: defaults{new(false), corev1.DNSNone, own}},
		"a nameserver, and no word on the cluster's":             {says: defaults{config: own}, want: defaults{new(false), corev1.DNSNone, own}},
		"search domains only":                                    {says: defaults{config: search}, want: defaults{new(false), corev1.DNSNone, searchInPublic}},
		"search domains only, under rules of its own":            {says: defaults{config: search}, rules: &extensionsv1.NetworkPolicySpec{}, want: defaults{new(false), "", search}},
		"a nameserver, where nobody looks after NetworkPolicies": {says: defaults{config: own}, management: "Unmanaged", want: defaults{new(false), "", own}},
	} {
		t.Run(name, func(t *testing.T) {
			template := builder.MakeTemplate("t").NetworkPolicyManagement(tc.management).Service(true).PodLabel("app", "x").VolumeClaimTemplate("data").Obj()
			template.Spec.NetworkPolicy = tc.rules
			spec := &template.Spec.PodTemplate.Spec
			spec.AutomountServiceAccountToken, spec.DNSPolicy, spec.DNSConfig = tc.says.automount, tc.says.policy, tc.says.config
			before := template.DeepCopy()

			got := rules.Blueprint(template)

			want := before.Spec.SandboxBlueprint.DeepCopy()
			wanted := &want.PodTemplate.Spec
			wanted.AutomountServiceAccountToken, wanted.DNSPolicy, wanted.DNSConfig = tc.want.automount, tc.want.policy, tc.want.config
			if diff := cmp.Diff(*want, got); diff != "" {
				t.Errorf("blueprint (-want +got):\n%s", diff)
			}
			change(&got)
			if diff := cmp.Diff(before, template); diff != "" {
				t.Errorf("the template was changed, or shares what it holds (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(*want, rules.Blueprint(template)); diff != "" {
				t.Errorf("asked again, after the first answer was changed (-want +got):\n%s", diff)
			}
		})
	}
}

// change changes what blueprint holds by reference.
func change(blueprint *sandboxv1.SandboxBlueprint) {
	blueprint.PodTemplate.Metadata.Labels["app"] = "changed"
	*blueprint.PodTemplate.Spec.AutomountServiceAccountToken = !*blueprint.PodTemplate.Spec.AutomountServiceAccountToken
	if config := blueprint.PodTemplate.Spec.DNSConfig; config != nil && len(config.Nameservers) > 0 {
		config.Nameservers[0] = "changed"
	}
}

// A Sandbox that someone creates without a template must stay as it is: its Pod has what its author wrote.
func TestBareSandboxHasNoSecureDefaults(t *testing.T) {
	sandbox := builder.MakeSandbox("a").Obj()
	if diff := cmp.Diff(sandbox.Spec.PodTemplate.Spec, rules.NewPod(sandbox).Spec); diff != "" {
		t.Errorf("spec of its Pod (-want +got):\n%s", diff)
	}
}

// The Pod with which the template's admission asks the API server must be the one that a Sandbox would get.
func TestSampleHasSecureDefaults(t *testing.T) {
	template := builder.MakeTemplate("t").Obj()
	if diff := cmp.Diff(rules.Blueprint(template).PodTemplate.Spec, rules.NewPod(rules.SampleSandbox(template)).Spec); diff != "" {
		t.Errorf("spec of the sample (-want +got):\n%s", diff)
	}
}
