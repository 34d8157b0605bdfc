package rules

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// BlueprintKey identifies what Sandboxes of a template are made of, without comparing all of it. Sandboxes with the
// same key are made of the same, because nobody changes the spec of a Sandbox in a pool.
type BlueprintKey struct {
	// Hash is the BlueprintHash of the template when the Sandbox was created.
	Hash string
	// DNSPolicy and MountsToken are what the secure defaults set. The hashes of agent-sandbox do not cover them.
	DNSPolicy   corev1.DNSPolicy
	MountsToken bool
	// Nameservers are those of a Pod that asks no others, separated by commas. No hash covers those of the operator.
	Nameservers string
}

func blueprintKeyOf(hash string, spec *corev1.PodSpec) BlueprintKey {
	key := BlueprintKey{Hash: hash, DNSPolicy: spec.DNSPolicy, MountsToken: ptr.Deref(spec.AutomountServiceAccountToken, true)}
	if spec.DNSPolicy == corev1.DNSNone && spec.DNSConfig != nil {
		key.Nameservers = strings.Join(spec.DNSConfig.Nameservers, ",")
	}
	return key
}

// TemplateSnapshot is a template as it is at one time, with values that are computed from it once. It makes many
// Sandboxes and is compared with many. It is not safe for concurrent use, except in NewPoolSandbox.
type TemplateSnapshot struct {
	template    *extensionsv1.SandboxTemplate
	nameservers Nameservers
	hash        string
	podHash     string
	blueprint   sandboxv1.SandboxBlueprint
	known       map[BlueprintKey]bool
}

// NewTemplateSnapshot returns the snapshot of template, which must not be changed afterwards. nameservers are the operator's. It
// returns nil for nil.
func NewTemplateSnapshot(template *extensionsv1.SandboxTemplate, nameservers ...string) *TemplateSnapshot {
	if template == nil {
		return nil
	}
	blueprint := Blueprint(template)
	return &TemplateSnapshot{
		template: template, nameservers: nameservers, hash: hashJSON(blueprint), podHash: PodTemplateHash(template),
		blueprint: blueprint, known: map[BlueprintKey]bool{},
	}
}

// Matches reports whether the template, as it is in this snapshot, makes what sandbox is made of. Labels and
// annotations of the Pod and of its volumes do not count, because they follow the template without a new Pod. Changes
// that a policy of the cluster made to a Sandbox at its creation do not count either. If the hash is the template's, a
// pool made the Sandbox of this template, because only the controller writes the hash.
func (s *TemplateSnapshot) Matches(sandbox *sandboxv1.Sandbox) bool {
	if sandbox.Annotations[sandboxv1.AnnotationTemplateRef] != s.template.Name {
		return false
	}
	if sandbox.Labels[sandboxv1.LabelTemplateHash] == s.hash {
		return true
	}
	content := blueprintKeyOf(sandbox.Labels[sandboxv1.LabelTemplateHash], &sandbox.Spec.PodTemplate.Spec)
	makes, known := s.known[content]
	if !known {
		makes = s.matchesByValue(sandbox)
		s.known[content] = makes
	}
	return makes
}

// matchesByValue is Matches by the content alone. A Sandbox may have the operator's nameservers or the usual ones, whichever its
// manager was told. A Sandbox that agent-sandbox made of this same template may differ in a secure default. These differences
// alone are no reason to replace it.
func (s *TemplateSnapshot) matchesByValue(sandbox *sandboxv1.Sandbox) bool {
	made := &sandbox.Spec.SandboxBlueprint
	if sameBlueprint(&s.blueprint, made) {
		return true
	}
	if served := s.nameservers.inBlueprint(s.blueprint, s.template); sameBlueprint(&served, made) {
		return true
	}
	former := referenceBlueprint(s.template)
	return isOfReferencePool(sandbox) && sameBlueprint(&former, made)
}

// sameBlueprint compares by value what Sandboxes are made of: 1 CPU equals 1000m.
func sameBlueprint(a, b *sandboxv1.SandboxBlueprint) bool {
	return equality.Semantic.DeepEqual(a.PodTemplate.Spec, b.PodTemplate.Spec) && ptr.Equal(a.Service, b.Service) &&
		slices.EqualFunc(a.VolumeClaimTemplates, b.VolumeClaimTemplates, func(a, b sandboxv1.PersistentVolumeClaimTemplate) bool {
			return a.Metadata.Name == b.Metadata.Name && equality.Semantic.DeepEqual(a.Spec, b.Spec)
		})
}

// TemplateVersion tells apart the versions of what templates say.
type TemplateVersion struct {
	UID        types.UID
	Generation int64
}

// Version returns the version of the template; the zero value for nil.
func (s *TemplateSnapshot) Version() TemplateVersion {
	if s == nil {
		return TemplateVersion{}
	}
	return TemplateVersion{UID: s.template.UID, Generation: s.template.Generation}
}
