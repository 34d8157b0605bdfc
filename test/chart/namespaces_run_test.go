package chart

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/rights"
)

// Two installations, of different namespaces, run in one cluster, each with the rights that the chart gives it. In its namespaces
// each serves claims and refuses what it has to. Nobody touches or refuses anything elsewhere, and the API server refuses no manager
// anything. The second one has no right on nodes, and looks at none.
func TestManagersOfSomeNamespaces(t *testing.T) {
	record := t.TempDir() // From the beginning: the API server is this test's own.
	own := &envtest.Environment{}
	audit(t, own, record, "first", "second")
	cluster := newInstallationIn(t, own)
	c := cluster.typed(t)
	cluster.createNamespaces(t, "first", "second", "team-a", "team-b", "team-c", "elsewhere")
	const cordoned = "cordoned"
	for _, node := range []*builder.NodeWrapper{builder.MakeNode(builder.DefaultNode), builder.MakeNode(cordoned).Unschedulable()} {
		if err := c.Create(t.Context(), node.UID("").Obj()); err != nil {
			t.Fatal(err)
		}
	}
	program := build(t)
	logs := map[string]string{
		"first":  cluster.runManager(t, program, "first", []string{"team-a", "team-b"}),
		"second": cluster.runManager(t, program, "second", []string{"team-c"}, "crds.enabled=false", "controller.watchNodes=false"),
	}
	for home, may := range map[string]bool{"first": true, "second": false} {
		if got := mayListNodes(t, c, home); got != may {
			t.Errorf("the manager in %s may list nodes: %t", home, got)
		}
	}

	bare := prepare(t, c, "elsewhere")
	for namespace, node := range map[string]string{"team-a": builder.DefaultNode, "team-b": builder.DefaultNode, "team-c": cordoned} {
		prepare(t, c, namespace)
		warm := ready(t, c, namespace, node)
		claimIt(t, c, namespace, warm)
		for name, labels := range map[string]map[string]string{"one": nil, "as the probe's": {"agents.x-k8s.io/admission-probe": ""}} {
			if err := c.Create(t.Context(), misnamed(namespace, labels)); !apierrors.IsInvalid(err) {
				t.Errorf("%s: %s whose Pod would bear another name: %v, want Invalid", namespace, name, err)
			}
		}
	}

	untouched(t, c, bare)
	if err := c.Create(t.Context(), misnamed("elsewhere", nil)); err != nil {
		t.Errorf("elsewhere somebody refuses what nobody serves: %v", err)
	}
	rights.CheckRecord(t, record, time.Time{})
	for _, namespace := range []string{"elsewhere", "default"} {
		if calls, err := rights.CallsIn(record, namespace, time.Time{}); err != nil || len(calls) > 0 {
			t.Errorf("in namespace %s a manager asked for %v: %v", namespace, calls, err)
		}
	}
	for home, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "forbidden") || strings.Contains(string(text), "unknown namespace") {
			t.Errorf("the log of the manager in %s speaks of what it may not do", home)
		}
	}
}

// A policy of the cluster about Sandboxes refuses what a manager asks for to learn whether admission answers. The manager is ready all
// the same.
func TestAManagerUnderAPolicy(t *testing.T) {
	cluster := newInstallation(t)
	c := cluster.typed(t)
	cluster.createNamespaces(t, "home", "team-a")
	manager := cluster.install(t, build(t), "home", []string{"team-a"})
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "images"},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create},
					Rule: admissionv1.Rule{
						APIGroups: []string{sandboxv1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"sandboxes"},
					},
				},
			}}},
			Validations: []admissionv1.Validation{{Expression: "object.spec.podTemplate.spec.containers.all(c, c.image.contains('/'))"}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "images"},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: "images", ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}
	for _, object := range []client.Object{policy, binding} {
		if err := c.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	refused := builder.MakeSandbox("refused").Namespace("home").UID("").Obj()
	refused.Spec.PodTemplate.Spec.Containers[0].Image = "none"
	await(t, "the policy refuses", func(ctx context.Context) (bool, error) {
		err := c.Create(ctx, refused.DeepCopy(), client.DryRunAll)
		return err != nil && strings.Contains(err.Error(), "ValidatingAdmissionPolicy 'images'"), nil
	})
	manager.start(t)
}

// A manager without webhooks is ready when the policies refuse what it asks for. It binds claims, and the policies refuse what they have to.
func TestAManagerWithoutWebhooks(t *testing.T) {
	cluster := newInstallation(t)
	c := cluster.typed(t)
	cluster.createNamespaces(t, "home", "team-a")
	if err := c.Create(t.Context(), builder.MakeNode(builder.DefaultNode).UID("").Obj()); err != nil {
		t.Fatal(err)
	}
	manager := cluster.install(t, build(t), "home", []string{"team-a"}, "webhooks.enabled=false")
	manager.command = append(manager.command, "--webhooks=false")
	manager.start(t)
	prepare(t, c, "team-a")
	claimIt(t, c, "team-a", ready(t, c, "team-a", builder.DefaultNode))
	for _, object := range []client.Object{
		misnamed("team-a", nil), builder.MakeClaim("made-up").Namespace("team-a").UID("").Pool("python").BoundTo("bare").Obj(),
	} {
		if err := c.Create(t.Context(), object); err == nil || !strings.Contains(err.Error(), "namesake-home.agents.x-k8s.io' denied request") {
			t.Errorf("%T %q: %v, want a policy's refusal", object, object.GetName(), err)
		}
	}
}

// Whoever administrates one of the namespaces takes the managers' rights there away. A manager that starts then serves the others,
// says so, and refuses in that one what it cannot look at.
func TestANamespaceWithoutRights(t *testing.T) {
	cluster := newInstallation(t)
	c := cluster.typed(t)
	cluster.createNamespaces(t, "home", "team-a", "team-b")
	if err := c.Create(t.Context(), builder.MakeNode(builder.DefaultNode).UID("").Obj()); err != nil {
		t.Fatal(err)
	}
	manager := cluster.install(t, build(t), "home", []string{"team-a", "team-b"})
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "team-b", Name: "namesake-home"}}
	if err := c.Delete(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	log := manager.start(t)

	prepare(t, c, "team-a")
	claimIt(t, c, "team-a", ready(t, c, "team-a", builder.DefaultNode))
	sandbox := builder.MakeSandbox("bare").Namespace("team-b").UID("").Obj()
	if err := c.Create(t.Context(), sandbox); err != nil {
		t.Fatalf("a Sandbox that needs no look at anything else: %v", err)
	}
	const why = `namespace "team-b" is not served`
	for _, create := range []struct {
		object client.Object
		refuse string
	}{
		{builder.MakePod("another").Namespace("team-b").UID("").ControlledBy(sandbox).Obj(), `use "bare"`},
		{builder.MakePod("bare").Namespace("team-b").UID("").ControlledBy(sandbox).Obj(), why},
		{builder.MakeTemplate("python").Namespace("team-b").UID("").Obj(), why},
		{builder.MakePool("python").Namespace("team-b").UID("").Template("python").Obj(), why},
		{builder.MakeClaim("agent").Namespace("team-b").UID("").Pool("python").Obj(), why},
	} {
		if err := c.Create(t.Context(), create.object); err == nil || !strings.Contains(err.Error(), create.refuse) {
			t.Errorf("%T %q: %v, want it refused with %q", create.object, create.object.GetName(), err, create.refuse)
		}
	}
	if err := c.Delete(t.Context(), sandbox); err != nil {
		t.Errorf("the Sandbox cannot be deleted: %v", err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `may not list sandboxes.agents.x-k8s.io in namespace \"team-b\"`) {
		t.Error("the manager's log does not say why it leaves the namespace out")
	}
}

// audit makes the API server record what the managers in some namespaces ask for, below a folder.
func audit(t *testing.T, own *envtest.Environment, folder string, homes ...string) {
	t.Helper()
	var users []string
	for _, home := range homes {
		users = append(users, fmt.Sprintf("%q", "system:serviceaccount:"+home+":namesake"))
	}
	policy := filepath.Join(folder, "policy.yaml")
	content := "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived, ResponseStarted]\nrules:\n- {level: Metadata, users: [" +
		strings.Join(users, ", ") + "]}\n- {level: None}\n"
	if err := os.WriteFile(policy, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	own.ControlPlane.GetAPIServer().Configure().Set("audit-policy-file", policy).
		Set("audit-log-path", filepath.Join(folder, "logs", "audit.log"))
}

// typed returns an administrator's client that knows Namesake's kinds.
func (i *installation) typed(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, sandboxv1.AddToScheme, extensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c, err := client.New(i.config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// prepare creates a pool and a Sandbox in a namespace, and returns the Sandbox.
func prepare(t *testing.T, c client.Client, namespace string) *sandboxv1.Sandbox {
	t.Helper()
	bare := builder.MakeSandbox("bare").Namespace(namespace).UID("").Obj()
	for _, object := range []client.Object{
		builder.MakeTemplate("python").Namespace(namespace).UID("").Obj(),
		builder.MakePool("python").Namespace(namespace).UID("").Template("python").Replicas(1).Obj(),
		bare,
	} {
		if err := c.Create(t.Context(), object); err != nil {
			t.Fatalf("creating %T in %s: %v", object, namespace, err)
		}
	}
	return bare
}

// mayListNodes reports whether the API server lets the managers in a namespace list nodes.
func mayListNodes(t *testing.T, c client.Client, home string) bool {
	t.Helper()
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               "system:serviceaccount:" + home + ":namesake",
		Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + home, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "list", Resource: "nodes"},
	}}
	if err := c.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

// ready waits for the Pod of the pool's member in a namespace, runs it as that node would, and returns the member when it is Ready.
func ready(t *testing.T, c client.Client, namespace, node string) string {
	t.Helper()
	pod := &corev1.Pod{}
	await(t, "the pool in "+namespace+" has a Pod", func(ctx context.Context) (bool, error) {
		pods := &corev1.PodList{}
		if err := c.List(ctx, pods, client.InNamespace(namespace), client.HasLabels{sandboxv1.LabelWarmPool}); err != nil || len(pods.Items) == 0 {
			return false, err
		}
		pod = &pods.Items[0]
		return true, nil
	})
	bind := &corev1.Binding{Target: corev1.ObjectReference{Kind: "Node", Name: node}}
	if err := c.SubResource("binding").Create(t.Context(), pod, bind); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(pod), pod); err != nil {
		t.Fatal(err)
	}
	pod.Status.Phase, pod.Status.PodIPs = corev1.PodRunning, []corev1.PodIP{{IP: "10.0.0.1"}}
	pod.Status.PodIP = "10.0.0.1"
	pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
		Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now(),
	})
	if err := c.Status().Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	await(t, "the member in "+namespace+" is Ready", func(ctx context.Context) (bool, error) {
		pool := &extensionsv1.SandboxWarmPool{}
		err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "python"}, pool)
		return pool.Status.ReadyReplicas == 1, err
	})
	return pod.Name
}

// claimIt claims the Sandbox of that name, and waits until the claim has it.
func claimIt(t *testing.T, c client.Client, namespace, warm string) {
	t.Helper()
	claim := builder.MakeClaim("agent").Namespace(namespace).UID("").Pool("python").Obj()
	if err := c.Create(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	await(t, "the claim in "+namespace+" has its Sandbox", func(ctx context.Context) (bool, error) {
		err := c.Get(ctx, client.ObjectKeyFromObject(claim), claim)
		return claim.Status.Sandbox.Name != "", err
	})
	if got := claim.Status.Sandbox.Name; got != warm {
		t.Errorf("%s: the claim has %q, want the warm Sandbox %q", namespace, got, warm)
	}
}

// misnamed returns a Sandbox that says its Pod bears another name, which admission refuses to everyone.
func misnamed(namespace string, labels map[string]string) *sandboxv1.Sandbox {
	sandbox := builder.MakeSandbox("misnamed").Namespace(namespace).UID("").Annotation(sandboxv1.AnnotationPodName, "another").Obj()
	sandbox.Labels = labels
	return sandbox
}

// untouched fails if anybody has written to bare or the pool beside it, or made anything of them.
func untouched(t *testing.T, c client.Client, bare *sandboxv1.Sandbox) {
	t.Helper()
	pool, now, pods := &extensionsv1.SandboxWarmPool{}, &sandboxv1.Sandbox{}, &corev1.PodList{}
	for _, err := range []error{
		c.Get(t.Context(), client.ObjectKey{Namespace: bare.Namespace, Name: "python"}, pool),
		c.Get(t.Context(), client.ObjectKeyFromObject(bare), now),
		c.List(t.Context(), pods, client.InNamespace(bare.Namespace)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if now.ResourceVersion != bare.ResourceVersion || len(now.Annotations) > 0 || pool.Status.ObservedGeneration != 0 || len(pods.Items) > 0 {
		t.Errorf("in %s: a Sandbox of version %s, at first %s, with %v; a pool of %v; %d Pods",
			bare.Namespace, now.ResourceVersion, bare.ResourceVersion, now.Annotations, pool.Status, len(pods.Items))
	}
}

// serverCertificate returns a certificate of 127.0.0.1 that is its own authority.
func serverCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return server.TLS.Certificates[0]
}
