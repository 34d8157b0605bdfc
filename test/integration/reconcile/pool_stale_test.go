package reconcile

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

const (
	recreate    = extensionsv1.UpdateStrategyRecreate
	onReplenish = extensionsv1.UpdateStrategyOnReplenish
)

// rich is a container in which the API server fills in omitted fields.
var rich = corev1.Container{
	Name: "main", Image: "python:3.13-slim",
	Ports:     []corev1.ContainerPort{{ContainerPort: 80}},
	Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}},
	ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
		GRPC: &corev1.GRPCAction{Port: 80},
	}},
	LivenessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Port: intstr.FromInt32(80)}}},
}

// The API server fills in fields of a stored template and of what is made from it. The comparison of both ignores these
// fields.
func TestStaleness(t *testing.T) {
	spec := func(change func(*corev1.PodSpec)) func(*extensionsv1.SandboxTemplate) {
		return func(template *extensionsv1.SandboxTemplate) { change(&template.Spec.PodTemplate.Spec) }
	}
	main := func(change func(*corev1.Container)) func(*extensionsv1.SandboxTemplate) {
		return spec(func(s *corev1.PodSpec) { change(&s.Containers[0]) })
	}
	for name, tc := range map[string]struct {
		change func(*extensionsv1.SandboxTemplate)
		stale  bool
	}{
		"labels of Pods": {func(t *extensionsv1.SandboxTemplate) {
			t.Spec.PodTemplate.Metadata.Labels = map[string]string{"a": "b"}
		}, false},
		"annotations of the template":     {func(t *extensionsv1.SandboxTemplate) { t.Annotations = map[string]string{"a": "b"} }, false},
		"a protocol, as it is by default": {main(func(c *corev1.Container) { c.Ports[0].Protocol = corev1.ProtocolTCP }), false},
		"another protocol":                {main(func(c *corev1.Container) { c.Ports[0].Protocol = corev1.ProtocolUDP }), true},
		"the CPU in other words":          {main(func(c *corev1.Container) { c.Resources.Requests["cpu"] = resource.MustParse("1000m") }), false},
		"another image":                   {main(func(c *corev1.Container) { c.Image = "python:3.14-slim" }), true},
		"the token, as it is by default":  {spec(func(s *corev1.PodSpec) { s.AutomountServiceAccountToken = new(false) }), false},
		"the cluster's DNS":               {spec(func(s *corev1.PodSpec) { s.DNSPolicy = corev1.DNSClusterFirst }), true},
		"the NetworkPolicy of somebody else": {func(t *extensionsv1.SandboxTemplate) {
			t.Spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyUnmanaged
		}, true},
		"a Service": {func(t *extensionsv1.SandboxTemplate) { t.Spec.Service = new(true) }, true},
		"a volume's size, in other words": {func(t *extensionsv1.SandboxTemplate) {
			t.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests["storage"] = resource.MustParse("1024Mi")
		}, false},
		"a volume's size": {func(t *extensionsv1.SandboxTemplate) {
			t.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests["storage"] = resource.MustParse("2Gi")
		}, true},
		"what claims may bring along": {func(t *extensionsv1.SandboxTemplate) {
			t.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionAllowed
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPoolStory(t, 1, recreate)
			s.edit(t, func(template *extensionsv1.SandboxTemplate) {
				template.Spec.PodTemplate.Spec.Containers = []corev1.Container{*rich.DeepCopy()}
				template.Spec.VolumeClaimTemplates = builder.MakeTemplate("t").VolumeClaimTemplate("data").Obj().Spec.VolumeClaimTemplates
			})
			s.step(t)
			before := s.members(t)
			s.ready(t, before...)
			s.edit(t, tc.change)
			s.step(t)
			s.step(t)
			after := s.members(t)
			if len(after) != 1 {
				t.Fatalf("the pool has %d members", len(after))
			}
			if stale := after[0].UID != before[0].UID; stale != tc.stale {
				t.Errorf("replaced: %t", stale)
			}
			template := suite.Get[extensionsv1.SandboxTemplate](t, s.Namespace, "python")
			if !rules.NewTemplateSnapshot(template).Matches(after[0]) {
				t.Error("the template does not make what it has just made")
			}
		})
	}
}

// mountTokens creates an admission policy of the cluster's own that changes every new Sandbox in the namespace, and returns
// when the API server enforces it.
func mountTokens(t *testing.T, n *suite.Namespace) {
	t.Helper()
	rule := admissionv1.Rule{APIGroups: []string{sandboxv1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"sandboxes"}}
	changeNew(t, n, rule, `Object{spec: Object.spec{podTemplate: Object.spec.podTemplate{spec: Object.spec.podTemplate.spec{automountServiceAccountToken: true}}}}`,
		func(ctx context.Context) (bool, error) {
			probe := builder.MakeSandbox("probe").Namespace(n.Name).Obj()
			err := n.Editor.Create(ctx, probe, client.DryRunAll)
			return ptr.Deref(probe.Spec.PodTemplate.Spec.AutomountServiceAccountToken, false), err
		})
}

// changeNew creates an admission policy of the cluster's own that changes new objects in the namespace by an expression, and returns
// when acts says that the API server enforces it.
func changeNew(t *testing.T, n *suite.Namespace, rule admissionv1.Rule, expression string, acts func(context.Context) (bool, error)) {
	t.Helper()
	policy := &admissionv1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name},
		Spec: admissionv1.MutatingAdmissionPolicySpec{
			ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule:       rule,
			}}}},
			Mutations: []admissionv1.Mutation{{
				PatchType:          admissionv1.PatchTypeApplyConfiguration,
				ApplyConfiguration: &admissionv1.ApplyConfiguration{Expression: expression},
			}},
		},
	}
	binding := &admissionv1.MutatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name},
		Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{
			PolicyName: n.Name,
			MatchResources: &admissionv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}},
			},
		},
	}
	for _, obj := range []client.Object{policy, binding} {
		if err := n.Admin.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := n.Admin.Delete(context.WithoutCancel(t.Context()), obj); err != nil {
				t.Error(err)
			}
		})
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, acts); err != nil {
		t.Fatalf("the policy does not come to act: %v", err)
	}
}

// Without an update strategy a pool keeps what it has, and claims get current Sandboxes first.
func TestOnReplenish(t *testing.T) {
	s := newPoolStory(t, 1, onReplenish)
	s.step(t)
	old := s.members(t)
	s.ready(t, old...)
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Image = "python:3.14-slim"
	})
	s.step(t)
	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.Replicas = new(int32(2)) })
	s.step(t)
	members := s.members(t)
	if len(members) != 2 {
		t.Fatalf("the pool has %d members, want 2", len(members))
	}
	s.ready(t, members...)
	s.Settle(t)
	s.AwaitOffer(t, s.pool, true)
	for _, want := range []string{"python:3.14-slim", builder.DefaultImage} {
		claim := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("").GenerateName("mine-").Pool("test-pool").Obj())
		s.Step(t, claim)
		sandbox := suite.Get[sandboxv1.Sandbox](t, s.Namespace, rules.Binding(claim))
		if got := sandbox.Spec.PodTemplate.Spec.Containers[0].Image; got != want {
			t.Errorf("the claim got %s, want %s", got, want)
		}
	}
}

// The pool changes to another template of the same content. Its existing Sandboxes are of the first template.
func TestAnotherTemplate(t *testing.T) {
	s := newPoolStory(t, 1, recreate)
	s.step(t)
	before := s.members(t)
	s.ready(t, before...)
	suite.Create(t, s.Namespace, s.Editor, builder.MakeTemplate("other").Obj())
	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.SandboxTemplateRef.Name = "other" })
	s.step(t)
	s.step(t)
	after := s.members(t)
	if cmp.Equal(names(before), names(after)) || len(after) != 1 {
		t.Errorf("the pool has %v, which it had before: %v", names(after), names(before))
	}
	if got := after[0].Annotations[sandboxv1.AnnotationTemplateRef]; got != "other" {
		t.Errorf("it is of template %q", got)
	}
}
