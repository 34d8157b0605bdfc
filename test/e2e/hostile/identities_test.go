package hostile

import (
	"context"
	"fmt"
	"net/http"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const kindIdentity = "another's identity"

// identities are Pods that pretend to be a Sandbox's, and would get its traffic, or outlive it.
func identities() []input {
	of := func(name string, do func(ctx context.Context, w *world, target *sandboxv1.Sandbox) answer) input {
		return input{kind: kindIdentity, name: name, want: explained, send: func(ctx context.Context, w *world) answer {
			target, err := w.target(ctx)
			if err != nil {
				return answer{message: err.Error()}
			}
			return do(ctx, w, target)
		}}
	}
	return []input{
		of("Pod with a Sandbox's UID and hash", func(ctx context.Context, w *world, target *sandboxv1.Sandbox) answer {
			pod := w.pod("labelled", identityOf(target))
			return by(func() error { return w.Editor.Create(ctx, pod) })
		}),
		of("Pod with its UID alone", func(ctx context.Context, w *world, target *sandboxv1.Sandbox) answer {
			pod := w.pod("with-uid", map[string]string{sandboxv1.LabelSandboxUID: string(target.UID)})
			return by(func() error { return w.Editor.Create(ctx, pod) })
		}),
		of("labels put on a plain Pod", func(ctx context.Context, w *world, target *sandboxv1.Sandbox) answer {
			return w.change(ctx, w.pod("plain", nil), func(pod *corev1.Pod) { pod.Labels = identityOf(target) })
		}),
		of("Deployment with a Sandbox's UID and hash", deploy),
		of("plain Pod patched to two owners", func(ctx context.Context, w *world, target *sandboxv1.Sandbox) answer {
			return w.change(ctx, w.pod(target.Name, nil), func(pod *corev1.Pod) { pod.OwnerReferences = owners(target, true) })
		}),
		of("Pod of two others given a Sandbox, too", func(ctx context.Context, w *world, target *sandboxv1.Sandbox) answer {
			pod := w.pod(target.Name, nil)
			pod.OwnerReferences = append(owners(target, false), foreign("b"))
			return w.change(ctx, pod, func(pod *corev1.Pod) { pod.OwnerReferences = append(owners(target, true), foreign("b")) })
		}),
		of("Pod created with two owners", func(ctx context.Context, w *world, target *sandboxv1.Sandbox) answer {
			pod := w.pod(target.Name, nil)
			pod.OwnerReferences = owners(target, true)
			return by(func() error { return w.Editor.Create(ctx, pod) })
		}),
		{kind: kindIdentity, name: "Pod planted under a suspended claim's Sandbox", want: explained, send: plantPod},
		{kind: kindIdentity, name: "second Pod of a Sandbox that has an old one", want: explained, send: secondPod},
		{kind: kindIdentity, name: "volume planted for a cold claim's Sandbox", want: explained, send: plantVolume},
	}
}

// target returns the Sandbox that the hostile user pretends to be. It is suspended, so its Pod's name is free.
func (w *world) target(ctx context.Context) (*sandboxv1.Sandbox, error) {
	target := builder.MakeSandbox("target").Namespace(w.namespace).OperatingMode(sandboxv1.OperatingModeSuspended).Obj()
	err := client.IgnoreAlreadyExists(w.Editor.Create(ctx, target))
	if err == nil {
		err = w.Editor.Get(ctx, client.ObjectKeyFromObject(target), target)
	}
	return target, err
}

func identityOf(target *sandboxv1.Sandbox) map[string]string {
	return map[string]string{
		sandboxv1.LabelSandboxUID: string(target.UID), sandboxv1.LabelSandboxNameHash: rules.Hash(target.Name), "app": "hostile",
	}
}

func foreign(name string) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: name, UID: "00000000-0000-0000-0000-00000000000a"}
}

// owners returns a ConfigMap as an owner, and the Sandbox as the controller if that is wanted.
func owners(target *sandboxv1.Sandbox, controlled bool) []metav1.OwnerReference {
	refs := []metav1.OwnerReference{foreign("a")}
	if controlled {
		refs = append(refs, metav1.OwnerReference{
			APIVersion: sandboxv1.GroupVersion.String(), Kind: sandboxv1.KindSandbox, Name: target.Name, UID: target.UID, Controller: new(true),
		})
	}
	return refs
}

func (w *world) pod(name string, labels map[string]string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name, Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "busybox"}}},
	}
}

// change creates a Pod, patches it, and deletes it again. It returns the answer to the patch.
func (w *world) change(ctx context.Context, pod *corev1.Pod, change func(*corev1.Pod)) answer {
	if created := by(func() error { return w.Editor.Create(ctx, pod) }); !created.ok() {
		return answer{message: "creating a plain Pod: " + created.message}
	}
	base := pod.DeepCopy()
	change(pod)
	patched := by(func() error { return w.Editor.Patch(ctx, pod, client.MergeFrom(base)) })
	if err := w.Editor.Delete(ctx, pod, client.GracePeriodSeconds(0)); client.IgnoreNotFound(err) != nil {
		return answer{message: "deleting a plain Pod: " + err.Error()}
	}
	return patched
}

// deploy creates a Deployment, and returns what its ReplicaSet is told of its Pod, or that there is one.
func deploy(ctx context.Context, w *world, target *sandboxv1.Sandbox) answer {
	labels := identityOf(target)
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "pretender"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: w.pod("", nil).Spec},
		},
	}
	created := by(func() error { return w.Editor.Create(ctx, deployment) })
	if !created.ok() {
		return created
	}
	found := answer{message: "the Deployment has no Pod, and does not say why", took: created.took}
	_ = await(ctx, func(ctx context.Context) (bool, error) {
		pods := &corev1.PodList{}
		if err := w.Editor.List(ctx, pods, client.InNamespace(w.namespace), client.MatchingLabels(labels)); err != nil {
			return false, err
		}
		if len(pods.Items) > 0 {
			found.code, found.message = http.StatusCreated, fmt.Sprintf("Pod %q joins the Sandbox's Service", pods.Items[0].Name)
			return true, nil
		}
		if err := w.Editor.Get(ctx, client.ObjectKeyFromObject(deployment), deployment); err != nil {
			return false, err
		}
		for _, c := range deployment.Status.Conditions {
			if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
				found.code, found.message = http.StatusForbidden, "ReplicaFailure: "+c.Message
			}
		}
		return found.code != 0, nil
	})
	if err := w.Editor.Delete(ctx, deployment); err != nil {
		return answer{message: err.Error()}
	}
	return found
}
