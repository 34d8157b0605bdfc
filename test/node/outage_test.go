package node

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// back is the time after the managers' return within which everything works again.
const back = 30 * time.Second

// Without managers, writes that do not concern Sandboxes succeed, and writes of Sandboxes wait.
func TestOutage(t *testing.T) {
	n := open(t)
	n.ensure(t)
	sandbox := sandboxNamed("survivor")
	if err := n.Create(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "wait", "sandbox/survivor", "--for=condition=Ready", patience)
	kubectl(t, "--namespace", system, "scale", "deployment/namesake", "--replicas=0")
	kubectl(t, "--namespace", system, "wait", "pod", "--selector=app.kubernetes.io/name=namesake", "--for=delete", patience)

	n.createPlain(t)
	n.mustBeRefused(t, sandboxPod(sandbox), "pod.")
	n.mustBeRefused(t, sandboxNamed("refused"), "sandbox.")
	n.mustRunIn(t, "survivor")

	began := time.Now()
	kubectl(t, "--namespace", system, "scale", "deployment/namesake", "--replicas=2")
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, back, true, func(ctx context.Context) (bool, error) {
		last = n.Create(ctx, sandboxNamed("returned"))
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("a Sandbox is still refused %s after the managers' return: %v", back, last)
	}
	t.Logf("the first Sandbox was accepted %.1f s after the managers were asked for", time.Since(began).Seconds())
	kubectl(t, "wait", "sandbox/returned", "--for=condition=Ready", patience)
	if took := time.Since(began); took > back {
		t.Errorf("it was Ready after %s", took)
	}
	kubectl(t, "--namespace", system, "rollout", "status", "deployment/namesake", patience)
	kubectl(t, "delete", "deployment", "--all", "--wait")
	n.clear(t)
}

// createPlain creates objects that have nothing to do with Sandboxes. None of these writes may fail.
func (n *node) createPlain(t *testing.T) {
	t.Helper()
	const each = 10
	failed, labels := 0, map[string]string{"app": "plain"}
	spec := sandboxNamed("").Spec.PodTemplate.Spec
	for i := range each {
		name := fmt.Sprintf("plain-%d", i)
		meta := metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}
		deployment := &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
			Replicas: new(int32(1)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": name}}, Spec: *spec.DeepCopy()},
		}}
		for _, obj := range []client.Object{
			&corev1.Pod{ObjectMeta: meta, Spec: *spec.DeepCopy()}, deployment,
			&corev1.ConfigMap{ObjectMeta: meta}, &corev1.Secret{ObjectMeta: meta}, &corev1.ServiceAccount{ObjectMeta: meta},
		} {
			err := n.Create(t.Context(), obj)
			if err == nil {
				err = n.Patch(t.Context(), obj, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"example.com/changed":"yes"}}}`)))
			}
			if err != nil {
				t.Errorf("%T: %v", obj, err)
				failed++
			}
		}
	}
	kubectl(t, "wait", "deployment", "--all", "--for=condition=Available", patience)
	kubectl(t, "wait", "pod", "--selector=app=plain", "--for=condition=Ready", patience)
	t.Logf("without managers: %d Pods, Deployments, ConfigMaps, Secrets, ServiceAccounts created and changed, %d failed", 5*each, failed)
	kubectl(t, "delete", "configmap,secret,serviceaccount", "--selector=app=plain")
}

// mustBeRefused creates an object, and expects a refusal that names our webhook that does not answer.
func (n *node) mustBeRefused(t *testing.T, obj client.Object, webhook string) {
	t.Helper()
	err := n.Create(t.Context(), obj)
	if err == nil || !strings.Contains(err.Error(), `failed calling webhook "`+webhook) || !strings.Contains(err.Error(), ".namesake.agents.x-k8s.io") {
		t.Errorf("creating %T: got %v, which does not name the webhook %s...", obj, err, webhook)
		return
	}
	t.Logf("refused: %v", err)
}

// sandboxPod returns a Pod that the Sandbox controls.
func sandboxPod(sandbox *sandboxv1.Sandbox) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: sandbox.Name + "-2",
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(sandbox, sandboxv1.GroupVersion.WithKind(sandboxv1.KindSandbox))},
		},
		Spec: sandbox.Spec.PodTemplate.Spec,
	}
}
