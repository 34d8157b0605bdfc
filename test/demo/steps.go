package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// These are the names of the objects in config/samples.
const (
	samples       = "config/samples/"
	pool          = "python"
	poolSize      = 10
	claim         = "agent"
	templateClaim = "agent-by-template"
	loneSandbox   = "runner"
)

// These are the names of emptyPool's own objects.
const (
	emptyPoolName = "spare"
	coldClaim     = "agent-cold"
)

const emptyPool = `apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata:
  name: spare
spec:
  replicas: 0
  sandboxTemplateRef:
    name: python
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata:
  name: agent-cold
spec:
  warmPoolRef:
    name: spare
`

// step is one thing to show. It fails if the cluster does not show it.
type step struct {
	sentence string
	show     func(context.Context) error
}

func (d *demo) steps() []step {
	return []step{
		{"An admin says what a Sandbox is made of, and keeps ten of them warm.", d.fillPool},
		{"A user claims a Sandbox, and has it at once: a program sends the claim and watches it.", d.claimWarm},
		{"The pool makes a new Sandbox for the one that went.", d.refillPool},
		{"A Sandbox and its Pod have one name, in the pool and after it.", d.showNames},
		{"A claim may name a template instead: any pool of it will do.", d.claimByTemplate},
		{"A claim against an empty pool gets a Sandbox of its own, created cold, of the claim's name.", d.claimCold},
		{"A Sandbox needs no pool and no claim.", d.createSandbox},
		{"A Sandbox is adopted once: giving it to another claim by hand is refused, to an editor and to an admin.", d.adoptTwice},
		{"A Sandbox has one Pod: one of another name is refused.", d.createSecondPod},
		{"Deleting the claim takes its Sandbox and its Pod with it.", d.deleteClaim},
		{"Deleting the claims, the pools and the lone Sandbox leaves nothing.", d.deleteAll},
	}
}

func (d *demo) fillPool(ctx context.Context) error {
	if _, err := d.kubectl.run(ctx, "apply", "-f", samples+"template.yaml", "-f", samples+"warmpool.yaml"); err != nil {
		return err
	}
	if err := d.watchFull(ctx); err != nil {
		return err
	}
	return d.client.full(ctx, pool, poolSize)
}

// watchFull shows the pool's line until it is full.
func (d *demo) watchFull(ctx context.Context) error {
	size := strconv.Itoa(poolSize)
	return d.kubectl.watch(ctx, []string{pool, size, size}, "get", "swp", pool, "--watch")
}

func (d *demo) claimWarm(ctx context.Context) error {
	var err error
	if d.members, err = d.client.readyMembers(ctx, pool); err != nil {
		return err
	}
	fmt.Printf("POST and watch: %sclaim.yaml\n", samples)
	t, err := d.client.timeClaim(ctx, samples+"claim.yaml")
	if err != nil {
		return err
	}
	say("Ready after %.1f ms: from sending the POST to a watch showing the claim Ready, with its Sandbox. The POST's own answer took %.1f ms.",
		milliseconds(t.ready), milliseconds(t.posted))
	d.latency = t.ready

	if d.bound, err = d.client.checkBound(ctx, claim); err != nil {
		return err
	}
	if err := d.client.checkWarm(ctx, d.bound, d.members); err != nil {
		return err
	}
	if err := d.kubectl.shows(ctx, []string{claim, "True", d.bound.sandbox.Name}, "get", "sandboxclaim", claim); err != nil {
		return err
	}
	say("%s was Ready in the pool before, and runs on in the same Pod.", d.bound.sandbox.Name)
	return nil
}

func (d *demo) refillPool(ctx context.Context) error {
	if err := d.client.full(ctx, pool, poolSize); err != nil {
		return err
	}
	if err := d.watchFull(ctx); err != nil {
		return err
	}
	members, err := d.client.readyMembers(ctx, pool)
	if err != nil {
		return err
	}
	for name := range members {
		if _, old := d.members[name]; !old {
			say("%s is new, in the place of %s.", name, d.bound.sandbox.Name)
			return nil
		}
	}
	return fmt.Errorf("the pool %q is full, with no new Sandbox", pool)
}

func (d *demo) showNames(ctx context.Context) error {
	if _, err := d.kubectl.run(ctx, "get", "sandbox,pod"); err != nil {
		return err
	}
	return d.checkNamesakes(ctx)
}

func (d *demo) claimByTemplate(ctx context.Context) error {
	before, err := d.client.readyMembers(ctx, pool)
	if err != nil {
		return err
	}
	if _, err := d.kubectl.run(ctx, "apply", "-f", samples+"claim-by-template.yaml"); err != nil {
		return err
	}
	got, err := d.waitForClaim(ctx, templateClaim)
	if err != nil {
		return err
	}
	if err := d.client.checkWarm(ctx, got, before); err != nil {
		return err
	}
	say("%s came out of the pool %q.", got.sandbox.Name, pool)
	return nil
}

// waitForClaim waits until a claim is Ready, shows it, and reads it with its Sandbox.
func (d *demo) waitForClaim(ctx context.Context, name string) (bound, error) {
	if _, err := d.kubectl.run(ctx, "wait", "--for=condition=Ready", "sandboxclaim/"+name, "--timeout=30s"); err != nil {
		return bound{}, err
	}
	got, err := d.client.checkBound(ctx, name)
	if err != nil {
		return bound{}, err
	}
	return got, d.kubectl.shows(ctx, []string{name, "True", got.sandbox.Name}, "get", "sandboxclaim", name)
}

func (d *demo) claimCold(ctx context.Context) error {
	if _, err := d.kubectl.runWith(ctx, emptyPool, "create", "-f", "-"); err != nil {
		return err
	}
	got, err := d.waitForClaim(ctx, coldClaim)
	if err != nil {
		return err
	}
	launch := got.sandbox.Labels[sandboxv1.LabelLaunchType]
	if got.sandbox.Name != coldClaim || launch != sandboxv1.LaunchTypeCold {
		return fmt.Errorf("claim %q has Sandbox %q, launch type %q: not one of its own name, created cold", coldClaim, got.sandbox.Name, launch)
	}
	if err := d.kubectl.shows(ctx, []string{coldClaim, "True"}, "get", "sandbox", coldClaim, "-L", sandboxv1.LabelLaunchType); err != nil {
		return err
	}
	if members, err := d.client.readyMembers(ctx, emptyPoolName); err != nil || len(members) > 0 {
		return errors.Join(err, fmt.Errorf("the pool %q is not empty", emptyPoolName))
	}
	return nil
}

func (d *demo) createSandbox(ctx context.Context) error {
	if _, err := d.kubectl.run(ctx, "apply", "-f", samples+"sandbox.yaml"); err != nil {
		return err
	}
	if _, err := d.kubectl.run(ctx, "wait", "--for=condition=Ready", "sandbox/"+loneSandbox, "--timeout=30s"); err != nil {
		return err
	}
	if err := d.kubectl.shows(ctx, []string{"pod/" + loneSandbox, "1/1", "Running"}, "get", "sandbox,pod", loneSandbox); err != nil {
		return err
	}
	if err := d.client.full(ctx, pool, poolSize); err != nil { // The pool refills what the claim by template took.
		return err
	}
	return d.checkNamesakes(ctx)
}
