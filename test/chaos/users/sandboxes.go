package users

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/observe"
)

// deletePod deletes a Pod, of whichever Sandbox.
func (u *Users) deletePod(ctx context.Context, namespace string, choice uint64, now bool) (bool, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("PodList"))
	if err := u.editor.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return false, err
	}
	pod, _, ok := pick(list.Items, choice)
	if !ok {
		return false, nil
	}
	pod.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	return true, u.delete(ctx, judge.Pod, &pod, grace(now)...)
}

func grace(now bool) []client.DeleteOption {
	if now {
		return []client.DeleteOption{client.GracePeriodSeconds(0)}
	}
	return nil
}

// deleteSandbox deletes a Sandbox, of whomever.
func (u *Users) deleteSandbox(ctx context.Context, namespace string, choice uint64, now bool) (bool, error) {
	all, err := u.sandboxes(ctx, namespace, func(*sandboxv1.Sandbox) bool { return true })
	if err != nil {
		return false, err
	}
	sandbox, _, ok := pick(all, choice)
	if !ok {
		return false, nil
	}
	return true, u.delete(ctx, judge.Sandbox, &sandbox, grace(now)...)
}

// setMode suspends a running Sandbox of a user, or resumes a suspended one.
func (u *Users) setMode(ctx context.Context, namespace string, choice uint64, suspend bool) (bool, error) {
	mode := sandboxv1.OperatingModeRunning
	if suspend {
		mode = sandboxv1.OperatingModeSuspended
	}
	others, err := u.sandboxes(ctx, namespace, func(s *sandboxv1.Sandbox) bool {
		suspended := s.Spec.OperatingMode == sandboxv1.OperatingModeSuspended
		return suspended != suspend && s.DeletionTimestamp == nil && (isStandalone(s) || isClaimed(s))
	})
	if err != nil {
		return false, err
	}
	sandbox, _, ok := pick(others, choice)
	if !ok {
		return false, nil
	}
	before := sandbox.DeepCopy()
	sandbox.Spec.OperatingMode = mode
	return true, u.editor.Patch(ctx, &sandbox, client.MergeFrom(before))
}

func isStandalone(s *sandboxv1.Sandbox) bool { return s.Labels[observe.StandaloneLabel] != "" }

func isClaimed(s *sandboxv1.Sandbox) bool {
	owner := metav1.GetControllerOfNoCopy(s)
	return owner != nil && owner.Kind == extensionsv1.KindSandboxClaim
}

// standalone creates a Sandbox without a claim: some with a Service, some that expire.
func (u *Users) standalone(ctx context.Context, namespace string, choice uint64) error {
	name := fmt.Sprintf("s-%012x", choice&0xffffffffffff)
	w := builder.MakeSandbox(name).Namespace(namespace).Label(observe.StandaloneLabel, "true")
	note := judge.Note{Deed: judge.Acknowledged, Kind: judge.Sandbox, Namespace: namespace, Name: name}
	if choice%3 == 0 {
		w.Service(true)
	}
	if choice%4 == 0 {
		note.ShutdownTime = time.Now().Add(time.Duration(5+choice>>4%35) * time.Second)
		w.ShutdownTime(note.ShutdownTime).ShutdownPolicy(sandboxv1.ShutdownPolicyDelete)
	}
	sandbox := w.Obj()
	if err := u.editor.Create(ctx, sandbox); err != nil {
		return err
	}
	note.UID = sandbox.UID
	u.note(note)
	return nil
}

// endStandalone deletes a Sandbox that a user made.
func (u *Users) endStandalone(ctx context.Context, namespace string, choice uint64) (bool, error) {
	own, err := u.sandboxes(ctx, namespace, isStandalone)
	if err != nil {
		return false, err
	}
	sandbox, _, ok := pick(own, choice)
	if !ok {
		return false, nil
	}
	return true, u.delete(ctx, judge.Sandbox, &sandbox)
}

// sandboxes returns the Sandboxes of a namespace that match.
func (u *Users) sandboxes(ctx context.Context, namespace string, match func(*sandboxv1.Sandbox) bool) ([]sandboxv1.Sandbox, error) {
	list := &sandboxv1.SandboxList{}
	err := u.editor.List(ctx, list, client.InNamespace(namespace))
	return slices.DeleteFunc(list.Items, func(s sandboxv1.Sandbox) bool { return !match(&s) }), err
}
