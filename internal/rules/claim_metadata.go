package rules

import (
	"fmt"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// OwnPodMetadata returns the pod metadata of sandbox without what claim added: what the template gave it. sandbox is
// the one that claim has or is to have.
func OwnPodMetadata(sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) sandboxv1.PodMetadata {
	own := *sandbox.Spec.PodTemplate.Metadata.DeepCopy()
	labels, annotations := addedKeys(sandbox, claim)
	deleteKeys(own.Labels, labels)
	deleteKeys(own.Annotations, annotations)
	return own
}

// addedKeys returns the keys that claim added to the pod metadata of sandbox, as recorded. agent-sandbox keeps no
// record. If the pod template shows that agent-sandbox gave the Sandbox to its claim, the keys with the same value in
// both are the claim's.
func addedKeys(sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) (labels, annotations []string) {
	recorded, has := sandbox.Annotations[sandboxv1.AnnotationClaimLabels]
	others, hasOthers := sandbox.Annotations[sandboxv1.AnnotationClaimAnnotations]
	if has || hasOthers || sandbox.Spec.PodTemplate.Metadata.Labels[sandboxv1.LabelClaimUID] == "" {
		return strings.Split(recorded, ","), strings.Split(others, ",")
	}
	own, added := sandbox.Spec.PodTemplate.Metadata, claim.Spec.AdditionalPodMetadata
	return shared(own.Labels, added.Labels), shared(own.Annotations, added.Annotations)
}

// shared returns the keys that have the same value in a and in b.
func shared(a, b map[string]string) []string {
	both := maps.Clone(b)
	maps.DeleteFunc(both, func(key, value string) bool { has, ok := a[key]; return !ok || has != value })
	return sortedKeys(both)
}

// HasMetadataConflict reports whether claim asks for another value of a key that own already has. own is the pod
// metadata of a template or of a Sandbox.
func HasMetadataConflict(claim *extensionsv1.SandboxClaim, own sandboxv1.PodMetadata) bool {
	added := claim.Spec.AdditionalPodMetadata
	return contradict(added.Labels, own.Labels) || contradict(added.Annotations, own.Annotations)
}

// contradict reports whether a and b have different values of one key. It looks at no more keys than the smaller one has.
func contradict(a, b map[string]string) bool {
	if len(b) < len(a) {
		a, b = b, a
	}
	for key, value := range a {
		if other, has := b[key]; has && other != value {
			return true
		}
	}
	return false
}

// CheckMetadataConflicts returns an error for each key of claim's additionalPodMetadata that own has with another
// value. own is the pod metadata of the claim's template or of its Sandbox.
func CheckMetadataConflicts(claim *extensionsv1.SandboxClaim, own sandboxv1.PodMetadata) field.ErrorList {
	added := claim.Spec.AdditionalPodMetadata
	errs := conflicts(additionalPath.Child("labels"), added.Labels, own.Labels)
	return append(errs, conflicts(additionalPath.Child("annotations"), added.Annotations, own.Annotations)...)
}

func conflicts(path *field.Path, added, own map[string]string) field.ErrorList {
	var errs field.ErrorList
	for _, key := range sortedKeys(added) {
		if value, has := own[key]; has && value != added[key] {
			errs = append(errs, field.Invalid(path.Key(key), added[key], fmt.Sprintf(
				"the template sets it to %q, and a claim only adds: leave it out", value)))
		}
	}
	return errs
}

// WithClaimMetadata returns sandbox with claim's additionalPodMetadata in its pod metadata. What the claim added
// earlier, and no longer asks for, is removed. WithClaimMetadata returns sandbox itself if nothing changes. Annotations
// record which keys are the claim's, so that they can be removed even if the template is gone by then. Metadata that
// does not change is not checked again: a claim that has its Sandbox keeps it as it is. domains are the domains of the
// labels that are allowed.
func WithClaimMetadata(
	sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim, domains LabelDomains,
) (*sandboxv1.Sandbox, *ConditionError) {
	own, added := OwnPodMetadata(sandbox, claim), claim.Spec.AdditionalPodMetadata
	wanted := sandbox.DeepCopy()
	metadata := &wanted.Spec.PodTemplate.Metadata
	metadata.Labels = merged(own.Labels, added.Labels)
	metadata.Annotations = merged(own.Annotations, added.Annotations)
	recordAdded(wanted, sandboxv1.AnnotationClaimLabels, own.Labels, added.Labels)
	recordAdded(wanted, sandboxv1.AnnotationClaimAnnotations, own.Annotations, added.Annotations)
	switch {
	case equality.Semantic.DeepEqual(sandbox, wanted):
		return sandbox, nil
	case equality.Semantic.DeepEqual(sandbox.Spec, wanted.Spec): // Only the record is missing.
		return wanted, nil
	}
	if errs := append(CheckAdditionalPodMetadata(claim, domains), CheckMetadataConflicts(claim, own)...); len(errs) > 0 {
		return nil, rejected(extensionsv1.ReasonInvalidMetadata, errs)
	}
	return wanted, nil
}

// MetadataError returns why template cannot satisfy claim's additionalPodMetadata, or nil. template is nil if it does
// not exist.
func MetadataError(claim *extensionsv1.SandboxClaim, template *extensionsv1.SandboxTemplate, domains LabelDomains) *ConditionError {
	errs := CheckAdditionalPodMetadata(claim, domains)
	if template != nil {
		errs = append(errs, CheckMetadataConflicts(claim, template.Spec.PodTemplate.Metadata)...)
	}
	if len(errs) == 0 {
		return nil
	}
	return rejected(extensionsv1.ReasonInvalidMetadata, errs)
}

// merged returns base with added on top.
func merged(base, added map[string]string) map[string]string {
	merged := maps.Clone(base)
	if merged == nil && len(added) > 0 {
		merged = map[string]string{}
	}
	maps.Copy(merged, added)
	return merged
}

// recordAdded records in an annotation of sandbox which keys came from added and are not in own. It removes the
// annotation if there are none.
func recordAdded(sandbox *sandboxv1.Sandbox, annotation string, own, added map[string]string) {
	delete(sandbox.Annotations, annotation)
	added = maps.Clone(added)
	maps.DeleteFunc(added, func(key, _ string) bool { _, has := own[key]; return has })
	if len(added) > 0 && sandbox.Annotations == nil {
		sandbox.Annotations = map[string]string{}
	}
	recordKeys(sandbox.Annotations, annotation, added)
}
