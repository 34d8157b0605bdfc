package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestParseNameservers(t *testing.T) {
	for text, tc := range map[string]struct {
		want  rules.Nameservers
		wrong []string
	}{
		"8.8.8.8,1.1.1.1": {want: rules.DefaultNameservers()},
		"10.96.0.10":      {want: rules.Nameservers{"10.96.0.10"}},
		"2001:4860:4860:0::8888, 2001:4860:4860::8844": {want: rules.Nameservers{"2001:4860:4860::8888", "2001:4860:4860::8844"}},
		"9.9.9.9,fd00::53,169.254.20.10":               {want: rules.Nameservers{"9.9.9.9", "fd00::53", "169.254.20.10"}},
		"":                                             {wrong: []string{`found "", must be an IP address`}},
		"9.9.9.9,":                                     {wrong: []string{`found "", must be an IP address`}},
		"dns.google":                                   {wrong: []string{`found "dns.google", must be an IP address`}},
		"9.9.9.9:53":                                   {wrong: []string{`found "9.9.9.9:53", must be an IP address`}},
		"010.0.0.1":                                    {wrong: []string{`found "010.0.0.1", must be an IP address`}},
		"fe80::1%eth0":                                 {wrong: []string{`found "fe80::1%eth0", must be an IP address`}},
		"::ffff:9.9.9.9":                               {wrong: []string{`must be the IPv4 address itself: 9.9.9.9`}},
		"0.0.0.0,127.0.0.53,ff02::fb":                  {wrong: []string{`"0.0.0.0"`, `"127.0.0.53"`, `"ff02::fb"`}},
		"fd00::53,fd00:0::53":                          {wrong: []string{`found "fd00:0::53" twice`}},
		"1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4":              {wrong: []string{"found 4 addresses, must be at most 3"}},
	} {
		t.Run(text, func(t *testing.T) {
			got, err := rules.ParseNameservers(text)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("nameservers (-want +got):\n%s", diff)
			}
			if (err != nil) != (tc.wrong != nil) {
				t.Fatalf("error %v", err)
			}
			for _, wrong := range tc.wrong {
				if !strings.Contains(err.Error(), wrong) {
					t.Errorf("error %q does not say %q", err, wrong)
				}
			}
		})
	}
}

// private are an operator's nameservers.
var private = rules.Nameservers{"10.0.0.53", "fd00::53"}

// A template whose Pods ask its own nameservers, or the cluster's, is not the operator's to decide.
func TestNameserversOfNewSandboxes(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*extensionsv1.SandboxTemplate)
		want   []string
	}{
		"a template that says nothing": {want: private},
		"search domains only": {change: func(t *extensionsv1.SandboxTemplate) {
			t.Spec.PodTemplate.Spec.DNSConfig = &corev1.PodDNSConfig{Searches: []string{"example.com"}}
		}, want: private},
		"a nameserver": {change: func(t *extensionsv1.SandboxTemplate) {
			t.Spec.PodTemplate.Spec.DNSConfig = &corev1.PodDNSConfig{Nameservers: []string{"9.9.9.9"}}
		}, want: []string{"9.9.9.9"}},
		"the cluster's DNS": {change: func(t *extensionsv1.SandboxTemplate) { t.Spec.PodTemplate.Spec.DNSPolicy = corev1.DNSClusterFirst }},
		"rules of its own":  {change: func(t *extensionsv1.SandboxTemplate) { t.Spec.NetworkPolicy = &extensionsv1.NetworkPolicySpec{} }},
		"Unmanaged": {change: func(t *extensionsv1.SandboxTemplate) {
			t.Spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyUnmanaged
		}},
	} {
		t.Run(name, func(t *testing.T) {
			template := builder.MakeTemplate("t").Obj()
			if tc.change != nil {
				tc.change(template)
			}
			cold, problem := rules.NewClaimSandbox(builder.MakeClaim("c").Template("t").BoundTo("c").Obj(), template, rules.DefaultLabelDomains)
			if problem != nil {
				t.Fatal(problem)
			}
			for kind, made := range map[string]struct{ usual, served *sandboxv1.Sandbox }{
				"warm": {
					rules.NewPoolSandbox(builder.MakePool("p").Obj(), rules.NewTemplateSnapshot(template), "abcde"),
					rules.NewPoolSandbox(builder.MakePool("p").Obj(), rules.NewTemplateSnapshot(template, private...), "abcde"),
				},
				"cold": {cold, private.Serve(cold, template)},
			} {
				want := made.usual.DeepCopy()
				if config := want.Spec.PodTemplate.Spec.DNSConfig; config != nil {
					config.Nameservers = tc.want
				}
				if diff := cmp.Diff(want, made.served); diff != "" {
					t.Errorf("a %s Sandbox (-want +got):\n%s", kind, diff)
				}
			}
		})
	}
}

// What is given to Serve is in caches, and may be in use.
func TestServeChangesNothing(t *testing.T) {
	template := builder.MakeTemplate("t").Obj()
	sandbox := rules.SampleSandbox(template)
	before := sandbox.DeepCopy()
	served := private.Serve(sandbox, template)
	served.Spec.PodTemplate.Spec.DNSConfig.Nameservers[0] = "changed"
	if diff := cmp.Diff(before, sandbox); diff != "" {
		t.Errorf("the Sandbox was changed (-want +got):\n%s", diff)
	}
	if private[0] != "10.0.0.53" {
		t.Error("the operator's nameservers were changed")
	}
}

// While managers with different nameservers run, each takes what the other makes for current: else they would replace each
// other's Sandboxes for as long as both run. So does a manager that was restarted with others.
func TestNameserversDoNotReplaceMembers(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	image := func(t *extensionsv1.SandboxTemplate) { t.Spec.PodTemplate.Spec.Containers[0].Image = "another" }
	label := func(t *extensionsv1.SandboxTemplate) {
		t.Spec.PodTemplate.Metadata.Labels = map[string]string{"app": "x"}
	}
	named := func(t *extensionsv1.SandboxTemplate) {
		t.Spec.PodTemplate.Spec.DNSConfig = &corev1.PodDNSConfig{Nameservers: []string{"9.9.9.9"}}
	}
	for name, tc := range map[string]struct {
		by, now       rules.Nameservers
		before, after func(*extensionsv1.SandboxTemplate)
		want          bool
	}{
		"the same":                                 {by: private, now: private, want: true},
		"made by the usual ones":                   {now: private, want: true},
		"made by others":                           {by: private, now: rules.Nameservers{"10.0.0.54"}, want: true},
		"made by others, by the manager of old":    {by: private, want: true},
		"and another label since":                  {by: private, now: private, after: label, want: true},
		"made by the usual ones, another label":    {now: private, after: label, want: true},
		"and another image since":                  {by: private, now: private, after: image},
		"the template names one since":             {by: private, now: private, after: named},
		"the template has named one until now":     {by: private, now: private, before: named},
		"the template names one, as it always has": {by: private, now: rules.Nameservers{"10.0.0.54"}, before: named, after: named, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := builder.MakeTemplate("t").Obj(), builder.MakeTemplate("t").Obj()
			if tc.before != nil {
				tc.before(before)
			}
			if tc.after != nil {
				tc.after(after)
			}
			member := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(before, tc.by...), "abcde")
			if got := rules.NewTemplateSnapshot(after, tc.now...).Matches(member); got != tc.want {
				t.Errorf("it counts as current: %t", got)
			}
		})
	}
}

// A snapshot remembers what it compared. Members of one hash may differ in their nameservers.
func TestMembersOfOneHashAreComparedByTheirNameservers(t *testing.T) {
	pool, before, after := builder.MakePool("p").Template("t").Obj(), builder.MakeTemplate("t").Obj(), builder.MakeTemplate("t").PodLabel("app", "x").Obj()
	edition := rules.NewTemplateSnapshot(after, private...)
	for _, tc := range []struct {
		by   rules.Nameservers
		want bool
	}{{rules.Nameservers{"10.0.0.54"}, false}, {private, true}, {nil, true}, {rules.Nameservers{"10.0.0.54"}, false}} {
		member := rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(before, tc.by...), "abcde")
		if got := edition.Matches(member); got != tc.want {
			t.Errorf("with %v it counts as current: %t", tc.by, got)
		}
	}
}
