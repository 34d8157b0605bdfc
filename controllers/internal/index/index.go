// Package index names and registers the cache indexes by which reconcilers list objects. It lists nothing itself.
package index

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Fields by which the cache can be listed.
const (
	// PoolUID indexes a Sandbox by the UID of the pool that controls it.
	PoolUID = "controller.pool.uid"
	// SandboxUID indexes a Pod by the UID of the Sandbox that controls it.
	SandboxUID = "controller.sandbox.uid"
	// ClaimUID indexes a Sandbox by the UID of the claim that controls it.
	ClaimUID = "controller.claim.uid"
	// Template indexes a pool by the name of its SandboxTemplate.
	Template = "spec.sandboxTemplateRef.name"
	// NameHash indexes a template by the hash of its name.
	NameHash = "hash(metadata.name)"
	// Binding indexes a claim by the name of the Sandbox that it is bound to.
	Binding = "metadata.annotations.binding"
	// WaitingFor indexes a claim that waits (rules.IsWaiting) by what it names: ForPool or ForTemplate of that name.
	WaitingFor = "spec.waitsFor"
	// WaitingForPolicy indexes a Sandbox whose Pod waits for a NetworkPolicy (rules.IsWaitingForPolicy) by the hash of its
	// template's name.
	WaitingForPolicy = "status.waitsForPolicy"
)

// ForPool and ForTemplate return the values of WaitingFor.
func ForPool(name string) string     { return "pool/" + name }
func ForTemplate(name string) string { return "template/" + name } //nolint:revive // see ForPool

// Register adds the indexes to indexer.
func Register(ctx context.Context, indexer client.FieldIndexer) error {
	for _, i := range []struct {
		object  client.Object
		field   string
		extract client.IndexerFunc
	}{
		{&sandboxv1.Sandbox{}, PoolUID, poolUID},
		{&corev1.Pod{}, SandboxUID, sandboxUID},
		{&sandboxv1.Sandbox{}, ClaimUID, claimUID},
		{&extensionsv1.SandboxWarmPool{}, Template, template},
		{&extensionsv1.SandboxTemplate{}, NameHash, nameHash},
		{&extensionsv1.SandboxClaim{}, Binding, binding},
		{&extensionsv1.SandboxClaim{}, WaitingFor, waitsFor},
		{&sandboxv1.Sandbox{}, WaitingForPolicy, waitsForPolicy},
	} {
		if err := indexer.IndexField(ctx, i.object, i.field, i.extract); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", i.object, i.field, err)
		}
	}
	return nil
}

func poolUID(obj client.Object) []string {
	if owner := rules.ControllerOf(obj); rules.IsPool(owner) {
		return []string{string(owner.UID)}
	}
	return nil
}

func claimUID(obj client.Object) []string {
	if owner := rules.ControllerOf(obj); rules.IsClaim(owner) {
		return []string{string(owner.UID)}
	}
	return nil
}

func sandboxUID(obj client.Object) []string {
	if owner := rules.ControllerOf(obj); rules.IsSandbox(owner) {
		return []string{string(owner.UID)}
	}
	return nil
}

func template(obj client.Object) []string {
	if pool, ok := obj.(*extensionsv1.SandboxWarmPool); ok {
		return []string{pool.Spec.SandboxTemplateRef.Name}
	}
	return nil
}

func nameHash(obj client.Object) []string { return []string{rules.Hash(obj.GetName())} }

func binding(obj client.Object) []string {
	if claim, ok := obj.(*extensionsv1.SandboxClaim); ok && rules.Binding(claim) != "" {
		return []string{rules.Binding(claim)}
	}
	return nil
}

func waitsFor(obj client.Object) []string {
	claim, ok := obj.(*extensionsv1.SandboxClaim)
	switch {
	case !ok || !rules.IsWaiting(claim):
		return nil
	case claim.Spec.WarmPoolRef != nil:
		return []string{ForPool(claim.Spec.WarmPoolRef.Name)}
	case claim.Spec.SandboxTemplateRef != nil:
		return []string{ForTemplate(claim.Spec.SandboxTemplateRef.Name)}
	}
	return nil
}

func waitsForPolicy(obj client.Object) []string {
	if sandbox, ok := obj.(*sandboxv1.Sandbox); ok && rules.IsWaitingForPolicy(sandbox) {
		return []string{rules.MigratedSandbox(sandbox).Labels[sandboxv1.LabelTemplateRefHash]}
	}
	return nil
}
