// Package index names the cache indexes that reconcilers list by, and registers them.
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

// Fields that the cache can be asked for.
const (
	// PoolUID of a Sandbox is the UID of the pool that controls it.
	PoolUID = "controller.pool.uid"
	// SandboxUID of a Pod is the UID of the Sandbox that controls it.
	SandboxUID = "controller.sandbox.uid"
	// ClaimUID of a Sandbox is the UID of the claim that controls it.
	ClaimUID = "controller.claim.uid"
	// Template of a pool is the name of its SandboxTemplate.
	Template = "spec.sandboxTemplateRef.name"
	// NameHash of a template is the hash of its name.
	NameHash = "hash(metadata.name)"
	// Binding of a claim is the name of the Sandbox that it is bound to.
	Binding = "metadata.annotations.binding"
	// WaitingFor of a claim that Waits is what it names: ForPool or ForTemplate of that name.
	WaitingFor = "spec.waitsFor"
)

// ForPool and ForTemplate are the values of WaitingFor.
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
