package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// checkPairs checks that every Sandbox controls exactly one Pod, that both have the same name, and that there is no other Pod.
func checkPairs(sandboxes []sandboxv1.Sandbox, pods []corev1.Pod) error {
	controlled := map[types.UID][]string{}
	for i := range pods {
		ref := metav1.GetControllerOfNoCopy(&pods[i])
		if ref == nil || ref.Kind != sandboxv1.KindSandbox {
			return fmt.Errorf("no Sandbox controls Pod %q", pods[i].Name)
		}
		controlled[ref.UID] = append(controlled[ref.UID], pods[i].Name)
	}
	for i := range sandboxes {
		names := controlled[sandboxes[i].UID]
		if len(names) != 1 || names[0] != sandboxes[i].Name {
			return fmt.Errorf("the Pods of Sandbox %q are %q, and should be one of its name", sandboxes[i].Name, names)
		}
		delete(controlled, sandboxes[i].UID)
	}
	for uid, names := range controlled {
		return fmt.Errorf("the Pods %q are of a Sandbox with UID %q, which does not exist", names, uid)
	}
	return nil
}

// checkNamesakes checks all Sandboxes and Pods of the namespace.
func (d *demo) checkNamesakes(ctx context.Context) error {
	sandboxes, err := d.client.listSandboxes(ctx)
	if err != nil {
		return err
	}
	pods, err := d.client.listPods(ctx)
	if err != nil {
		return err
	}
	if err := checkPairs(sandboxes, pods); err != nil {
		return err
	}
	d.sandboxes, d.pods = len(sandboxes), len(pods)
	say("%d Sandboxes, %d Pods: each Sandbox controls, by its UID, one Pod, and that Pod has its name.", d.sandboxes, d.pods)
	return nil
}

// member is a Sandbox in a pool, and the Pod in which it runs.
type member struct {
	uid, podUID types.UID
}

// readyMembers returns the Sandboxes of a pool that are Ready, by name.
func (c *client) readyMembers(ctx context.Context, pool string) (map[string]member, error) {
	sandboxes, err := c.listSandboxes(ctx)
	if err != nil {
		return nil, err
	}
	members := map[string]member{}
	for i := range sandboxes {
		sandbox := &sandboxes[i]
		ref := metav1.GetControllerOfNoCopy(sandbox)
		if ref != nil && ref.Kind == extensionsv1.KindSandboxWarmPool && ref.Name == pool &&
			meta.IsStatusConditionTrue(sandbox.Status.Conditions, sandboxv1.ConditionReady) {
			members[sandbox.Name] = member{uid: sandbox.UID, podUID: sandbox.Status.PodUID}
		}
	}
	return members, nil
}

// full waits until a pool has want Ready Sandboxes. It counts them, and does not rely on the pool's status.
func (c *client) full(ctx context.Context, pool string, want int) error {
	return await(ctx, c.sandboxes, sandboxv1.ResourceSandboxes, func(ctx context.Context) error {
		members, err := c.readyMembers(ctx, pool)
		if err == nil && len(members) != want {
			err = fmt.Errorf("%d Sandboxes of pool %q are Ready, not %d", len(members), pool, want)
		}
		return err
	})
}

// bound is a claim with the Sandbox that it got.
type bound struct {
	claim   *extensionsv1.SandboxClaim
	sandbox *sandboxv1.Sandbox
}

// checkBound reads a Ready claim and its Sandbox, and checks that the claim controls the Sandbox.
func (c *client) checkBound(ctx context.Context, name string) (bound, error) {
	claim, err := c.getClaim(ctx, name)
	if err != nil {
		return bound{}, err
	}
	if !served(claim) {
		return bound{}, fmt.Errorf("claim %q is not Ready, or names no Sandbox", name)
	}
	sandbox, err := c.getSandbox(ctx, claim.Status.Sandbox.Name)
	if err != nil {
		return bound{}, err
	}
	if !metav1.IsControlledBy(sandbox, claim) {
		return bound{}, fmt.Errorf("claim %q does not control Sandbox %q", name, sandbox.Name)
	}
	return bound{claim: claim, sandbox: sandbox}, nil
}

// checkWarm checks that the Sandbox was in the pool before, and still runs in the Pod that it had there.
func (c *client) checkWarm(ctx context.Context, b bound, before map[string]member) error {
	was, ok := before[b.sandbox.Name]
	if !ok || was.uid != b.sandbox.UID {
		return fmt.Errorf("claim %q has Sandbox %q, which was not among the Ready ones of the pool", b.claim.Name, b.sandbox.Name)
	}
	pod, err := c.getPod(ctx, b.sandbox.Name)
	if err != nil {
		return err
	}
	if pod.UID != was.podUID {
		return fmt.Errorf("claim %q got Sandbox %q with another Pod than it had in the pool", b.claim.Name, b.sandbox.Name)
	}
	return nil
}

// nothingLeft checks that the namespace contains none of our objects, and no Pod.
func (c *client) nothingLeft(ctx context.Context) error {
	for _, kind := range []struct {
		client   rest.Interface
		resource string
	}{
		{c.extensions, extensionsv1.ResourceSandboxClaims},
		{c.extensions, extensionsv1.ResourceSandboxWarmPools},
		{c.extensions, extensionsv1.ResourceSandboxTemplates},
		{c.sandboxes, sandboxv1.ResourceSandboxes},
		{c.core, resourcePods},
	} {
		list, err := kind.client.Get().Namespace(namespace).Resource(kind.resource).Do(ctx).Get()
		if err != nil {
			return err
		}
		if n := meta.LenList(list); n > 0 {
			return fmt.Errorf("there are %d %s", n, kind.resource)
		}
	}
	return nil
}
