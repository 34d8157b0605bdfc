package refusals

import (
	"encoding/json"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// situations make the objects that a write meets, by the names that entries give them. They make them as users and the manager do, by
// writes that are allowed with webhooks and without. testdata/cases/README.md says what is in each.
var situations = map[string]func(*testing.T, *stage){
	"own": func(t *testing.T, s *stage) { t.Helper(); s.pod(t, s.sandbox(t, builder.MakeSandbox("own"))) },
	"new": func(t *testing.T, s *stage) { t.Helper(); s.sandbox(t, builder.MakeSandbox("new")) },
	"shared": func(t *testing.T, s *stage) {
		t.Helper()
		s.sandbox(t, builder.MakeSandbox("shared").VolumeClaimTemplate("data-two"))
	},
	"warm":    func(t *testing.T, s *stage) { t.Helper(); s.pod(t, s.member(t, "aaaaa")) },
	"sized":   sized,
	"fresh":   func(t *testing.T, s *stage) { t.Helper(); s.member(t, "bbbbb") },
	"claimed": claimed,
	"bound": func(t *testing.T, s *stage) {
		t.Helper()
		s.bind(t, s.claim(t, builder.MakeClaim("ben")), s.member(t, "ddddd").Name)
	},
	"waiting": func(t *testing.T, s *stage) { t.Helper(); s.claim(t, builder.MakeClaim("bob")) },
	"cold":    func(t *testing.T, s *stage) { t.Helper(); s.bind(t, s.claim(t, builder.MakeClaim("carl")), "carl") },
	"lost": func(t *testing.T, s *stage) {
		t.Helper()
		s.bind(t, s.claim(t, builder.MakeClaim("dan")), poolName+"-zzzzz")
	},
	"recorded":  recorded,
	"expired":   expired,
	"leaving":   leaving,
	"ending":    ending,
	"heir":      heir,
	"workspace": workspace,
	"plain":     func(t *testing.T, s *stage) { t.Helper(); s.podOfNobody(t, "plain", s.Admin) },
	"stray":     stray,
	"straggler": straggler,
	"orphan":    orphan,
	"spare":     spare,
	"strict":    strict,
	"lenient":   lenient,
	"served":    served,
	"collision": collision,
}

// sandbox creates a Sandbox of nobody, as the editor.
func (s *stage) sandbox(t *testing.T, w *builder.SandboxWrapper) *sandboxv1.Sandbox {
	t.Helper()
	sandbox := suite.Create(t, s.Namespace, s.Editor, w.Obj())
	s.know("Sandbox", sandbox)
	return sandbox
}

// member creates a Sandbox in the pool, as the manager.
func (s *stage) member(t *testing.T, suffix string) *sandboxv1.Sandbox {
	t.Helper()
	sandbox := s.Member(t, s.pool, suffix)
	s.know("Sandbox", sandbox)
	return sandbox
}

// pod creates the Pod of a Sandbox, as the manager.
func (s *stage) pod(t *testing.T, sandbox *sandboxv1.Sandbox) *corev1.Pod {
	t.Helper()
	pod := suite.Create(t, s.Namespace, s.Controller, rules.NewPod(sandbox))
	s.know("Pod", pod)
	return pod
}

// podOfNobody creates a Pod as somebody's.
func (s *stage) podOfNobody(t *testing.T, name string, by client.Client) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "python:3.13-slim"}}},
	}
	suite.Create(t, s.Namespace, by, pod)
	s.know("Pod", pod)
	return pod
}

// claim creates a claim of the pool, as the editor. Nothing binds it.
func (s *stage) claim(t *testing.T, w *builder.ClaimWrapper) *extensionsv1.SandboxClaim {
	t.Helper()
	claim := suite.Create(t, s.Namespace, s.Editor, w.Pool(poolName).Obj())
	s.know("SandboxClaim", claim)
	return claim
}

// patch changes an object as the manager, and updates obj to match.
func (s *stage) patch(t *testing.T, obj client.Object, change func()) {
	t.Helper()
	base := obj.DeepCopyObject().(client.Object)
	change()
	if err := s.Controller.Patch(t.Context(), obj, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

// bind writes the binding of a claim, as the manager.
func (s *stage) bind(t *testing.T, claim *extensionsv1.SandboxClaim, sandbox string) {
	t.Helper()
	s.patch(t, claim, func() { metav1.SetMetaDataAnnotation(&claim.ObjectMeta, sandboxv1.AnnotationBinding, sandbox) })
}

// adopt makes a claim that is bound to sandbox its controller, as the manager.
func (s *stage) adopt(t *testing.T, claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) {
	t.Helper()
	ops, problem := rules.AdoptionPatch(sandbox, claim, rules.Origin{Pool: s.pool}, rules.DefaultLabelDomains)
	if problem != nil {
		t.Fatal(problem)
	}
	patch, err := json.Marshal(ops)
	if err == nil {
		err = s.Controller.Patch(t.Context(), sandbox, client.RawPatch(types.JSONPatchType, patch))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// record writes the Sandbox of a claim into its status, as the manager.
func (s *stage) record(t *testing.T, claim *extensionsv1.SandboxClaim, sandbox string, conditions ...metav1.Condition) {
	t.Helper()
	base := claim.DeepCopy()
	claim.Status.Sandbox.Name, claim.Status.Conditions = sandbox, conditions
	if err := s.Controller.Status().Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

func claimed(t *testing.T, s *stage) {
	t.Helper()
	sandbox, claim := s.member(t, "ccccc"), s.claim(t, builder.MakeClaim("ann"))
	pod := s.pod(t, sandbox)
	s.bind(t, claim, sandbox.Name)
	s.adopt(t, claim, sandbox)
	s.record(t, claim, sandbox.Name)
	s.patch(t, pod, func() { pod.Labels, pod.Annotations = rules.PodMetadata(sandbox, pod) })
}

func sized(t *testing.T, s *stage) {
	t.Helper()
	pod := rules.NewPod(s.member(t, "iiiii"))
	pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m")}
	suite.Create(t, s.Namespace, s.Controller, pod)
}

func recorded(t *testing.T, s *stage) {
	t.Helper()
	claim := s.claim(t, builder.MakeClaim("rita"))
	s.bind(t, claim, poolName+"-yyyyy")
	s.record(t, claim, poolName+"-yyyyy")
}

func expired(t *testing.T, s *stage) {
	t.Helper()
	past := metav1.NewTime(builder.Epoch.Add(-time.Hour))
	end := extensionsv1.Lifecycle{ShutdownTime: &past, ShutdownPolicy: extensionsv1.ShutdownPolicyRetain}
	claim := s.claim(t, builder.MakeClaim("eve").Lifecycle(end))
	s.bind(t, claim, "eve")
	s.record(t, claim, "eve", metav1.Condition{
		Type: "Ready", Status: metav1.ConditionFalse, Reason: extensionsv1.ReasonClaimExpired, LastTransitionTime: metav1.NewTime(builder.Epoch),
	})
}

func leaving(t *testing.T, s *stage) {
	t.Helper()
	sandbox := s.member(t, "fffff")
	s.bind(t, s.claim(t, builder.MakeClaim("fay")), sandbox.Name)
	s.deleteLater(t, sandbox)
}

func ending(t *testing.T, s *stage) {
	t.Helper()
	claim := s.claim(t, builder.MakeClaim("gus"))
	s.bind(t, claim, s.member(t, "ggggg").Name)
	s.deleteLater(t, claim)
}

// deleteLater deletes an object that somebody's finalizer keeps.
func (s *stage) deleteLater(t *testing.T, obj client.Object) {
	t.Helper()
	keep := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":["example.com/keep"]}}`))
	if err := s.Admin.Patch(t.Context(), obj, keep); err != nil {
		t.Fatal(err)
	}
	s.Delete(t, s.Admin, obj)
}

func heir(t *testing.T, s *stage) {
	t.Helper()
	sandbox := s.sandbox(t, builder.MakeSandbox("heir"))
	s.patch(t, sandbox, func() { metav1.SetMetaDataAnnotation(&sandbox.ObjectMeta, sandboxv1.AnnotationPodName, "pods-x7f2k") })
}

func workspace(t *testing.T, s *stage) {
	t.Helper()
	sandbox := builder.MakeSandbox("led").Obj()
	sandbox.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "example.com/v1", Kind: "Workspace", Name: "a", UID: "11111111-2222-3333-4444-555555555555", Controller: new(true),
	}}
	suite.Create(t, s.Namespace, s.Editor, sandbox)
	s.know("Sandbox", sandbox)
}

func stray(t *testing.T, s *stage) {
	t.Helper()
	s.sandbox(t, builder.MakeSandbox("stray"))
	s.podOfNobody(t, "stray", s.Editor)
}

func straggler(t *testing.T, s *stage) {
	t.Helper()
	s.podOfNobody(t, s.member(t, "hhhhh").Name, s.Editor)
}

func orphan(t *testing.T, s *stage) {
	t.Helper()
	pod := s.pod(t, s.sandbox(t, builder.MakeSandbox("orphan")))
	none := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"ownerReferences":null}}`))
	if err := s.Collector.Patch(t.Context(), pod, none); err != nil {
		t.Fatal(err)
	}
}

func spare(t *testing.T, s *stage) {
	t.Helper()
	s.template(t, builder.MakeTemplate("spare").Obj())
	suite.Create(t, s.Namespace, s.Editor, builder.MakePool("spare").Template("spare").Obj())
}

// template creates a template, as the editor.
func (s *stage) template(t *testing.T, template *extensionsv1.SandboxTemplate) {
	t.Helper()
	suite.Create(t, s.Namespace, s.Editor, template)
}

func strict(t *testing.T, s *stage) {
	t.Helper()
	template := builder.MakeTemplate("strict").Obj()
	template.Spec.PodTemplate.Metadata.Labels = map[string]string{"sandbox.users.io/team": "red"}
	template.Spec.PodTemplate.Metadata.Annotations = map[string]string{"note": "theirs"}
	s.template(t, template)
}

func lenient(t *testing.T, s *stage) {
	t.Helper()
	template := builder.MakeTemplate("lenient").Obj()
	template.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionAllowed
	template.Spec.VolumeClaimTemplatesPolicy = extensionsv1.VolumeClaimTemplatesAllowed
	template.Spec.VolumeClaimTemplates = builder.MakeSandbox("s").VolumeClaimTemplate("data").Obj().Spec.VolumeClaimTemplates
	containers := template.Spec.PodTemplate.Spec.Containers
	containers[0].Env = []corev1.EnvVar{{Name: "HOME", Value: "/"}}
	settings := &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "settings"}}
	containers = append(containers, corev1.Container{
		Name: "side", Image: "python:3.13-slim", EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: settings}},
	})
	template.Spec.PodTemplate.Spec.Containers = containers
	s.template(t, template)
}

func served(t *testing.T, s *stage) {
	t.Helper()
	template := builder.MakeTemplate("served").Obj()
	template.Spec.Service = new(true)
	s.template(t, template)
}

func collision(t *testing.T, s *stage) {
	t.Helper()
	first, _ := builder.CollidingNames()
	s.template(t, builder.MakeTemplate(first).Obj())
}
