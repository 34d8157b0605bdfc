package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// secured holds the settings of a Pod that the secure defaults of a template decide.
type secured struct {
	automount bool
	policy    corev1.DNSPolicy
	config    *corev1.PodDNSConfig
}

func securityOf(pod *corev1.Pod) secured {
	automount := pod.Spec.AutomountServiceAccountToken
	return secured{automount: automount == nil || *automount, policy: pod.Spec.DNSPolicy, config: pod.Spec.DNSConfig}
}

// The Pods of a pool and of a cold claim have the secure defaults, as the API server stores template, Sandbox and Pod. The Pod
// of a Sandbox without a template has Kubernetes' own defaults.
func TestSecureDefaultsReachThePods(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	if stored := suite.Get[extensionsv1.SandboxTemplate](t, n, "python").Spec.PodTemplate.Spec; stored.DNSPolicy != "" {
		t.Errorf("a template that says nothing of DNS is stored with dnsPolicy %q", stored.DNSPolicy)
	}
	n.Step(t, pool)
	warm := poolMembers(t, n, pool)[0]
	own := builder.MakeTemplate("own").NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj()
	suite.Create(t, n, n.Editor, own)
	for _, template := range []string{"python", "own"} {
		claim := suite.Create(t, n, n.Editor, builder.MakeClaim("cold-"+template).Template(template).Obj())
		n.Step(t, claim)
	}
	suite.Create(t, n, n.Editor, builder.MakeSandbox("bare").Obj())

	public := secured{policy: corev1.DNSNone, config: &corev1.PodDNSConfig{Nameservers: []string{"8.8.8.8", "1.1.1.1"}}}
	for name, want := range map[string]secured{
		warm.Name:     public,
		"cold-python": public,
		"cold-own":    {policy: corev1.DNSClusterFirst},
		"bare":        {automount: true, policy: corev1.DNSClusterFirst},
	} {
		n.Step(t, suite.Get[sandboxv1.Sandbox](t, n, name))
		if diff := cmp.Diff(want, securityOf(suite.Get[corev1.Pod](t, n, name)), cmp.AllowUnexported(secured{})); diff != "" {
			t.Errorf("Pod %s (-want +got):\n%s", name, diff)
		}
	}
}
