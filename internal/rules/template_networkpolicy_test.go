package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// head is the beginning of every NetworkPolicy of template "tpl".
const head = `
metadata:
  namespace: ns
  name: tpl-network-policy
  labels: {agents.x-k8s.io/sandbox-template-ref-hash: 9d22159f}
  ownerReferences:
  - apiVersion: extensions.agents.x-k8s.io/v1beta1
    kind: SandboxTemplate
    name: tpl
    uid: sandboxtemplate-tpl-uid
    controller: true
    blockOwnerDeletion: true
  - apiVersion: v1
    kind: Namespace
    name: ns
    uid: ns-uid
spec:
  podSelector: {matchLabels: {agents.x-k8s.io/sandbox-template-ref-hash: 9d22159f}}
  policyTypes: [Ingress, Egress]
`

// ns is the namespace of that template.
var ns = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ns", UID: "ns-uid"}}

const publicEgress = `
  egress:
  - to:
    - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16]}
    - ipBlock: {cidr: "::/0", except: ["fc00::/7", "fe80::/10"]}
`

const fromDefaultRouter = `
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: agent-sandbox-system}}
      podSelector: {matchLabels: {app: sandbox-router}}
`

func policyOf(t *testing.T, text string) *networkingv1.NetworkPolicy {
	t.Helper()
	policy := &networkingv1.NetworkPolicy{}
	if err := yaml.UnmarshalStrict([]byte(text), policy); err != nil {
		t.Fatal(err)
	}
	return policy
}

func specOf(t *testing.T, text string) extensionsv1.NetworkPolicySpec {
	t.Helper()
	var spec extensionsv1.NetworkPolicySpec
	if err := yaml.UnmarshalStrict([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestNetworkPolicy(t *testing.T) {
	elder := builder.MakeTemplate("elder").Namespace("ns").Obj()
	own := func(text string) *builder.TemplateWrapper {
		return builder.MakeTemplate("tpl").NetworkPolicy(specOf(t, text))
	}
	for name, tc := range map[string]struct {
		template *builder.TemplateWrapper
		elder    *extensionsv1.SandboxTemplate
		network  rules.Network
		want     string
	}{
		"no rules of its own": {template: builder.MakeTemplate("tpl"), want: head + fromDefaultRouter + publicEgress},
		"Managed, in so many words": {
			template: builder.MakeTemplate("tpl").NetworkPolicyManagement(extensionsv1.NetworkPolicyManaged), want: head + fromDefaultRouter + publicEgress,
		},
		"a router elsewhere": {
			template: builder.MakeTemplate("tpl"),
			network: rules.Network{Router: rules.Router{
				Namespace: "default", Labels: map[string]string{"app.kubernetes.io/name": "sandbox-router", "tier": "edge"},
			}},
			want: head + publicEgress + `
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}
      podSelector: {matchLabels: {app.kubernetes.io/name: sandbox-router, tier: edge}}
`,
		},
		"nameservers in private networks": {
			template: builder.MakeTemplate("tpl"),
			network:  rules.Network{Nameservers: rules.Nameservers{"10.0.0.53", "9.9.9.9", "fd00::53"}},
			want: head + fromDefaultRouter + publicEgress + `
  - to: [{ipBlock: {cidr: 10.0.0.53/32}}, {ipBlock: {cidr: "fd00::53/128"}}]
    ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
`,
		},
		"public nameservers": {
			template: builder.MakeTemplate("tpl"),
			network:  rules.Network{Nameservers: rules.Nameservers{"2001:4860:4860::8888", "9.9.9.9"}},
			want:     head + fromDefaultRouter + publicEgress,
		},
		"private nameservers, and the template asks others": {
			template: builder.MakeTemplate("tpl").PodSpec(corev1.PodSpec{DNSConfig: &corev1.PodDNSConfig{Nameservers: []string{"9.9.9.9"}}}),
			network:  rules.Network{Nameservers: rules.Nameservers{"10.0.0.53"}},
			want:     head + fromDefaultRouter + publicEgress,
		},
		"private nameservers, under rules of its own": {
			template: own(`egress: [{}]`),
			network:  rules.Network{Nameservers: rules.Nameservers{"10.0.0.53"}},
			want:     head + "  egress: [{}]",
		},
		"rules of its own": {
			template: own(`
ingress:
- from: [{namespaceSelector: {}}, {podSelector: {matchLabels: {app: x}}}]
  ports: [{port: 80}, {port: web, protocol: TCP}, {port: 53, protocol: UDP}, {port: 8000, endPort: 9000}]
egress:
- {}
- ports: [{}]
`),
			want: head + `
  ingress:
  - from: [{namespaceSelector: {}}, {podSelector: {matchLabels: {app: x}}}]
    ports: [{port: 80, protocol: TCP}, {port: web, protocol: TCP}, {port: 53, protocol: UDP}, {port: 8000, endPort: 9000, protocol: TCP}]
  egress:
  - {}
  - ports: [{protocol: TCP}]
`,
		},
		"rules for one direction, and none for the other": {template: own(`egress: [{}]`), want: head + "  egress: [{}]"},
		"rules of its own that allow nothing":             {template: own(`{}`), want: head},
		"beside an elder of a name of the same hash":      {template: builder.MakeTemplate("tpl"), elder: elder, want: head},
		"rules of its own, beside such an elder":          {template: own(`egress: [{}]`), elder: elder, want: head},
	} {
		t.Run(name, func(t *testing.T) {
			network := tc.network
			if network.Router.Namespace == "" {
				network.Router = rules.DefaultRouter()
			}
			template := tc.template.Namespace("ns").Obj()
			before := template.DeepCopy()
			if diff := cmp.Diff(policyOf(t, tc.want), rules.NetworkPolicy(template, tc.elder, ns, network)); diff != "" {
				t.Errorf("NetworkPolicy (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, template); diff != "" {
				t.Errorf("the template was changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnmanagedHasNoNetworkPolicy(t *testing.T) {
	template := builder.MakeTemplate("tpl").NetworkPolicy(specOf(t, `egress: [{}]`)).NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj()
	for _, elder := range []*extensionsv1.SandboxTemplate{nil, builder.MakeTemplate("elder").Obj()} {
		if got := rules.NetworkPolicy(template, elder, ns, rules.DefaultNetwork()); got != nil {
			t.Errorf("got %v", got)
		}
	}
}

// The API server must judge only rules that a user wrote and that would be used.
func TestSampleNetworkPolicy(t *testing.T) {
	template := builder.MakeTemplate("tpl").Namespace("ns").NetworkPolicy(specOf(t, `egress: [{}]`))
	want := policyOf(t, head+"  egress: [{}]")
	want.Name, want.GenerateName, want.OwnerReferences = "", "sandbox-", nil
	if diff := cmp.Diff(want, rules.SampleNetworkPolicy(template.Obj())); diff != "" {
		t.Errorf("sample (-want +got):\n%s", diff)
	}
	for name, template := range map[string]*builder.TemplateWrapper{
		"the default rules": builder.MakeTemplate("tpl"),
		"Unmanaged":         template.NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged),
	} {
		if got := rules.SampleNetworkPolicy(template.Obj()); got != nil {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
