package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// These are the names of the measured requests in the tables.
const (
	plainPod    = "create a plain Pod"
	sandboxPod  = "create a Sandbox's Pod, as the manager does"
	namelessPod = "create a Sandbox's Pod, without name and labels"
	postClaim   = "create a claim"
	adoption    = "adopt a Sandbox (PATCH)"
)

// plainPod creates a Pod like a Sandbox's that belongs to nobody.
func (w *world) plainPod(ctx context.Context, _ bool, took func(string, time.Duration)) error {
	return createPod(ctx, w.user, w.newPlainPod(), func(d time.Duration) { took(plainPod, d) })
}

// sandboxPod creates the Pod that the Sandbox's reconciler creates: it has its name and labels.
func (w *world) sandboxPod(ctx context.Context, _ bool, took func(string, time.Duration)) error {
	return createPod(ctx, w.manager, rules.NewPod(w.sandbox), func(d time.Duration) { took(sandboxPod, d) })
}

// namelessPod creates a Pod of the Sandbox that leaves its name and labels to admission. Without admission, the Pod gets any
// name.
func (w *world) namelessPod(ctx context.Context, admitted bool, took func(string, time.Duration)) error {
	pod := w.newNamelessPod()
	if err := createPod(ctx, w.user, pod, func(d time.Duration) { took(namelessPod, d) }); err != nil {
		return err
	}
	if stamped := pod.Name == w.sandbox.Name; stamped != admitted {
		return fmt.Errorf("the Pod is %q, with webhooks: %t", pod.Name, admitted)
	}
	return nil
}

func (w *world) newPlainPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "plain", Labels: w.template.Spec.PodTemplate.Metadata.Labels},
		Spec:       *w.template.Spec.PodTemplate.Spec.DeepCopy(),
	}
}

func (w *world) newNamelessPod() *corev1.Pod {
	pod := w.newPlainPod()
	pod.Name, pod.GenerateName = "", "pod-"
	pod.OwnerReferences = []metav1.OwnerReference{*rules.SandboxOwner(w.sandbox)}
	return pod
}

// createPod creates a Pod, reports how long that took, and deletes it.
func createPod(ctx context.Context, c client.Client, pod *corev1.Pod, took func(time.Duration)) error {
	d, err := timed(func() error { return c.Create(ctx, pod) })
	if err != nil {
		return err
	}
	took(d)
	return remove(ctx, c, pod)
}
