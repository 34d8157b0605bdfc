package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Content tells apart what Sandboxes of a template are made of, without a look at all of it: Sandboxes of one content are
// made of the same, since nobody changes the spec of a Sandbox in a pool.
type BlueprintKey struct {
	// Hash is the BlueprintHash of the template when the Sandbox was created.
	Hash string
	// DNSPolicy and MountsToken are what the secure defaults set, which the hashes of agent-sandbox do not cover.
	DNSPolicy   corev1.DNSPolicy
	MountsToken bool
}

func blueprintKeyOf(hash string, spec *corev1.PodSpec) BlueprintKey {
	return BlueprintKey{Hash: hash, DNSPolicy: spec.DNSPolicy, MountsToken: ptr.Deref(spec.AutomountServiceAccountToken, true)}
}

// TemplateSnapshot is a template as it is at one time, with what is computed of it once: it makes many Sandboxes, and is compared
// with many. It is not safe for concurrent use, but for NewPoolSandbox.
type TemplateSnapshot struct {
	template  *extensionsv1.SandboxTemplate
	hash      string
	podHash   string
	blueprint sandboxv1.SandboxBlueprint
	known     map[BlueprintKey]bool
}

// NewTemplateSnapshot returns the snapshot of template, which must not be changed afterwards; nil for nil.
func NewTemplateSnapshot(template *extensionsv1.SandboxTemplate) *TemplateSnapshot {
	if template == nil {
		return nil
	}
	blueprint := Blueprint(template)
	return &TemplateSnapshot{
		template: template, hash: hashJSON(blueprint), podHash: PodTemplateHash(template), blueprint: blueprint,
		known: map[BlueprintKey]bool{},
	}
}

// Makes says whether the template, as it is in this snapshot, makes what sandbox is made of. Labels and annotations of the
// Pod, and of its volumes, do not count: they follow the template without another Pod. Nor does what a policy of the cluster
// has changed about a Sandbox on its way: where the hash is the template's, a pool has made it of that, since only the
// controller writes the hash.
func (e *TemplateSnapshot) Matches(sandbox *sandboxv1.Sandbox) bool {
	if sandbox.Annotations[sandboxv1.AnnotationTemplateRef] != e.template.Name {
		return false
	}
	if sandbox.Labels[sandboxv1.LabelTemplateHash] == e.hash {
		return true
	}
	content := blueprintKeyOf(sandbox.Labels[sandboxv1.LabelTemplateHash], &sandbox.Spec.PodTemplate.Spec)
	makes, known := e.known[content]
	if !known {
		makes = e.matchesByValue(sandbox)
		e.known[content] = makes
	}
	return makes
}

// compare is Makes by the content alone. A Sandbox that agent-sandbox has made of this very template may differ in a secure
// default: that alone is no reason to replace it.
func (e *TemplateSnapshot) matchesByValue(sandbox *sandboxv1.Sandbox) bool {
	made := &sandbox.Spec.SandboxBlueprint
	if sameBlueprint(&e.blueprint, made) {
		return true
	}
	former := referenceBlueprint(e.template)
	return isOfReferencePool(sandbox) && sameBlueprint(&former, made)
}

// sameBlueprint compares what Sandboxes are made of, by value: 1 CPU is 1000m.
func sameBlueprint(a, b *sandboxv1.SandboxBlueprint) bool {
	return equality.Semantic.DeepEqual(a.PodTemplate.Spec, b.PodTemplate.Spec) && ptr.Equal(a.Service, b.Service) &&
		slices.EqualFunc(a.VolumeClaimTemplates, b.VolumeClaimTemplates, func(a, b sandboxv1.PersistentVolumeClaimTemplate) bool {
			return a.Metadata.Name == b.Metadata.Name && equality.Semantic.DeepEqual(a.Spec, b.Spec)
		})
}
