package reconcile

import (
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// createOld creates objects from the time of pools of Pods: Sandboxes that took a Pod of another name out of such a pool or
// name something that cannot be a Pod, claims that know their Sandboxes in other ways than by the annotation, and templates
// whose names have the same hash.
func createOld(ctx context.Context, admin client.Client, namespace string) error {
	for _, name := range []string{"keeps", "loses", "yields", "unlabelled"} {
		sandbox := builder.MakeSandbox(name).Namespace(namespace).PodName("pool-pod-of-" + name).Obj()
		if err := admin.Create(ctx, sandbox); err != nil {
			return err
		}
		pod := builder.MakePod("pool-pod-of-" + name).ControlledBy(sandbox)
		if name == "unlabelled" {
			pod.WithoutLabel(sandboxv1.LabelSandboxNameHash)
		}
		if err := admin.Create(ctx, pod.Obj()); err != nil {
			return err
		}
	}
	for _, name := range []string{"slashed", "slashed-too"} {
		if err := admin.Create(ctx, builder.MakeSandbox(name).Namespace(namespace).PodName("pool-pods/of-"+name).Obj()); err != nil {
			return err
		}
	}
	for _, create := range []func(context.Context, client.Client, string) error{oldVolumes, oldService, oldPods, oldClaims, createColliding} {
		if err := create(ctx, admin, namespace); err != nil {
			return err
		}
	}
	return nil
}

// oldVolumes creates two Sandboxes whose own names and volume names combine to the same name.
func oldVolumes(ctx context.Context, admin client.Client, namespace string) error {
	return errors.Join(
		admin.Create(ctx, builder.MakeSandbox("shared").Namespace(namespace).VolumeClaimTemplate("data-one").Obj()),
		admin.Create(ctx, builder.MakeSandbox("one-shared").Namespace(namespace).VolumeClaimTemplate("data").Obj()))
}

// oldService creates a Sandbox whose Pod and Service know each other only by the hash of its name.
func oldService(ctx context.Context, admin client.Client, namespace string) error {
	sandbox := builder.MakeSandbox("by-hash").Namespace(namespace).Service(true).Obj()
	if err := admin.Create(ctx, sandbox); err != nil {
		return err
	}
	service := rules.NewService(sandbox)
	delete(service.Labels, sandboxv1.LabelSandboxUID)
	delete(service.Spec.Selector, sandboxv1.LabelSandboxUID)
	pod := builder.MakePod("by-hash").ControlledBy(sandbox).WithoutLabel(sandboxv1.LabelSandboxUID).Obj()
	return errors.Join(admin.Create(ctx, service), admin.Create(ctx, pod))
}

// oldPods creates Sandboxes that record another name than their Pod has, or none, and one Sandbox with two Pods.
func oldPods(ctx context.Context, admin client.Client, namespace string) error {
	for _, name := range []string{"misnamed", "unnamed", "ends-misnamed", "doubled", "sleeps", "ends"} {
		sandbox := builder.MakeSandbox(name).Namespace(namespace)
		switch name {
		case "misnamed", "ends-misnamed":
			sandbox.PodName("nowhere")
		case "sleeps", "ends":
			sandbox.PodName("pool-pod-of-" + name)
		case "doubled":
			sandbox.VolumeClaimTemplate("data")
		}
		made := sandbox.Obj()
		if err := admin.Create(ctx, made); err != nil {
			return err
		}
		if err := admin.Create(ctx, builder.MakePod("pool-pod-of-"+name).ControlledBy(made).Obj()); err != nil {
			return err
		}
		if name == "doubled" {
			pod, volume := builder.MakePod(name).ControlledBy(made).Obj(), rules.NewVolumeClaim(made, 0)
			if err := errors.Join(admin.Create(ctx, pod), admin.Create(ctx, volume)); err != nil {
				return err
			}
		}
	}
	return nil
}
