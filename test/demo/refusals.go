package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/rights"
)

// adoptTwice tries to make the second claim the owner of the first one's Sandbox.
func (d *demo) adoptTwice(ctx context.Context) error {
	other, err := d.client.getClaim(ctx, templateClaim)
	if err != nil {
		return err
	}
	if err := d.kubectl.shows(ctx, []string{"yes"}, asEditor, "auth", "can-i", "patch", "sandboxes"); err != nil {
		return err
	}
	merge := fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":"extensions.agents.x-k8s.io/v1beta1",`+
		`"kind":"SandboxClaim","name":%q,"uid":%q,"controller":true}]}}`, other.Name, other.UID)
	operations := fmt.Sprintf(`[{"op":"replace","path":"/metadata/ownerReferences/0/name","value":%q},`+
		`{"op":"replace","path":"/metadata/ownerReferences/0/uid","value":%q}]`, other.Name, other.UID)

	for _, attempt := range [][]string{
		{asEditor, "patch", "sandbox", d.bound.sandbox.Name, "--type=merge", "-p", merge},
		{"patch", "sandbox", d.bound.sandbox.Name, "--type=json", "-p", operations},
	} {
		words := fmt.Sprintf("this Sandbox is controlled by SandboxClaim %q and stays so", claim)
		if err := d.kubectl.fails(ctx, words, "", attempt...); err != nil {
			return err
		}
		d.refusals++
	}
	after, err := d.client.checkBound(ctx, claim)
	if err != nil {
		return err
	}
	if after.sandbox.UID != d.bound.sandbox.UID ||
		!equality.Semantic.DeepEqual(after.sandbox.OwnerReferences, d.bound.sandbox.OwnerReferences) {
		return fmt.Errorf("the owners of Sandbox %q have changed", after.sandbox.Name)
	}
	say("Refused twice, and %s is still the one of claim %q.", after.sandbox.Name, claim)
	return nil
}

// createSecondPod tries to create another Pod that the claim's Sandbox controls.
func (d *demo) createSecondPod(ctx context.Context) error {
	sandbox := d.bound.sandbox
	pod := fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata:
  name: %s-2
  ownerReferences:
  - apiVersion: %s
    kind: Sandbox
    name: %s
    uid: %s
    controller: true
spec:
  containers:
  - name: runtime
    image: python:3.13-slim
`, sandbox.Name, sandboxv1.GroupVersion, sandbox.Name, sandbox.UID)

	words := fmt.Sprintf("this Pod is controlled by Sandbox %q, and a Sandbox's Pod bears its name", sandbox.Name)
	if err := d.kubectl.fails(ctx, words, pod, asEditor, "create", "-f", "-"); err != nil {
		return err
	}
	d.refusals++
	return d.checkNamesakes(ctx)
}

func (d *demo) deleteClaim(ctx context.Context) error {
	name := d.bound.sandbox.Name
	fmt.Println("(Kubernetes' garbage collector looks for new kinds every 30 seconds: on a cluster this young, it may still have to.)")
	if _, err := d.kubectl.run(ctx, "delete", "sandboxclaim", claim); err != nil {
		return err
	}
	if _, err := d.kubectl.run(ctx, "wait", "--for=delete", "sandbox/"+name, "pod/"+name, "--timeout=50s"); err != nil {
		return err
	}
	return d.kubectl.fails(ctx, "NotFound", "", "get", "sandbox,pod", name)
}

func (d *demo) deleteAll(ctx context.Context) error {
	for _, args := range [][]string{
		{"delete", "sandboxclaim,swp,sandboxtemplate", "--all"},
		{"delete", "sandbox", loneSandbox},
		{"wait", "--for=delete", "sandbox,pod", "--all", "--timeout=50s"},
		{"get", "sandboxclaim,swp,sandboxtemplate,sandbox,pod"},
	} {
		if _, err := d.kubectl.run(ctx, args...); err != nil {
			return err
		}
	}
	if err := d.client.nothingLeft(ctx); err != nil {
		return err
	}
	return checkRights()
}

// checkRights checks that the manager has the rights for all that it did.
func checkRights() error {
	calls, denied, err := rights.Record(os.Getenv(clusterVariable), time.Time{})
	if err != nil {
		return err
	}
	if len(denied) > 0 {
		return fmt.Errorf("the manager was refused for lack of rights:\n%s", strings.Join(denied, "\n"))
	}
	say("The manager made %d calls, and had the rights for each.", calls)
	return nil
}
